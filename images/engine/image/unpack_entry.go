package image

import (
	"archive/tar"
	"errors"
	"fmt"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"twinhull/engine/fault"
)

// create makes the file without its attributes, in the place of what may be there.
func (u *unpacker) create(directory int, base string, header *tar.Header) error {
	switch header.Typeflag {
	case tar.TypeDir:
		return u.replace(directory, base, true, func() error { return unix.Mkdirat(directory, base, 0o700) })
	case tar.TypeReg, tar.TypeRegA, tar.TypeGNUSparse: //nolint:staticcheck // TypeRegA is what V7 archives have
		return u.file(directory, base, header)
	case tar.TypeSymlink:
		return u.replace(directory, base, false, func() error { return unix.Symlinkat(header.Linkname, directory, base) })
	case tar.TypeLink:
		return u.link(directory, base, header)
	case tar.TypeFifo:
		return u.replace(directory, base, false, func() error { return unix.Mknodat(directory, base, unix.S_IFIFO|0o600, 0) })
	case tar.TypeChar, tar.TypeBlock:
		return fault.New(fault.Invalid, "device nodes are refused: containers get theirs from the engine")
	}
	return fault.New(fault.Invalid, "files of type %q are not known", header.Typeflag)
}

// replace calls create, and again when it has removed what was in the way. A directory stays if it shall be one.
func (u *unpacker) replace(directory int, base string, isDirectory bool, create func() error) error {
	err := create()
	if !errors.Is(err, unix.EEXIST) {
		return err
	}
	var there unix.Stat_t
	if err := unix.Fstatat(directory, base, &there, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	wasDirectory := there.Mode&unix.S_IFMT == unix.S_IFDIR
	if wasDirectory && isDirectory {
		return nil
	}
	if u.options.KeepTypes && wasDirectory != isDirectory {
		if wasDirectory {
			return fault.New(fault.Invalid, "cannot overwrite directory %q with non-directory", base)
		}
		return fault.New(fault.Invalid, "cannot overwrite non-directory %q with directory", base)
	}
	if err := u.remove(directory, base, &there); err != nil {
		return err
	}
	if err := create(); err != nil {
		return err
	}
	if u.options.Layer && isDirectory && isWhiteout(&there) {
		return setOpaque(directory, base)
	}
	return nil
}

// remove makes place for another file. In a layer, a directory must be empty by then, and contents that the journal
// speaks of are kept beside the layer.
func (u *unpacker) remove(directory int, base string, there *unix.Stat_t) error {
	u.stale = true
	isDirectory := there.Mode&unix.S_IFMT == unix.S_IFDIR
	if u.options.Layer {
		if isDirectory {
			err := unix.Unlinkat(directory, base, unix.AT_REMOVEDIR)
			if errors.Is(err, unix.ENOTEMPTY) {
				return fault.New(fault.Invalid, "it would replace a directory that has files in it")
			}
			return err
		}
		if recorder := u.options.recorder; recorder != nil {
			return recorder.shadow(directory, base, u.trueName(directory, base))
		}
	}
	if isDirectory {
		return removeAll(directory, base)
	}
	return unix.Unlinkat(directory, base, 0)
}

func isWhiteout(stat *unix.Stat_t) bool {
	return stat.Mode&unix.S_IFMT == unix.S_IFCHR && stat.Rdev == 0
}

func setOpaque(directory int, base string) error {
	if err := unix.Setxattr(named(directory, base), opaqueXattr, []byte("y"), 0); err != nil {
		return fmt.Errorf("mark as opaque: %w", err)
	}
	return nil
}

// whiteout hides a file of the layers below, or everything that they have in a directory. A file of the same layer is
// not hidden, whichever comes first.
func (u *unpacker) whiteout(directory int, base string) error {
	if base == opaqueMarker {
		return setOpaque(directory, ".")
	}
	if strings.HasPrefix(base, whiteoutMeta) {
		return nil
	}
	base = strings.TrimPrefix(base, whiteout)
	if base == "" || base == "." || base == ".." {
		return fault.New(fault.Invalid, "this whiteout names no file")
	}
	err := unix.Mknodat(directory, base, unix.S_IFCHR, 0)
	if !errors.Is(err, unix.EEXIST) {
		return err
	}
	var there unix.Stat_t
	if err := unix.Fstatat(directory, base, &there, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if there.Mode&unix.S_IFMT == unix.S_IFDIR {
		return setOpaque(directory, base)
	}
	return nil
}

func (u *unpacker) link(directory int, base string, header *tar.Header) error {
	target, err := entryName(header.Linkname)
	if err != nil {
		return fmt.Errorf("hard link to %q: %w", header.Linkname, err)
	}
	above, last := path.Split(path.Join(u.options.Prefix, target))
	from := u.root
	if above != "" {
		// Not by u.directory: that would drop the descriptor this file's own directory is open by.
		if from, err = u.open(above, unix.O_PATH|unix.O_DIRECTORY); err != nil {
			return fmt.Errorf("hard link to %q: %w", header.Linkname, err)
		}
		defer unix.Close(from)
	}
	var source unix.Stat_t
	err = unix.Fstatat(from, last, &source, unix.AT_SYMLINK_NOFOLLOW)
	if errors.Is(err, unix.ENOENT) || err == nil && source.Mode&unix.S_IFMT == unix.S_IFDIR {
		return fault.New(fault.Invalid, "it is a hard link to %q, which is no file of this archive", header.Linkname)
	}
	if err != nil {
		return fmt.Errorf("hard link to %q: %w", header.Linkname, err)
	}
	var to unix.Stat_t
	if unix.Fstatat(directory, base, &to, unix.AT_SYMLINK_NOFOLLOW) == nil && to.Ino == source.Ino && to.Dev == source.Dev {
		return nil
	}
	err = u.replace(directory, base, false, func() error { return unix.Linkat(from, last, directory, base, 0) })
	if recorder := u.options.recorder; recorder != nil && err == nil {
		recorder.unrecorded[u.trueName(directory, base)] = true
	}
	return err
}
