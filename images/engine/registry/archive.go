package registry

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
)

// maxDocument bounds the JSON files of an archive that are not manifests: image configurations.
const maxDocument = 8 << 20

// archive is an image archive whose files can be read in any order.
type archive struct {
	file    *os.File
	entries map[string]span
	// links are symbolic links, with which old archives share layers.
	links map[string]string
}

// span is where a file's bytes lie in the archive.
type span struct{ offset, size int64 }

var errCompressed = errors.New("it is not a tar archive; a compressed one must be unpacked first")

func openArchive(name string) (*archive, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	opened := &archive{file: file, entries: map[string]span{}, links: map[string]string{}}
	if err := opened.scan(); err != nil {
		_ = file.Close()
		return nil, err
	}
	return opened, nil
}

func (a *archive) Close() error { return a.file.Close() }

func (a *archive) scan() error {
	reader := tar.NewReader(a.file)
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if errors.Is(err, tar.ErrHeader) && len(a.entries) == 0 {
			return errCompressed
		}
		if err != nil {
			return err
		}
		name := path.Clean(header.Name)
		switch header.Typeflag {
		case tar.TypeReg:
			// The reader takes whole headers from the file and nothing ahead, so the content begins here.
			offset, err := a.file.Seek(0, io.SeekCurrent)
			if err != nil {
				return err
			}
			a.entries[name] = span{offset, header.Size}
		case tar.TypeSymlink:
			a.links[name] = path.Join(path.Dir(name), header.Linkname)
		}
	}
}

// open returns one of the archive's files.
func (a *archive) open(name string) (*io.SectionReader, error) {
	name = path.Clean(name)
	found, ok := a.entries[name]
	if !ok {
		found, ok = a.entries[a.links[name]]
	}
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return io.NewSectionReader(a.file, found.offset, found.size), nil
}

func (a *archive) readJSON(name string, value any) error {
	bytes, err := a.read(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(bytes, value); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (a *archive) read(name string) ([]byte, error) {
	content, err := a.open(name)
	if err != nil {
		return nil, err
	}
	if content.Size() > maxDocument {
		return nil, fmt.Errorf("%s has %d bytes, and %d are allowed", name, content.Size(), maxDocument)
	}
	return io.ReadAll(content)
}
