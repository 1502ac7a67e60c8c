package image

import (
	"errors"
	"fmt"
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
	// The directory that was asked for last: archives list a directory's files one after another.
	last     int
	lastPath string
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
		t.last, t.lastPath = -1, ""
	}
}

// open opens a path below the root. Its last part is followed if it is a link, unless flags have O_NOFOLLOW.
func (t *tree) open(name string, flags int) (int, error) {
	how := unix.OpenHow{Flags: uint64(flags | unix.O_CLOEXEC), Resolve: t.resolve | unix.RESOLVE_NO_MAGICLINKS}
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
	fd, err := t.open(name, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return -1, err
	}
	t.forget()
	t.last, t.lastPath = fd, name
	return fd, nil
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
