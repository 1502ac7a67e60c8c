package archive

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// Unpack writes what is in an archive into a folder, and nothing outside it, whatever the names in the archive are.
func Unpack(from io.Reader, folder string) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	archive := tar.NewReader(from)
	for {
		header, err := archive.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the archive: %w", err)
		}
		if err := unpackOne(root, archive, header); err != nil {
			return fmt.Errorf("unpack %s: %w", header.Name, err)
		}
	}
}

func unpackOne(root *os.Root, archive io.Reader, header *tar.Header) error {
	name := path.Clean(header.Name)
	mode := header.FileInfo().Mode()
	if parent := path.Dir(name); parent != "." {
		if err := root.MkdirAll(parent, 0o755); err != nil {
			return err
		}
	}
	switch header.Typeflag {
	case tar.TypeDir:
		if name == "." {
			return nil
		}
		info, err := root.Stat(name)
		if err == nil && !info.IsDir() {
			return fmt.Errorf("cannot overwrite non-directory %q with directory", name)
		}
		if errors.Is(err, fs.ErrNotExist) {
			err = root.Mkdir(name, mode.Perm())
		}
		if err != nil {
			return err
		}
	case tar.TypeReg:
		if sparse(header) {
			return errors.New("this client does not unpack sparse files, which can be larger than any disk")
		}
		if info, err := root.Lstat(name); err == nil && info.IsDir() {
			return fmt.Errorf("cannot overwrite directory %q with non-directory", name)
		}
		if err := writeFile(root, archive, name, mode); err != nil {
			return err
		}
	case tar.TypeSymlink:
		_ = root.Remove(name)
		return root.Symlink(header.Linkname, name)
	case tar.TypeLink:
		_ = root.Remove(name)
		return root.Link(path.Clean(header.Linkname), name)
	default:
		return fmt.Errorf("this client copies files, folders and links, and this is of type %q", header.Typeflag)
	}
	if err := root.Chmod(name, mode.Perm()); err != nil {
		return err
	}
	return root.Chtimes(name, header.ModTime, header.ModTime)
}

// sparse tells whether a file's size is not that of what is in the archive.
func sparse(header *tar.Header) bool {
	for key := range header.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}

func writeFile(root *os.Root, archive io.Reader, name string, mode fs.FileMode) error {
	_ = root.Remove(name)
	file, err := root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode.Perm())
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, archive); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}
