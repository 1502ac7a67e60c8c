package image

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"twinhull/engine/fault"
)

// pageSize is the unit of holes, in bytes: tmpfs and ext4 have blocks of this size.
const pageSize = 4096

var zeroPage [pageSize]byte

// file unpacks a regular file.
func (u *unpacker) file(directory int, base string, header *tar.Header) error {
	u.done.Bytes += header.Size
	if header.Size < 0 || u.done.Bytes > u.limits.Bytes || u.done.Bytes < 0 {
		return fault.New(fault.Invalid, "the files of this archive have more than %d bytes together", u.limits.Bytes)
	}
	fd := -1
	err := u.replace(directory, base, false, func() (err error) {
		fd, err = unix.Openat(directory, base, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
		return err
	})
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if header.Size == 0 {
		return nil
	}
	// Of a sparse file the archive has a list of the parts that are there: its bytes are the journal's, as they came.
	if recorder := u.options.recorder; recorder != nil {
		name := u.trueName(directory, base)
		if isSparse(header) {
			recorder.unrecorded[name] = true
		} else {
			delete(recorder.unrecorded, name)
			recorder.beginContent(name, header.Size)
			defer recorder.endContent()
		}
	}
	return u.contents(fd, header.Size)
}

func isSparse(header *tar.Header) bool {
	if header.Typeflag == tar.TypeGNUSparse {
		return true
	}
	for key := range header.PAXRecords {
		if strings.HasPrefix(key, paxSparse) {
			return true
		}
	}
	return false
}

// contents copies a file's bytes. Pages of zeros become holes.
func (u *unpacker) contents(fd int, size int64) error {
	var offset int64
	hole := false
	for offset < size {
		chunk := u.buffer
		if left := size - offset; left < int64(len(chunk)) {
			chunk = chunk[:left]
		}
		if _, err := io.ReadFull(u.archive, chunk); err != nil {
			return noEOF(err)
		}
		for len(chunk) > 0 {
			hole = isZeroPage(chunk)
			end := min(pageSize, len(chunk))
			for end < len(chunk) && isZeroPage(chunk[end:]) == hole {
				end = min(end+pageSize, len(chunk))
			}
			if !hole {
				if u.room -= int64(end); u.room < 0 {
					return fault.New(fault.Unavailable, "no space left on device: this machine has no room for the archive's files")
				}
				if err := writeAt(fd, chunk[:end], offset); err != nil {
					return err
				}
			}
			offset += int64(end)
			chunk = chunk[end:]
		}
	}
	if hole {
		return unix.Ftruncate(fd, size)
	}
	return nil
}

func isZeroPage(chunk []byte) bool {
	if len(chunk) > pageSize {
		chunk = chunk[:pageSize]
	}
	return chunk[0] == 0 && bytes.Equal(chunk, zeroPage[:len(chunk)])
}

func writeAt(fd int, chunk []byte, offset int64) error {
	for len(chunk) > 0 {
		n, err := unix.Pwrite(fd, chunk, offset)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("write: %w", err)
		}
		chunk, offset = chunk[n:], offset+int64(n)
	}
	return nil
}

// attributes sets owner, mode, extended attributes and times, in the order in which none of them undoes another.
func (u *unpacker) attributes(directory int, base string, header *tar.Header, name string) error {
	if header.Typeflag == tar.TypeLink {
		return nil
	}
	owner := Owner{header.Uid, header.Gid}
	if u.options.Owner != nil {
		owner = *u.options.Owner
	}
	owner, err := u.options.IDs.outside(owner)
	if err != nil {
		return err
	}
	if err := unix.Fchownat(directory, base, owner.UID, owner.GID, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return fmt.Errorf("set owner: %w", err)
	}
	if header.Typeflag != tar.TypeSymlink {
		if err := unix.Fchmodat(directory, base, uint32(header.Mode)&0o7777, 0); err != nil {
			return fmt.Errorf("set mode: %w", err)
		}
	}
	if err := setXattrs(directory, base, header); err != nil {
		return err
	}
	if header.Typeflag == tar.TypeDir {
		u.directories = append(u.directories, directoryTime{name, header.ModTime})
		return nil
	}
	return setTime(directory, base, header.ModTime)
}

// setXattrs sets what belongs to the file. Others are notes of some file system or security module: overlayfs's own would
// even change what the layer means.
func setXattrs(directory int, base string, header *tar.Header) error {
	for key, value := range header.PAXRecords {
		name, isXattr := strings.CutPrefix(key, paxXattr)
		if !isXattr || !isFileXattr(name) {
			continue
		}
		err := unix.Lsetxattr(named(directory, base), name, []byte(value), 0)
		// user.* exists for files and directories alone.
		if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EPERM) && strings.HasPrefix(name, "user.") {
			continue
		}
		if err != nil {
			return fmt.Errorf("set extended attribute %s: %w", name, err)
		}
	}
	return nil
}

func isFileXattr(name string) bool {
	return name == "security.capability" || strings.HasPrefix(name, "user.")
}

func (u *unpacker) setDirectoryTime(d directoryTime) error {
	directory, base := u.root, "."
	if d.name != "." {
		fd, err := u.open(d.name, unix.O_PATH|unix.O_DIRECTORY|unix.O_NOFOLLOW)
		if err != nil {
			// A later entry has put something else in its place.
			return nil
		}
		defer unix.Close(fd)
		directory = fd
	}
	return setTime(directory, base, d.time)
}

func setTime(directory int, base string, modified time.Time) error {
	at, err := unix.TimeToTimespec(modified)
	if err != nil {
		// The machine's clock has 32 bits and the file is from after 2038, or from before 1901.
		at = unix.Timespec{}
	}
	err = unix.UtimesNanoAt(directory, base, []unix.Timespec{at, at}, unix.AT_SYMLINK_NOFOLLOW)
	if err != nil {
		return fmt.Errorf("set time: %w", err)
	}
	return nil
}
