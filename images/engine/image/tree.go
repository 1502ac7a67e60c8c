package image

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// tree reaches files below one directory and nothing beside it, whatever links there are in the way: the kernel's
// openat2(2) walks the path, never this program.
type tree struct {
	root int
	// resolve is RESOLVE_BENEATH, which refuses links that lead out, or RESOLVE_IN_ROOT, which takes the directory for
	// "/" as a container would.
	resolve uint64
	// The directory that was asked for last: archives list a directory's files one after another. lastTrue is its path
	// without links in it.
	last               int
	lastPath, lastTrue string
	// stale says that something was removed, perhaps that directory.
	stale bool
}

func openTree(root string, resolve uint64) (*tree, error) {
	fd, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open directory %s: %w", root, err)
	}
	return &tree{root: fd, resolve: resolve, last: -1}, nil
}

func (t *tree) close() {
	t.forget()
	unix.Close(t.root)
}

func (t *tree) forget() {
	t.stale = false
	if t.last >= 0 {
		unix.Close(t.last)
		t.last, t.lastPath, t.lastTrue = -1, "", ""
	}
}

// open opens a path below the root. Its last part is followed if it is a link, unless flags have O_NOFOLLOW.
func (t *tree) open(name string, flags int) (int, error) { return t.openHow(name, flags, t.resolve) }

func (t *tree) openHow(name string, flags int, resolve uint64) (int, error) {
	how := unix.OpenHow{Flags: uint64(flags | unix.O_CLOEXEC), Resolve: resolve | unix.RESOLVE_NO_MAGICLINKS}
	for {
		fd, err := unix.Openat2(t.root, name, &how)
		// EAGAIN: something was renamed meanwhile, and the kernel could not prove that the path stays below.
		if !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.EAGAIN) {
			return fd, err
		}
	}
}

// directory opens a directory for use as dirfd. The descriptor stays the tree's.
func (t *tree) directory(name string) (int, error) {
	if name == "." {
		return t.root, nil
	}
	if t.stale {
		t.forget()
	}
	if t.last >= 0 && t.lastPath == name {
		return t.last, nil
	}
	const flags = unix.O_PATH | unix.O_DIRECTORY
	fd, err := t.openHow(name, flags, t.resolve|unix.RESOLVE_NO_SYMLINKS)
	real := name
	if errors.Is(err, unix.ELOOP) {
		if fd, err = t.open(name, flags); err == nil {
			real, err = t.pathOf(fd)
		}
	}
	if err != nil {
		return -1, err
	}
	t.forget()
	t.last, t.lastPath, t.lastTrue = fd, name, real
	return fd, nil
}

// pathOf is the path of an open directory below the root.
func (t *tree) pathOf(fd int) (string, error) {
	root, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", t.root))
	if err != nil {
		return "", err
	}
	path, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
	if err != nil {
		return "", err
	}
	return strings.TrimPrefix(strings.TrimPrefix(path, root), "/"), nil
}

// trueName is a file's path without links in it. Its directory is the one that was asked for last.
func (t *tree) trueName(directory int, base string) string {
	if directory == t.root {
		return base
	}
	return path.Join(t.lastTrue, base)
}

// parent opens the directory of a path and makes those that are missing, as root's with mode 755.
func (t *tree) parent(name string) (directory int, base string, err error) {
	above, base := path.Split(name)
	above = strings.TrimSuffix(above, "/")
	if above == "" {
		return t.root, base, nil
	}
	directory, err = t.directory(above)
	if !errors.Is(err, unix.ENOENT) {
		return directory, base, err
	}
	outer, missing, err := t.parent(above)
	if err != nil {
		return -1, "", err
	}
	if err := unix.Mkdirat(outer, missing, 0o755); err != nil && !errors.Is(err, unix.EEXIST) {
		return -1, "", err
	}
	// The umask has no say here.
	if err := unix.Fchmodat(outer, missing, 0o755, 0); err != nil {
		return -1, "", err
	}
	directory, err = t.directory(above)
	return directory, base, err
}

// named is a path of a file for system calls that take no descriptor and base. It follows no link but the base's own.
func named(directory int, base string) string {
	return fmt.Sprintf("/proc/self/fd/%d/%s", directory, base)
}

// removeAll removes a directory with all that is in it, and follows no link on the way.
func removeAll(directory int, base string) error {
	fd, err := unix.Openat(directory, base, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	opened := os.NewFile(uintptr(fd), base)
	defer opened.Close()
	names, err := opened.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range names {
		err := unix.Unlinkat(fd, name, 0)
		if errors.Is(err, unix.EISDIR) {
			err = removeAll(fd, name)
		}
		if err != nil && !errors.Is(err, unix.ENOENT) {
			return err
		}
	}
	return unix.Unlinkat(directory, base, unix.AT_REMOVEDIR)
}
