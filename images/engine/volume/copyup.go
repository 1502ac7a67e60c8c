package volume

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// CopyUp fills an empty volume with what an image has at a path: files, owners, modes, times and extended attributes. A
// volume that has files already stays as it is, and so does one for which the image has nothing.
//
// rootfs is the container's root file system, mounted. Its content is foreign: symbolic links on the way are resolved
// inside it, and below the path none is followed.
func CopyUp(rootfs, inContainer, volumePath string) error {
	fail := func(err error) error {
		return fmt.Errorf("filling the volume at %s with the image's %s: %w", volumePath, inContainer, err)
	}
	empty, err := isEmpty(volumePath)
	if err != nil {
		return fail(err)
	}
	if !empty {
		return nil
	}
	source, err := openInRoot(rootfs, inContainer)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		return nil
	}
	if err != nil {
		return fail(err)
	}
	defer unix.Close(source)
	target, err := unix.Open(volumePath, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return fail(&fs.PathError{Op: "open", Path: volumePath, Err: err})
	}
	defer unix.Close(target)
	copied := treeCopy{links: map[inode]string{}}
	if err := copied.directory(source, target, ""); err != nil {
		return fail(err)
	}
	return nil
}

func isEmpty(directory string) (bool, error) {
	opened, err := os.Open(directory)
	if err != nil {
		return false, err
	}
	defer opened.Close()
	names, _ := opened.Readdirnames(1)
	return len(names) == 0, nil
}

// openInRoot opens a directory by the path that a process with that root would use.
func openInRoot(root, path string) (int, error) {
	top, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, &fs.PathError{Op: "open", Path: root, Err: err}
	}
	defer unix.Close(top)
	how := unix.OpenHow{
		Flags:   unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	}
	for {
		opened, err := unix.Openat2(top, path, &how)
		// EAGAIN: something on the way was renamed meanwhile, so that the kernel could not be sure.
		if err == unix.EAGAIN || err == unix.EINTR {
			continue
		}
		if err != nil {
			return -1, &fs.PathError{Op: "open", Path: path, Err: err}
		}
		return opened, nil
	}
}
