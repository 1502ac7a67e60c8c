package build

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"twinhull/engine/image"
)

// tree is a directory of foreign files: a context, or an image's root file system. Paths are what they are for a process
// whose root directory it is: neither ".." nor symbolic links lead out.
type tree struct {
	path string
	fd   int
}

func openTree(directory string) (*tree, error) {
	fd, err := unix.Open(directory, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: directory, Err: err}
	}
	real, err := pathOf(fd)
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	return &tree{real, fd}, nil
}

func (t *tree) close() { unix.Close(t.fd) }

// open opens a path. Errors name it as it was asked for.
func (t *tree) open(name string, flags uint64) (int, error) {
	how := unix.OpenHow{Flags: flags | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS}
	for {
		fd, err := unix.Openat2(t.fd, path.Join(".", path.Clean("/"+name)), &how)
		// EAGAIN: something was renamed meanwhile, so that the kernel could not be sure.
		if err == unix.EAGAIN || err == unix.EINTR {
			continue
		}
		if errors.Is(err, fs.ErrNotExist) {
			return -1, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
		}
		if err != nil {
			return -1, &fs.PathError{Op: "open", Path: name, Err: err}
		}
		return fd, nil
	}
}

// found is a file of a tree.
type found struct {
	// real is its path without any symbolic link, relative to the root; "." is the root.
	real string
	mode uint32
}

func (f found) isDirectory() bool { return f.mode&unix.S_IFMT == unix.S_IFDIR }
func (f found) isRegular() bool   { return f.mode&unix.S_IFMT == unix.S_IFREG }

// find follows a path to its end.
func (t *tree) find(name string) (found, error) {
	fd, err := t.open(name, unix.O_PATH)
	if err != nil {
		return found{}, err
	}
	defer unix.Close(fd)
	var status unix.Stat_t
	if err := unix.Fstat(fd, &status); err != nil {
		return found{}, &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	real, err := pathOf(fd)
	if err != nil {
		return found{}, err
	}
	below, ok := strings.CutPrefix(real, t.path)
	if !ok {
		return found{}, fmt.Errorf("%s is at %s, outside of %s", name, real, t.path)
	}
	return found{path.Join(".", below), status.Mode}, nil
}

// exists is find for paths that need not be there.
func (t *tree) exists(name string) (file found, there bool, err error) {
	file, err = t.find(name)
	if errors.Is(err, fs.ErrNotExist) {
		return found{}, false, nil
	}
	return file, err == nil, err
}

// pathOf returns where an open file is.
func pathOf(fd int) (string, error) {
	text := make([]byte, unix.PathMax)
	length, err := unix.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd), text)
	if err != nil {
		return "", err
	}
	return string(text[:length]), nil
}

// makeDirectories makes a directory and those above it. New ones get the owner and mode 755; those that are there stay
// as they are.
func (t *tree) makeDirectories(name string, owner *image.Owner) error {
	clean := path.Clean("/" + name)
	fd, err := t.open(clean, unix.O_PATH|unix.O_DIRECTORY)
	if err == nil {
		return unix.Close(fd)
	}
	if clean == "/" || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	above, base := path.Split(clean)
	if err := t.makeDirectories(above, owner); err != nil {
		return err
	}
	parent, err := t.open(above, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return err
	}
	defer unix.Close(parent)
	fail := func(err error) error { return &fs.PathError{Op: "mkdir", Path: clean, Err: err} }
	if err := unix.Mkdirat(parent, base, 0o755); err != nil {
		return fail(err)
	}
	// The umask has no say here.
	if err := unix.Fchmodat(parent, base, 0o755, 0); err != nil {
		return fail(err)
	}
	if owner == nil {
		return nil
	}
	if err := unix.Fchownat(parent, base, owner.UID, owner.GID, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return fail(err)
	}
	return nil
}
