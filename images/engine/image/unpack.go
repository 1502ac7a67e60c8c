package image

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"twinhull/engine/fault"
)

// UnpackOptions say what an archive is unpacked for. The zero value is for archives of files, such as people copy into
// containers.
type UnpackOptions struct {
	// Layer makes overlayfs's whiteouts and opaque directories of names that begin with ".wh.".
	Layer bool
	// Prefix is the directory below the root that names in the archive are relative to; "" is the root.
	Prefix string
	// InRoot follows symbolic links as a process would whose root directory is the root. Otherwise links that lead out of
	// the root are refused.
	InRoot bool
	// IDs maps owners; nil leaves them as they are.
	IDs *IDMap
	// Owner, if there is one, owns all files instead of who the archive says. IDs maps it too.
	Owner *Owner
	// KeepTypes refuses to put a directory in the place of another file, and the other way round.
	KeepTypes bool
	Limits    Limits
	// recorder gets the journal of what is read from.
	recorder *recorder
}

// Owner is a user and a group by number.
type Owner struct{ UID, GID int }

// Unpacked is what has come of an archive.
type Unpacked struct {
	// Bytes is the size of its files, holes included.
	Bytes   int64
	Entries int64
}

// Unpack unpacks a tar archive into a directory. Nothing in the archive, links included, can lead out of it. Device nodes,
// absolute names, names with "..", and more than the limits allow are refused. Errors name the entry; what was unpacked
// before it is the caller's to remove.
func Unpack(root string, r io.Reader, options UnpackOptions) (Unpacked, error) {
	resolve := uint64(unix.RESOLVE_BENEATH)
	if options.InRoot {
		resolve = unix.RESOLVE_IN_ROOT
	}
	files, err := openTree(root, resolve)
	if err != nil {
		return Unpacked{}, err
	}
	defer files.close()
	u := &unpacker{tree: files, archive: tar.NewReader(r), options: options, buffer: make([]byte, copyBuffer)}
	u.limits = options.Limits.withDefaults()
	if u.room, err = roomAt(files.root); err != nil {
		return Unpacked{}, fmt.Errorf("see how much room there is in %s: %w", root, err)
	}
	if err := u.all(); err != nil {
		return Unpacked{}, err
	}
	return u.done, nil
}

const (
	// copyBuffer is how much of a file is read and written at once, in bytes.
	copyBuffer = 64 << 10
	whiteout   = ".wh."
	// whiteoutMeta begins names that are no whiteouts of a file: aufs's notes, and the opaque marker.
	whiteoutMeta = ".wh..wh."
	opaqueMarker = ".wh..wh..opq"
	opaqueXattr  = "trusted.overlay.opaque"
	paxXattr     = "SCHILY.xattr."
	paxSparse    = "GNU.sparse."
)

type unpacker struct {
	*tree
	archive *tar.Reader
	options UnpackOptions
	limits  Limits
	// room is how many bytes may still be written.
	room   int64
	buffer []byte
	done   Unpacked
	// directories get their times last, because files in them change these.
	directories []directoryTime
}

type directoryTime struct {
	name string
	time time.Time
}

func (u *unpacker) all() error {
	for {
		header, err := u.archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			if fault.KindOf(err) != fault.Internal {
				return err
			}
			return fault.New(fault.Invalid, "after %d entries the archive cannot be read: %w", u.done.Entries, err)
		}
		if header.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		if err := u.entry(header); err != nil {
			return fmt.Errorf("archive entry %q: %w", header.Name, err)
		}
	}
	for i := len(u.directories) - 1; i >= 0; i-- {
		if err := u.setDirectoryTime(u.directories[i]); err != nil {
			return err
		}
	}
	return nil
}

func (u *unpacker) entry(header *tar.Header) error {
	u.done.Entries++
	if u.done.Entries > u.limits.Entries {
		return fault.New(fault.Invalid, "an archive may have %d entries at most", u.limits.Entries)
	}
	name, err := entryName(header.Name)
	if err != nil {
		return err
	}
	name = path.Join(u.options.Prefix, name)
	if name == "." || name == "" {
		if header.Typeflag != tar.TypeDir {
			return fault.New(fault.Invalid, "the root of an archive can only be a directory")
		}
		return u.attributes(u.root, ".", header, ".")
	}
	directory, base, err := u.parent(name)
	if err != nil {
		return refusal(err)
	}
	if u.options.Layer && strings.HasPrefix(base, whiteout) {
		return refusal(u.whiteout(directory, base))
	}
	if err := u.create(directory, base, header); err != nil {
		return refusal(err)
	}
	return refusal(u.attributes(directory, base, header, name))
}

// entryName checks a name or the target of a hard link and makes it relative to the root, "." for the root itself.
func entryName(name string) (string, error) {
	if strings.HasPrefix(name, "/") {
		return "", fault.New(fault.Invalid, "absolute paths are refused")
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return "", fault.New(fault.Invalid, "paths with \"..\" are refused")
		}
	}
	if strings.IndexByte(name, 0) >= 0 {
		return "", fault.New(fault.Invalid, "paths with a zero byte are refused")
	}
	return path.Clean(name), nil
}

// refusal says in words what the kernel has refused, if that is the archive's fault.
func refusal(err error) error {
	switch {
	case errors.Is(err, unix.EXDEV):
		return fault.New(fault.Invalid, "its path leads through a symbolic link out of the archive's root")
	case errors.Is(err, unix.ELOOP):
		return fault.New(fault.Invalid, "its path leads through symbolic links that never end")
	case errors.Is(err, unix.ENOTDIR):
		return fault.New(fault.Invalid, "its path leads through something that is not a directory")
	case errors.Is(err, unix.ENAMETOOLONG):
		return fault.New(fault.Invalid, "its path is longer than the file system allows")
	}
	return err
}
