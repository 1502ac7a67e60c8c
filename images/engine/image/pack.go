package image

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// PackOptions say what of a directory is packed and how. The zero value packs its contents, without the directory itself.
type PackOptions struct {
	// Path is the file or directory below the root to pack, found as a process would find it whose root directory is the
	// root, except that a link at its end is packed and not followed. "" is the root.
	Path string
	// Name is what the packed file is called in the archive. "" packs a directory's contents only.
	Name string
	// Layer writes overlayfs's whiteouts and opaque directories as names that begin with ".wh.".
	Layer bool
	// IDs is undone: owners are packed as the container sees them.
	IDs *IDMap
}

// Pack writes a directory as a tar archive, sorted by name, with times in whole seconds, so that equal trees give equal
// archives. Files may change meanwhile; a process that swaps directories for links cannot lead it out of the root.
func Pack(w io.Writer, root string, options PackOptions) error {
	files, err := openTree(root, unix.RESOLVE_IN_ROOT)
	if err != nil {
		return err
	}
	defer files.close()
	p := &packer{archive: tar.NewWriter(w), options: options, links: map[uint64]string{}, buffer: make([]byte, copyBuffer)}
	above, base := path.Split(path.Clean("/" + options.Path))
	directory, err := files.open("."+above, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return fmt.Errorf("pack %s: %w", options.Path, err)
	}
	defer unix.Close(directory)
	if base == "" {
		base = "."
	}
	if options.Name == "" {
		err = p.contents(directory, base, "")
	} else {
		err = p.file(directory, base, options.Name)
	}
	if err != nil {
		return err
	}
	return p.archive.Close()
}

type packer struct {
	archive *tar.Writer
	options PackOptions
	buffer  []byte
	// links maps inodes of files with several names to the name under which they were packed.
	links map[uint64]string
}

// contents packs what is in a directory; prefix is the directory's name in the archive.
func (p *packer) contents(directory int, base, prefix string) error {
	fd, err := unix.Openat(directory, base, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("pack %s: %w", prefix, err)
	}
	opened := os.NewFile(uintptr(fd), prefix)
	defer opened.Close()
	if p.options.Layer && prefix != "" && isOpaque(fd) {
		if err := p.whiteout(path.Join(prefix, opaqueMarker), time.Time{}); err != nil {
			return err
		}
	}
	names, err := opened.Readdirnames(-1)
	if err != nil {
		return fmt.Errorf("pack %s: %w", prefix, err)
	}
	slices.Sort(names)
	for _, name := range names {
		below := name
		if prefix != "" {
			below = prefix + "/" + name // also of ".": clients rename what begins with "./"
		}
		err := p.file(fd, name, below)
		// What was removed meanwhile is not packed.
		if err != nil && !errors.Is(err, unix.ENOENT) {
			return err
		}
	}
	return nil
}

func isOpaque(fd int) bool {
	var value [1]byte
	n, err := unix.Fgetxattr(fd, opaqueXattr, value[:])
	return err == nil && n == 1 && value[0] == 'y'
}

func (p *packer) whiteout(name string, modified time.Time) error {
	return p.archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o600, ModTime: modified})
}

func (p *packer) file(directory int, base, name string) error {
	var stat unix.Stat_t
	if err := unix.Fstatat(directory, base, &stat, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return fmt.Errorf("pack %s: %w", name, err)
	}
	owner, err := p.options.IDs.inside(Owner{int(stat.Uid), int(stat.Gid)})
	if err != nil {
		return fmt.Errorf("pack %s: %w", name, err)
	}
	header := &tar.Header{
		Name: name, Mode: int64(stat.Mode & 0o7777), Uid: owner.UID, Gid: owner.GID,
		ModTime: time.Unix(stat.Mtim.Unix()).Truncate(time.Second),
	}
	kind := stat.Mode & unix.S_IFMT
	if kind == unix.S_IFSOCK {
		return nil
	}
	if p.options.Layer && isWhiteout(&stat) {
		above, last := path.Split(name)
		return p.whiteout(above+whiteout+last, header.ModTime)
	}
	if kind != unix.S_IFDIR && stat.Nlink > 1 {
		if first, packed := p.links[stat.Ino]; packed {
			header.Typeflag, header.Linkname = tar.TypeLink, first
			return p.write(header)
		}
		p.links[stat.Ino] = name
	}
	if err := readXattrs(directory, base, header); err != nil {
		return fmt.Errorf("pack %s: %w", name, err)
	}
	switch kind {
	case unix.S_IFDIR:
		header.Typeflag, header.Name = tar.TypeDir, name+"/"
		if err := p.write(header); err != nil {
			return err
		}
		return p.contents(directory, base, name)
	case unix.S_IFREG:
		return p.regular(directory, base, header)
	case unix.S_IFLNK:
		header.Typeflag, header.Mode = tar.TypeSymlink, 0o777
		header.Linkname, err = readLink(directory, base)
	case unix.S_IFIFO:
		header.Typeflag = tar.TypeFifo
	case unix.S_IFCHR, unix.S_IFBLK:
		header.Typeflag = tar.TypeChar
		if kind == unix.S_IFBLK {
			header.Typeflag = tar.TypeBlock
		}
		header.Devmajor, header.Devminor = int64(unix.Major(uint64(stat.Rdev))), int64(unix.Minor(uint64(stat.Rdev)))
	}
	if err != nil {
		return fmt.Errorf("pack %s: %w", name, err)
	}
	return p.write(header)
}

func (p *packer) write(header *tar.Header) error {
	if err := p.archive.WriteHeader(header); err != nil {
		return fmt.Errorf("pack %s: %w", header.Name, err)
	}
	return nil
}

// regular packs a file of the size that it has when it is opened: what is appended later is left out.
func (p *packer) regular(directory int, base string, header *tar.Header) error {
	// O_NONBLOCK: it may have become a FIFO.
	fd, err := unix.Openat(directory, base, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("pack %s: %w", header.Name, err)
	}
	opened := os.NewFile(uintptr(fd), header.Name)
	defer opened.Close()
	info, err := opened.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return nil
	}
	header.Typeflag, header.Size = tar.TypeReg, info.Size()
	if err := p.write(header); err != nil {
		return err
	}
	// The struct hides ReadFrom and WriteTo, which would come with buffers of their own.
	_, err = io.CopyBuffer(struct{ io.Writer }{p.archive}, io.LimitReader(opened, header.Size), p.buffer)
	if err != nil {
		return fmt.Errorf("pack %s: %w", header.Name, err)
	}
	if err := p.archive.Flush(); err != nil {
		return fmt.Errorf("pack %s: it became shorter meanwhile: %w", header.Name, err)
	}
	return nil
}

func readLink(directory int, base string) (string, error) {
	target := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(directory, base, target)
	if err != nil {
		return "", err
	}
	return string(target[:n]), nil
}

func readXattrs(directory int, base string, header *tar.Header) error {
	file := named(directory, base)
	var list [4096]byte
	n, err := unix.Llistxattr(file, list[:])
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ERANGE) {
		return nil
	}
	if err != nil {
		return err
	}
	for name := range strings.SplitSeq(string(list[:n]), "\x00") {
		if !isFileXattr(name) {
			continue
		}
		// The kernel has none that is longer.
		value := make([]byte, 64<<10)
		size, err := unix.Lgetxattr(file, name, value)
		if errors.Is(err, unix.ENODATA) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read extended attribute %s: %w", name, err)
		}
		if header.PAXRecords == nil {
			header.PAXRecords = map[string]string{}
		}
		header.PAXRecords[paxXattr+name] = string(value[:size])
	}
	return nil
}
