package image

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

func isMountPoint(path string) (bool, error) {
	var stat unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, unix.AT_SYMLINK_NOFOLLOW, 0, &stat); err != nil {
		return false, fmt.Errorf("look for a mount at %s: %w", path, err)
	}
	return stat.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0, nil
}

// mountOverlay mounts an overlay at a directory.
func mountOverlay(at string, lower []string, upper, work string) error {
	mount, err := newOverlay(lower, upper, work)
	if err != nil {
		return err
	}
	defer unix.Close(mount)
	if err := unix.MoveMount(mount, "", unix.AT_FDCWD, at, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return fmt.Errorf("mount the overlay at %s: %w", at, err)
	}
	return nil
}

// newOverlay makes an overlay that is mounted nowhere and returns its descriptor. Without upper it is read-only. The
// calls take one lower directory at a time: the options of mount(2) must fit into a page, which some forty layers fill.
func newOverlay(lower []string, upper, work string) (mount int, err error) {
	context, err := unix.Fsopen("overlay", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return -1, fmt.Errorf("open overlayfs: %w", err)
	}
	defer unix.Close(context)
	set := func(key, value string) {
		if err == nil {
			if err = unix.FsconfigSetString(context, key, value); err != nil {
				err = fmt.Errorf("set %s to %s: %w", key, value, err)
			}
		}
	}
	set("source", "overlay")
	for _, directory := range lower {
		set("lowerdir+", directory)
	}
	if upper != "" {
		set("upperdir", upper)
		set("workdir", work)
	}
	if err != nil {
		return -1, err
	}
	if err := unix.FsconfigCreate(context); errors.Is(err, unix.EINVAL) {
		return newOverlayByOptions(lower, upper, work)
	} else if err != nil {
		return -1, fmt.Errorf("create the overlay: %w", err)
	}
	mount, err = unix.Fsmount(context, unix.FSMOUNT_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("mount the overlay: %w", err)
	}
	return mount, nil
}

// newOverlayByOptions is newOverlay for kernels before 6.7, which do not know `lowerdir+`: the overlay is mounted somewhere, with
// all of its options in one page, and taken from there.
func newOverlayByOptions(lower []string, upper, work string) (mount int, err error) {
	at, err := os.MkdirTemp("", "overlay-")
	if err != nil {
		return -1, err
	}
	defer os.Remove(at)
	options := "lowerdir=" + strings.Join(lower, ":")
	if upper != "" {
		options += ",upperdir=" + upper + ",workdir=" + work
	}
	if err := unix.Mount("overlay", at, "overlay", 0, options); err != nil {
		return -1, fmt.Errorf("create the overlay: %w", err)
	}
	defer unix.Unmount(at, unix.MNT_DETACH)
	mount, err = unix.OpenTree(unix.AT_FDCWD, at, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return -1, fmt.Errorf("take the overlay from where it was mounted: %w", err)
	}
	return mount, nil
}

// unmount detaches a mount even if somebody has files open in it. Without a mount it does nothing.
func unmount(path string) error {
	err := unix.Unmount(path, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
	if err == nil || errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOENT) {
		return nil
	}
	return err
}
