package archive

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Packing says how a folder or file becomes an archive.
type Packing struct {
	// Source is what is packed, and Name what it is called in the archive; "." packs what is in a folder, without it.
	Source, Name string
	// Ignore leaves out; nil leaves out nothing.
	Ignore *Ignore
	// Owner keeps owners; otherwise everything is root's.
	Owner bool
}

// Pack writes an archive. The reader reports what went wrong.
func (p *Packing) Pack() io.ReadCloser {
	reader, writer := io.Pipe()
	go func() {
		archive := tar.NewWriter(writer)
		err := p.walk(archive)
		if err == nil {
			err = archive.Close()
		}
		_ = writer.CloseWithError(err)
	}()
	return reader
}

func (p *Packing) walk(archive *tar.Writer) error {
	links := map[[2]uint64]string{}
	return filepath.WalkDir(p.Source, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) && path != p.Source {
				return nil
			}
			return fmt.Errorf("pack %s: %w", path, err)
		}
		inside, err := filepath.Rel(p.Source, path)
		if err != nil {
			return fmt.Errorf("pack %s: %w", path, err)
		}
		if inside != "." && p.Ignore != nil && p.Ignore.Excludes(filepath.ToSlash(inside)) {
			if entry.IsDir() && !p.Ignore.Keeps() {
				return filepath.SkipDir
			}
			return nil
		}
		name := filepath.ToSlash(filepath.Join(p.Name, inside))
		if name == "." && p.Ignore != nil {
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return fmt.Errorf("pack %s: %w", path, err)
		}
		if err := p.add(archive, links, path, name, info); err != nil {
			return fmt.Errorf("pack %s: %w", path, err)
		}
		return nil
	})
}

func (p *Packing) add(archive *tar.Writer, links map[[2]uint64]string, path, name string, info fs.FileInfo) error {
	if info.Mode()&fs.ModeSocket != 0 {
		return nil
	}
	target := ""
	if info.Mode()&fs.ModeSymlink != 0 {
		var err error
		if target, err = os.Readlink(path); err != nil {
			return err
		}
	}
	header, err := tar.FileInfoHeader(info, target)
	if err != nil {
		return err
	}
	header.Name = name
	if info.IsDir() {
		header.Name += "/"
	}
	header.Uname, header.Gname = "", ""
	if !p.Owner {
		header.Uid, header.Gid = 0, 0
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && info.Mode().IsRegular() && stat.Nlink > 1 {
		identity := [2]uint64{uint64(stat.Dev), stat.Ino}
		if first, seen := links[identity]; seen {
			header.Typeflag, header.Linkname, header.Size = tar.TypeLink, first, 0
		} else {
			links[identity] = name
		}
	}
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	if header.Typeflag != tar.TypeReg {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.CopyN(archive, file, header.Size)
	return err
}

// Renamed reads an archive and gives what is called, or lies below, one name another one.
func Renamed(from io.Reader, old, new string) io.ReadCloser {
	reader, writer := io.Pipe()
	go func() {
		archive := tar.NewWriter(writer)
		err := Copy(archive, from, func(header *tar.Header, content io.Reader) (io.Reader, error) {
			header.Name = renamed(header.Name, old, new)
			if header.Typeflag == tar.TypeLink {
				header.Linkname = renamed(header.Linkname, old, new)
			}
			return content, nil
		})
		if err == nil {
			err = archive.Close()
		}
		_ = writer.CloseWithError(err)
	}()
	return reader
}

// Copy adds all that is in an archive to another one. change may alter a header, and give it another content.
func Copy(to *tar.Writer, from io.Reader, change func(*tar.Header, io.Reader) (io.Reader, error)) error {
	source := tar.NewReader(from)
	for {
		header, err := source.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		content, err := change(header, source)
		if err != nil {
			return err
		}
		if err := to.WriteHeader(header); err != nil {
			return err
		}
		if _, err := io.Copy(to, content); err != nil {
			return err
		}
	}
}

func renamed(name, old, new string) string {
	if rest, found := strings.CutPrefix(name, old); found && (rest == "" || rest[0] == '/') {
		return new + rest
	}
	return name
}
