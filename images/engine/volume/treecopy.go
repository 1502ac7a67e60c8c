package volume

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// maxDepth bounds directories within directories: each level holds two file descriptors.
const maxDepth = 256

type inode struct{ device, number uint64 }

// treeCopy copies a tree by file descriptors, so that no name in it can lead elsewhere.
type treeCopy struct {
	// links has, for files with several names, the one under which they are in the copy already.
	links map[inode]string
	// top is the copy's root, from which links' paths lead.
	top   int
	depth int
}

// directory copies what is in a directory, and the directory's own attributes. at is its path in the copy.
func (c *treeCopy) directory(source, target int, at string) error {
	if c.depth == 0 {
		c.top = target
	}
	if c.depth++; c.depth > maxDepth {
		return fmt.Errorf("%s: there are more than %d directories within each other", at, maxDepth)
	}
	defer func() { c.depth-- }()
	names, err := namesIn(source, at)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := c.entry(source, target, name, path.Join(at, name)); err != nil {
			return err
		}
	}
	return copyAttributes(source, target, at)
}

func namesIn(directory int, at string) ([]string, error) {
	again, err := unix.Openat(directory, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: at, Err: err}
	}
	opened := os.NewFile(uintptr(again), at)
	defer opened.Close()
	return opened.Readdirnames(-1)
}

func (c *treeCopy) entry(source, target int, name, at string) error {
	failed := func(err error) error { return &fs.PathError{Op: "copy", Path: at, Err: err} }
	from, err := unix.Openat(source, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return failed(err)
	}
	defer unix.Close(from)
	var status unix.Stat_t
	if err := unix.Fstat(from, &status); err != nil {
		return failed(err)
	}
	key := inode{uint64(status.Dev), uint64(status.Ino)}
	if first, copied := c.links[key]; copied {
		if err := unix.Linkat(c.top, first, target, name, 0); err != nil {
			return failed(err)
		}
		return nil
	}
	kind := status.Mode & unix.S_IFMT
	switch kind {
	case unix.S_IFDIR:
		return c.subdirectory(source, target, name, at)
	case unix.S_IFREG:
		err = copyFile(source, target, name, status.Size)
	case unix.S_IFLNK:
		err = copyLink(from, target, name)
	case unix.S_IFSOCK:
		return nil // Nobody listens at the copy of a socket.
	default:
		err = unix.Mknodat(target, name, kind|0o600, int(status.Rdev))
	}
	if err != nil {
		return failed(err)
	}
	if status.Nlink > 1 {
		c.links[key] = at
	}
	to, err := unix.Openat(target, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return failed(err)
	}
	defer unix.Close(to)
	return copyAttributes(from, to, at)
}

func (c *treeCopy) subdirectory(source, target int, name, at string) error {
	const flags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	from, err := unix.Openat(source, name, flags, 0)
	if err != nil {
		return &fs.PathError{Op: "open", Path: at, Err: err}
	}
	defer unix.Close(from)
	if err := unix.Mkdirat(target, name, 0o700); err != nil {
		return &fs.PathError{Op: "mkdir", Path: at, Err: err}
	}
	to, err := unix.Openat(target, name, flags, 0)
	if err != nil {
		return &fs.PathError{Op: "open", Path: at, Err: err}
	}
	defer unix.Close(to)
	return c.directory(from, to, at)
}

// copyFile copies a file's bytes and leaves its holes out.
func copyFile(source, target int, name string, size int64) error {
	from, err := unix.Openat(source, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	reader := os.NewFile(uintptr(from), name)
	defer reader.Close()
	to, err := unix.Openat(target, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	writer := os.NewFile(uintptr(to), name)
	defer writer.Close()
	for position := int64(0); position < size; {
		start, err := unix.Seek(from, position, unix.SEEK_DATA)
		if err == unix.ENXIO {
			break // Only a hole is left.
		}
		if err != nil {
			return err
		}
		end, err := unix.Seek(from, start, unix.SEEK_HOLE)
		if err != nil {
			return err
		}
		if _, err := unix.Seek(from, start, unix.SEEK_SET); err != nil {
			return err
		}
		if _, err := unix.Seek(to, start, unix.SEEK_SET); err != nil {
			return err
		}
		if _, err := io.CopyN(writer, reader, end-start); err != nil && err != io.EOF {
			return err
		}
		position = end
	}
	if err := writer.Truncate(size); err != nil {
		return err
	}
	return writer.Close()
}

func copyLink(from, target int, name string) error {
	text := make([]byte, unix.PathMax)
	length, err := unix.Readlinkat(from, "", text)
	if err != nil {
		return err
	}
	return unix.Symlinkat(string(text[:length]), target, name)
}

// copyAttributes copies owner, mode, extended attributes and times. The owner comes first, as a change of it takes
// set-user-ID bits and capabilities away, and times last.
func copyAttributes(from, to int, at string) error {
	failed := func(err error) error { return &fs.PathError{Op: "copy attributes of", Path: at, Err: err} }
	var status unix.Stat_t
	if err := unix.Fstat(from, &status); err != nil {
		return failed(err)
	}
	if err := unix.Fchownat(to, "", int(status.Uid), int(status.Gid), unix.AT_EMPTY_PATH); err != nil {
		return failed(err)
	}
	isLink := status.Mode&unix.S_IFMT == unix.S_IFLNK
	if !isLink {
		if err := unix.Chmod(magicLink(to), status.Mode&0o7777); err != nil {
			return failed(err)
		}
	}
	if err := copyExtended(magicLink(from), magicLink(to)); err != nil {
		return failed(err)
	}
	times := []unix.Timespec{status.Atim, status.Mtim}
	if err := unix.UtimesNanoAt(to, "", times, unix.AT_EMPTY_PATH); err != nil {
		return failed(err)
	}
	return nil
}

// magicLink names what a descriptor has open, a symbolic link included, for calls that take names alone.
func magicLink(descriptor int) string { return fmt.Sprintf("/proc/self/fd/%d", descriptor) }

func copyExtended(from, to string) error {
	size, err := unix.Listxattr(from, nil)
	if err != nil || size == 0 {
		return ignoreUnsupported(err)
	}
	list := make([]byte, size)
	if size, err = unix.Listxattr(from, list); err != nil {
		return ignoreUnsupported(err)
	}
	for name := range bytes.SplitSeq(bytes.TrimSuffix(list[:size], []byte{0}), []byte{0}) {
		// What overlayfs notes about its layers is none of the file's.
		if len(name) == 0 || strings.HasPrefix(string(name), "trusted.overlay.") {
			continue
		}
		value := make([]byte, 64<<10) // The largest that Linux allows.
		length, err := unix.Getxattr(from, string(name), value)
		if err == nil {
			err = unix.Setxattr(to, string(name), value[:length], 0)
		}
		if ignoreUnsupported(err) != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// ignoreUnsupported forgives file systems that have no extended attributes, or not these.
func ignoreUnsupported(err error) error {
	if err == unix.ENOTSUP || err == unix.ENODATA {
		return nil
	}
	return err
}
