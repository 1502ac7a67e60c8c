package image

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Kinds of Change, with Docker's numbers.
const (
	Modified = 0
	Added    = 1
	Deleted  = 2
)

// Change is one path that differs from the image.
type Change struct {
	Path string `json:"Path"`
	Kind int    `json:"Kind"`
}

// Diff writes the changes as a layer: a tar archive with whiteouts.
func (r *Root) Diff(w io.Writer) error {
	if err := Pack(w, r.place("diff"), PackOptions{Layer: true, IDs: r.IDs}); err != nil {
		return fmt.Errorf("pack the changes of container %s: %w", r.id, err)
	}
	return nil
}

// Changes lists what differs from the image, sorted by path. A directory with changed contents is a changed one, as
// Docker has it.
func (r *Root) Changes() ([]Change, error) {
	below, err := r.below()
	if err != nil {
		return nil, fmt.Errorf("list the changes of container %s: %w", r.id, err)
	}
	defer below.close()
	fd, err := unix.Open(r.place("diff"), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("list the changes of container %s: %w", r.id, err)
	}
	d := &differ{below: below}
	if err := d.directory(fd, ""); err != nil {
		return nil, fmt.Errorf("list the changes of container %s: %w", r.id, err)
	}
	slices.SortFunc(d.changes, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return d.changes, nil
}

// below opens the image's files as the container saw them at first: a mount that nobody else can see, gone with the tree.
func (r *Root) below() (*tree, error) {
	lower := r.lower()
	if len(lower) == 1 {
		return openTree(lower[0], unix.RESOLVE_BENEATH|unix.RESOLVE_NO_SYMLINKS)
	}
	mount, err := newOverlay(lower, "", "")
	if err != nil {
		return nil, err
	}
	return &tree{root: mount, resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS, last: -1}, nil
}

type differ struct {
	below   *tree
	changes []Change
}

// directory lists the changes in a directory, whose descriptor it closes.
func (d *differ) directory(fd int, path string) error {
	opened := os.NewFile(uintptr(fd), path)
	defer opened.Close()
	names, err := opened.Readdirnames(-1)
	if err != nil {
		return err
	}
	if isOpaque(fd) {
		d.hidden(path, names)
	}
	for _, name := range names {
		if err := d.file(fd, name, path+"/"+name); err != nil && !errors.Is(err, unix.ENOENT) {
			return err
		}
	}
	return nil
}

func (d *differ) file(directory int, name, path string) error {
	var upper, lower unix.Stat_t
	if err := unix.Fstatat(directory, name, &upper, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	was := d.lowerStat(path, &lower) == nil
	if isWhiteout(&upper) {
		if was {
			d.add(path, Deleted)
		}
		return nil
	}
	if upper.Mode&unix.S_IFMT != unix.S_IFDIR {
		if was {
			d.add(path, Modified)
		} else {
			d.add(path, Added)
		}
		return nil
	}
	fd, err := unix.Openat(directory, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	before := len(d.changes)
	if err := d.directory(fd, path); err != nil {
		return err
	}
	switch {
	case !was:
		d.add(path, Added)
	case len(d.changes) > before || upper.Mode != lower.Mode || upper.Mtim != lower.Mtim || upper.Uid != lower.Uid || upper.Gid != lower.Gid:
		d.add(path, Modified)
	}
	return nil
}

// hidden lists what an opaque directory hides: a directory that was removed and made again.
func (d *differ) hidden(path string, names []string) {
	fd, err := d.below.open("."+path, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return
	}
	opened := os.NewFile(uintptr(fd), path)
	defer opened.Close()
	// What cannot be listed is not reported; the directory itself still is.
	was, _ := opened.Readdirnames(-1)
	for _, name := range was {
		if !slices.Contains(names, name) {
			d.add(path+"/"+name, Deleted)
		}
	}
}

func (d *differ) lowerStat(path string, stat *unix.Stat_t) error {
	fd, err := d.below.open("."+path, unix.O_PATH|unix.O_NOFOLLOW)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Fstat(fd, stat)
}

func (d *differ) add(path string, kind int) { d.changes = append(d.changes, Change{path, kind}) }

// Sizes returns the bytes of the changes, and of all files together.
func (r *Root) Sizes() (rw, rootFs int64, err error) {
	fd, err := unix.Open(r.place("diff"), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err == nil {
		rw, err = sizeOf(fd, map[uint64]bool{})
	}
	if err != nil {
		return 0, 0, fmt.Errorf("measure the changes of container %s: %w", r.id, err)
	}
	r.store.mutex.Lock()
	defer r.store.mutex.Unlock()
	rootFs = rw
	for _, diffID := range r.Layers {
		if record := r.store.index.Layers[diffID]; record != nil {
			rootFs += record.Size
		}
	}
	return rw, rootFs, nil
}

// sizeOf adds up a directory's regular files, each inode once. It closes the descriptor.
func sizeOf(fd int, seen map[uint64]bool) (total int64, err error) {
	opened := os.NewFile(uintptr(fd), "")
	defer opened.Close()
	names, err := opened.Readdirnames(-1)
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		var stat unix.Stat_t
		if err := unix.Fstatat(fd, name, &stat, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			continue
		}
		switch stat.Mode & unix.S_IFMT {
		case unix.S_IFREG:
			if stat.Nlink == 1 || !seen[stat.Ino] {
				total += stat.Size
				seen[stat.Ino] = true
			}
		case unix.S_IFDIR:
			inner, err := unix.Openat(fd, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
			if err != nil {
				continue
			}
			size, err := sizeOf(inner, seen)
			if err != nil {
				return 0, err
			}
			total += size
		}
	}
	return total, nil
}
