package build

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"io"

	"github.com/ulikunitz/xz"

	"twinhull/engine/fault"
)

// compressions are told by a file's first bytes.
var compressions = []struct {
	name  string
	magic []byte
	open  func(io.Reader) (io.Reader, error)
}{
	{"gzip", []byte{0x1f, 0x8b, 0x08}, func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }},
	{"bzip2", []byte("BZh"), func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil }},
	{"xz", []byte{0xfd, '7', 'z', 'X', 'Z', 0x00}, openXZ},
	{"zstd", []byte{0x28, 0xb5, 0x2f, 0xfd}, func(io.Reader) (io.Reader, error) {
		return nil, fault.New(fault.Invalid, "it is compressed with zstd; gzip, bzip2 and xz are known here")
	}},
}

// maxDictionary is how much memory an xz archive may ask for, in bytes: what `xz -6` writes needs 8 MiB.
const maxDictionary = 16 << 20

func openXZ(r io.Reader) (io.Reader, error) {
	return xz.ReaderConfig{DictCap: maxDictionary, SingleStream: true}.NewReader(r)
}

// decompress looks into a stream and undoes its compression, if it has one.
func decompress(r io.Reader) (plain io.Reader, compressed bool, err error) {
	buffered := bufio.NewReader(r)
	first, err := buffered.Peek(6)
	if err != nil && err != io.EOF {
		return nil, false, err
	}
	for _, compression := range compressions {
		if bytes.HasPrefix(first, compression.magic) {
			opened, err := compression.open(buffered)
			if err != nil {
				return nil, true, fault.New(fault.Invalid, "reading a %s archive: %w", compression.name, err)
			}
			return opened, true, nil
		}
	}
	return buffered, false, nil
}

// isArchive tells whether ADD unpacks a file: a tar archive, compressed or not.
func isArchive(r io.Reader) bool {
	plain, _, err := decompress(r)
	if err != nil {
		return false
	}
	_, err = tar.NewReader(plain).Next()
	return err == nil
}
