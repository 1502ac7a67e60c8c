package image

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// A journal is what a tar archive has beside the contents of its files: headers, padding and the end. With the unpacked
// files it gives the archive again, bit by bit. It is a row of records:
//
//	literal  uvarint(length<<2 | 0), bytes
//	zeros    uvarint(length<<2 | 1)
//	content  uvarint(length<<2 | 2), uvarint(length of the path), path of the file that has the bytes
const (
	recordLiteral = 0
	recordZeros   = 1
	recordContent = 2
	// zerosWorth is how many zeros in a row are worth a record of their own.
	zerosWorth = 6
)

// recorder passes on an archive to a tar reader and writes its journal.
type recorder struct {
	source  io.Reader
	journal *bufio.Writer
	// content is set while a file's bytes pass: they are not for the journal.
	content bool
	// zeros are pending.
	zeros   uint64
	literal []byte
	err     error
	// shadows is the directory for contents whose file a later entry has replaced, and shadowed the paths of these files;
	// the n-th one's contents are the file n. unrecorded are files whose contents are not in the journal under their path:
	// hard links, sparse files.
	shadows    int
	shadowed   []string
	unrecorded map[string]bool
}

// maxLiteral is when a pending literal is written, in bytes.
const maxLiteral = 4096

func newRecorder(source io.Reader, journal io.Writer, shadows int) *recorder {
	return &recorder{
		source: source, journal: bufio.NewWriterSize(journal, 16<<10), shadows: shadows, unrecorded: map[string]bool{},
	}
}

// shadow removes a file that a later entry replaces, and keeps its contents if the journal speaks of them.
func (r *recorder) shadow(directory int, base, name string) error {
	var stat unix.Stat_t
	if err := unix.Fstatat(directory, base, &stat, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFREG || stat.Size == 0 || r.unrecorded[name] {
		delete(r.unrecorded, name)
		return unix.Unlinkat(directory, base, 0)
	}
	kept := strconv.Itoa(len(r.shadowed))
	r.shadowed = append(r.shadowed, name)
	return unix.Renameat(directory, base, r.shadows, kept)
}

func (r *recorder) Read(p []byte) (int, error) {
	n, err := r.source.Read(p)
	if !r.content {
		r.record(p[:n])
	}
	return n, err
}

func (r *recorder) record(bytes []byte) {
	for len(bytes) > 0 {
		run := zerosAhead(bytes)
		if run > 0 && (run >= zerosWorth || r.zeros > 0 || run == len(bytes)) {
			r.endLiteral()
			r.zeros += uint64(run)
			bytes = bytes[run:]
			continue
		}
		r.endZeros()
		end := run + 1
		for end < len(bytes) && bytes[end] != 0 {
			end++
		}
		r.literal = append(r.literal, bytes[:end]...)
		bytes = bytes[end:]
		if len(r.literal) >= maxLiteral {
			r.endLiteral()
		}
	}
}

func zerosAhead(bytes []byte) int {
	n := 0
	for n < len(bytes) && bytes[n] == 0 {
		n++
	}
	return n
}

// beginContent says that what passes from now on is in a file.
func (r *recorder) beginContent(path string, size int64) {
	r.endLiteral()
	r.endZeros()
	r.number(uint64(size)<<2 | recordContent)
	r.number(uint64(len(path)))
	r.write([]byte(path))
	r.content = true
}

func (r *recorder) endContent() { r.content = false }

// finish reads what follows the end of the archive and completes the journal.
func (r *recorder) finish() error {
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	r.endLiteral()
	r.endZeros()
	if r.err == nil {
		r.err = r.journal.Flush()
	}
	return r.err
}

func (r *recorder) endLiteral() {
	if len(r.literal) > 0 {
		r.number(uint64(len(r.literal))<<2 | recordLiteral)
		r.write(r.literal)
		r.literal = r.literal[:0]
	}
}

func (r *recorder) endZeros() {
	if r.zeros > 0 {
		r.number(r.zeros<<2 | recordZeros)
		r.zeros = 0
	}
}

func (r *recorder) number(n uint64) {
	var buffer [binary.MaxVarintLen64]byte
	r.write(buffer[:binary.PutUvarint(buffer[:], n)])
}

func (r *recorder) write(bytes []byte) {
	if r.err == nil {
		_, r.err = r.journal.Write(bytes)
	}
}

// replay reads an archive that was recorded: its journal, and the contents of its files.
type replay struct {
	journal *os.File
	records *bufio.Reader
	files   *tree
	// shadows lead from a path to the files that have what once was there, in the order in which it was.
	shadows map[string][]string
	// What is being read now: left bytes of kind, from content if it is a file.
	left    int64
	kind    int
	path    string
	content *os.File
}

func newReplay(journal *os.File, files *tree, shadowed []string) *replay {
	r := &replay{journal: journal, records: bufio.NewReader(journal), files: files, shadows: map[string][]string{}}
	for n, path := range shadowed {
		r.shadows[path] = append(r.shadows[path], "shadows/"+strconv.Itoa(n))
	}
	return r
}

func (r *replay) Read(p []byte) (int, error) {
	for r.left == 0 {
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	if int64(len(p)) > r.left {
		p = p[:r.left]
	}
	n, err := len(p), error(nil)
	switch r.kind {
	case recordZeros:
		clear(p)
	case recordLiteral:
		n, err = r.records.Read(p)
	case recordContent:
		n, err = r.content.Read(p)
	}
	r.left -= int64(n)
	if err == io.EOF {
		err = fmt.Errorf("%s in this layer has become shorter than it was: %w", r.path, io.ErrUnexpectedEOF)
	}
	return n, err
}

// next goes to the next record; io.EOF is the end of the archive.
func (r *replay) next() error {
	head, err := binary.ReadUvarint(r.records)
	if err != nil {
		return err
	}
	r.kind, r.left = int(head&3), int64(head>>2)
	if r.kind != recordContent {
		return nil
	}
	length, err := binary.ReadUvarint(r.records)
	if err != nil {
		return noEOF(err)
	}
	path := make([]byte, length)
	if _, err := io.ReadFull(r.records, path); err != nil {
		return noEOF(err)
	}
	r.path = string(path)
	if r.content != nil {
		r.content.Close()
		r.content = nil
	}
	place := "diff/" + r.path
	if shadows := r.shadows[r.path]; len(shadows) > 0 {
		place, r.shadows[r.path] = shadows[0], shadows[1:]
	}
	fd, err := r.files.open(place, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NOATIME)
	if err != nil {
		return fmt.Errorf("open %s of this layer: %w", r.path, err)
	}
	r.content = os.NewFile(uintptr(fd), r.path)
	return nil
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (r *replay) Close() error {
	if r.content != nil {
		r.content.Close()
	}
	r.files.close()
	return r.journal.Close()
}
