package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// pack writes a directory as a tar archive: files, directories, links, owners, modes and times. What is not a file of
// that kind, such as a socket, stays behind.
func pack(writer io.Writer, directory string) error {
	archive := tar.NewWriter(writer)
	linked := map[uint64]string{}
	err := filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(directory, path)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return packEntry(archive, path, name, info, linked)
	})
	if err != nil {
		return err
	}
	return archive.Close()
}

// packEntry writes one file. linked has the first name of each inode with several.
func packEntry(archive *tar.Writer, path, name string, info fs.FileInfo, linked map[uint64]string) error {
	var target string
	var err error
	switch info.Mode().Type() {
	case 0, fs.ModeDir:
	case fs.ModeSymlink:
		if target, err = os.Readlink(path); err != nil {
			return err
		}
	default:
		return nil
	}
	header, err := tar.FileInfoHeader(info, target)
	if err != nil {
		return err
	}
	header.Name, header.Uname, header.Gname = name, "", ""
	status := info.Sys().(*syscall.Stat_t)
	if info.Mode().IsRegular() && status.Nlink > 1 {
		if first, packed := linked[status.Ino]; packed {
			header.Typeflag, header.Linkname, header.Size = tar.TypeLink, first, 0
			return archive.WriteHeader(header)
		}
		linked[status.Ino] = name
	}
	if err := archive.WriteHeader(header); err != nil || !info.Mode().IsRegular() {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.CopyN(archive, file, header.Size)
	return err
}

// unpack fills an empty directory from an archive. Nothing is written outside of it, whatever the archive says, and no
// more than limit bytes are read.
func unpack(reader io.Reader, directory string, limit int64) error {
	root, err := os.OpenRoot(directory)
	if err != nil {
		return err
	}
	defer root.Close()
	limited := &io.LimitedReader{R: reader, N: limit + 1}
	archive := tar.NewReader(limited)
	for {
		header, err := archive.Next()
		if limited.N <= 0 {
			return fmt.Errorf("the archive has more than %d bytes", limit)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := unpackEntry(root, header, archive); err != nil {
			return fmt.Errorf("%s: %w", header.Name, err)
		}
	}
}

func unpackEntry(root *os.Root, header *tar.Header, content io.Reader) error {
	name := filepath.Clean(header.Name)
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	mode := header.FileInfo().Mode()
	switch header.Typeflag {
	case tar.TypeDir:
		if err := root.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	case tar.TypeReg:
		file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		_, err = io.Copy(file, content)
		if closed := file.Close(); err == nil {
			err = closed
		}
		if err != nil {
			return err
		}
	case tar.TypeSymlink:
		if err := root.Symlink(header.Linkname, name); err != nil {
			return err
		}
		return root.Lchown(name, header.Uid, header.Gid)
	case tar.TypeLink:
		return root.Link(filepath.Clean(header.Linkname), name)
	default:
		return fmt.Errorf("an entry of type %q does not belong into a volume's archive", header.Typeflag)
	}
	// The owner first: a change of it takes set-user-ID bits away.
	if err := root.Lchown(name, header.Uid, header.Gid); err != nil {
		return err
	}
	if err := root.Chmod(name, mode.Perm()|mode&(fs.ModeSetuid|fs.ModeSetgid|fs.ModeSticky)); err != nil {
		return err
	}
	return root.Chtimes(name, header.ModTime, header.ModTime)
}
