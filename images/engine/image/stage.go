package image

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sys/unix"

	"twinhull/engine/fault"
	"twinhull/engine/hashing"
)

// stagedLayer is a layer that was unpacked beside its place.
type stagedLayer struct {
	Unpacked
	store   *Store
	folder  string
	diffID  digest.Digest
	archive int64
	// shadowed is what layerRecord says.
	shadowed []string
}

// stage unpacks a layer and checks that it is the blob that was announced.
func (s *Store) stage(r io.Reader, blob ocispec.Descriptor, limits Limits) (*stagedLayer, error) {
	folder, err := os.MkdirTemp(s.staging(), "layer-")
	if err != nil {
		return nil, fmt.Errorf("unpack a layer: %w", err)
	}
	layer := &stagedLayer{store: s, folder: folder}
	if err := layer.unpack(r, blob, limits); err != nil {
		layer.discard()
		return nil, err
	}
	return layer, nil
}

func (l *stagedLayer) unpack(r io.Reader, blob ocispec.Descriptor, limits Limits) error {
	files := filepath.Join(l.folder, "diff")
	if err := os.Mkdir(files, 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(l.folder, "shadows"), 0o700); err != nil {
		return err
	}
	journal, err := os.OpenFile(filepath.Join(l.folder, "journal"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer journal.Close()
	source, err := openBlob(r, blob, limits)
	if err != nil {
		return err
	}
	shadows, err := openTree(filepath.Join(l.folder, "shadows"), unix.RESOLVE_BENEATH)
	if err != nil {
		return err
	}
	defer shadows.close()
	archive := newRecorder(source, journal, shadows.root)
	l.Unpacked, err = Unpack(files, archive, UnpackOptions{Layer: true, Limits: limits, recorder: archive})
	if err == nil {
		err = archive.finish()
	}
	if err == nil {
		l.shadowed = archive.shadowed
		l.diffID, l.archive, err = source.verify()
	}
	if err == nil {
		return nil
	}
	if errors.Is(err, unix.ENOSPC) {
		err = fmt.Errorf("there is no space left for this layer: %w", err)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = fault.New(fault.Invalid, "the layer is cut off: %w", err)
	}
	if blob.Digest != "" {
		err = fmt.Errorf("layer %s: %w", blob.Digest, err)
	}
	return err
}

// place moves the layer to where it belongs.
func (l *stagedLayer) place() error {
	if err := os.Mkdir(l.store.layer(l.diffID), 0o711); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(l.folder, "diff"), l.store.files(l.diffID)); err != nil {
		return err
	}
	if len(l.shadowed) > 0 {
		if err := os.Rename(filepath.Join(l.folder, "shadows"), filepath.Join(l.store.layer(l.diffID), "shadows")); err != nil {
			return err
		}
	}
	return os.Rename(filepath.Join(l.folder, "journal"), l.store.journal(l.diffID))
}

// discard removes what was not placed. What it cannot remove is when the store is opened again.
func (l *stagedLayer) discard() { _ = os.RemoveAll(l.folder) }

// blobReader reads the tar archive in a blob, and hashes each byte once: the archive's, and the blob's if that is another.
type blobReader struct {
	blob    ocispec.Descriptor
	source  *counter
	archive io.Reader
	hash    hash.Hash
	length  int64
	// ofBlob is the hash of a compressed blob; of others hash is.
	ofBlob hash.Hash
}

// bufferSize is how much is read from a network or a file at once, in bytes.
const bufferSize = 64 << 10

var gzipMagic = []byte{0x1f, 0x8b}

// Magic numbers of compressions that Docker knows and this engine does not.
var unknownCompressions = map[string][]byte{
	"zstd":  {0x28, 0xb5, 0x2f, 0xfd},
	"xz":    {0xfd, '7', 'z', 'X', 'Z', 0},
	"bzip2": {'B', 'Z', 'h'},
}

func openBlob(r io.Reader, blob ocispec.Descriptor, limits Limits) (*blobReader, error) {
	b := &blobReader{blob: blob, source: &counter{Reader: r}, hash: hashing.New()}
	if blob.Size > 0 {
		// One byte more shows that there is more.
		b.source.Reader = io.LimitReader(r, blob.Size+1)
	}
	buffered := bufio.NewReaderSize(b.source, bufferSize)
	magic, err := buffered.Peek(6)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if !bytes.HasPrefix(magic, gzipMagic) {
		for name, known := range unknownCompressions {
			if bytes.HasPrefix(magic, known) {
				return nil, fault.New(fault.Invalid, "this archive is compressed with %s; this engine knows gzip alone", name)
			}
		}
		b.archive = buffered
		return b, nil
	}
	var compressed io.Reader = buffered
	if blob.Digest != "" {
		b.ofBlob = hashing.New()
		compressed = bufio.NewReaderSize(io.TeeReader(buffered, b.ofBlob), 4096)
	}
	unzipped, err := gzip.NewReader(compressed)
	if err != nil {
		return nil, fault.New(fault.Invalid, "the compressed layer cannot be read: %w", err)
	}
	b.archive = &ratioGuard{Reader: unzipped, compressed: b.source, ratio: limits.withDefaults().Ratio}
	return b, nil
}

func (b *blobReader) Read(p []byte) (int, error) {
	n, err := b.archive.Read(p)
	b.hash.Write(p[:n])
	b.length += int64(n)
	if errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader) {
		err = fault.New(fault.Invalid, "the compressed layer is damaged: %w", err)
	}
	return n, err
}

// verify tells the digest and the length of the archive, which was read to its end, if the blob was the one announced.
func (b *blobReader) verify() (digest.Digest, int64, error) {
	diffID := digest.NewDigest(digest.SHA256, b.hash)
	found := diffID
	if b.ofBlob != nil {
		found = digest.NewDigest(digest.SHA256, b.ofBlob)
	}
	if b.blob.Size > 0 && b.source.n != b.blob.Size {
		return "", 0, fault.New(fault.Invalid, "the blob has %d bytes where %d were announced: it is cut off or another", b.source.n, b.blob.Size)
	}
	if b.blob.Digest != "" && found != b.blob.Digest {
		return "", 0, fault.New(fault.Invalid, "the blob's digest is %s where %s was announced", found, b.blob.Digest)
	}
	return diffID, b.length, nil
}
