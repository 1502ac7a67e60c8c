package container

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
)

// logFiles are the open files of a log that is replaced when it is full, the oldest first. They stay readable when the
// shim renames them meanwhile.
type logFiles struct {
	path  string
	count int
	open  []*os.File
}

// openLog opens what there is of a log.
func openLog(path string, count int) (*logFiles, error) {
	files := &logFiles{path: path, count: count}
	return files, files.reopen()
}

// reopen looks for the files anew.
func (f *logFiles) reopen() error {
	for {
		opened, moved, err := f.openAll()
		if err != nil || !moved {
			f.close()
			f.open = opened
			return err
		}
		closeAll(opened)
	}
}

// openAll goes from the newest to the oldest: when the shim renames them meanwhile, one is found twice.
func (f *logFiles) openAll() (opened []*os.File, moved bool, err error) {
	for number := range f.count {
		path := f.path
		if number > 0 {
			path += "." + strconv.Itoa(number)
		}
		file, err := os.Open(path)
		if errors.Is(err, os.ErrNotExist) {
			// Between renaming and making a new one there is none without a number.
			continue
		}
		if err != nil {
			closeAll(opened)
			return nil, false, err
		}
		moved = moved || len(opened) > 0 && sameFile(opened[0], file)
		opened = slices.Insert(opened, 0, file)
	}
	return opened, moved, nil
}

// isCurrent tells whether a file is the one that is written.
func (f *logFiles) isCurrent(file *os.File) bool {
	ours, err := file.Stat()
	if err != nil {
		return false
	}
	now, err := os.Stat(f.path)
	return err == nil && os.SameFile(ours, now)
}

// after returns the files that came after one, or all if it is not there any more.
func (f *logFiles) after(file *os.File) []*os.File {
	at := slices.IndexFunc(f.open, func(other *os.File) bool { return sameFile(file, other) })
	return f.open[at+1:]
}

func (f *logFiles) close() {
	closeAll(f.open)
	f.open = nil
}

func closeAll(files []*os.File) {
	for _, file := range files {
		file.Close()
	}
}

func sameFile(a, b *os.File) bool {
	first, err := a.Stat()
	if err != nil {
		return false
	}
	second, err := b.Stat()
	return err == nil && os.SameFile(first, second)
}

// tailBlock is how much is read at once when lines are counted from the end, in bytes.
const tailBlock = 32 << 10

// seekTail finds where the last lines begin: in which file, and at which offset.
func (f *logFiles) seekTail(lines int) (index int, offset int64, err error) {
	block := make([]byte, tailBlock)
	for index = len(f.open) - 1; index >= 0; index-- {
		info, err := f.open[index].Stat()
		if err != nil {
			return 0, 0, err
		}
		for end := info.Size(); end > 0; {
			start := max(0, end-tailBlock)
			n, err := f.open[index].ReadAt(block[:end-start], start)
			if err != nil && !errors.Is(err, io.EOF) {
				return 0, 0, err
			}
			for at := n; at > 0; {
				newline := bytes.LastIndexByte(block[:at], '\n')
				if newline < 0 {
					break
				}
				if lines == 0 {
					return index, start + int64(newline) + 1, nil
				}
				lines, at = lines-1, newline
			}
			end = start
		}
	}
	return 0, 0, nil
}

// maxRecord is more than the longest record of the shim: 16 KiB of text, each byte written as \u0000, and the rest.
const maxRecord = 128 << 10

// recordReader reads whole records of a file that may grow.
type recordReader struct {
	file     *os.File
	buffered *bufio.Reader
	offset   int64
	// end is where to stop, negative for a file that is followed.
	end int64
}

func newRecordReader() *recordReader {
	return &recordReader{buffered: bufio.NewReaderSize(nil, maxRecord)}
}

func (r *recordReader) read(file *os.File, offset, end int64) {
	r.file, r.end = file, end
	r.moveTo(offset)
}

func (r *recordReader) moveTo(offset int64) {
	r.offset = offset
	section := io.NewSectionReader(r.file, offset, 1<<62)
	r.buffered.Reset(section)
}

// next returns a record, valid until the next call. io.EOF for now is when there is no whole one yet.
func (r *recordReader) next() ([]byte, error) {
	for {
		if r.end >= 0 && r.offset >= r.end {
			return nil, io.EOF
		}
		line, err := r.buffered.ReadSlice('\n')
		if err == nil {
			r.offset += int64(len(line))
			return line, nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			r.moveTo(r.offset)
			return nil, err
		}
		// No record is that long: whatever it is, go on behind it.
		r.offset += int64(len(line))
	}
}

// truncated notices that a log of a single file was begun anew.
func (r *recordReader) truncated() bool {
	info, err := r.file.Stat()
	return err == nil && info.Size() < r.offset
}
