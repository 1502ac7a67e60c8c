package image

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// A container with users of its own sees its image's files as theirs: the layers' folders are mounted once more, with
// owners mapped by the kernel (mount_setattr(2), MOUNT_ATTR_IDMAP), and the overlay is made of these mounts. Layers
// are neither copied nor changed.

// mapped calls use with places at which folders are mounted with mapped owners. They are gone when it returns; an overlay
// made of them keeps what it needs.
func (s *Store) mapped(folders []string, ids *IDMap, use func(places []string) error) (err error) {
	if ids == nil {
		return use(folders)
	}
	namespace, err := userNamespace(ids)
	if err != nil {
		return fmt.Errorf("make a user namespace for %d users from %d on: %w", ids.Size, ids.UID, err)
	}
	defer namespace.Close()
	above, err := os.MkdirTemp(s.staging(), idMountsPrefix)
	if err != nil {
		return err
	}
	defer func() {
		if failed := removeMounts(above); err == nil {
			err = failed
		}
	}()
	places := make([]string, len(folders))
	for i, folder := range folders {
		places[i] = filepath.Join(above, strconv.Itoa(i))
		if err := os.Mkdir(places[i], 0o700); err != nil {
			return err
		}
		if err := mountMapped(folder, places[i], int(namespace.Fd())); err != nil {
			return fmt.Errorf("mount %s with mapped owners: %w", folder, err)
		}
	}
	return use(places)
}

// idMountsPrefix begins the names of folders in which there may be mounts.
const idMountsPrefix = "mounts-"

// mountMapped mounts read-only, so that whoever removes the place by mistake does not remove a layer.
func mountMapped(folder, place string, namespace int) error {
	mount, err := unix.OpenTree(unix.AT_FDCWD, folder, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(mount)
	attributes := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_IDMAP | unix.MOUNT_ATTR_RDONLY, Userns_fd: uint64(namespace)}
	if err := unix.MountSetattr(mount, "", unix.AT_EMPTY_PATH, &attributes); err != nil {
		return err
	}
	return unix.MoveMount(mount, "", unix.AT_FDCWD, place, unix.MOVE_MOUNT_F_EMPTY_PATH)
}

// removeMounts removes a folder of mounts, and not what is mounted there.
func removeMounts(above string) error {
	entries, err := os.ReadDir(above)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		place := filepath.Join(above, entry.Name())
		if err := unmount(place); err != nil {
			return fmt.Errorf("unmount %s: %w", place, err)
		}
		if err := os.Remove(place); err != nil {
			return err
		}
	}
	return os.Remove(above)
}

// userNamespace makes a namespace with a map. Only a process can: one that is stopped before its first instruction, and
// ended when its namespace is open.
func userNamespace(ids *IDMap) (*os.File, error) {
	// What traces a process is a thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	process, err := os.StartProcess("/proc/self/exe", []string{"namespace"}, &os.ProcAttr{Sys: &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		Ptrace:      true,
		Pdeathsig:   syscall.SIGKILL,
		UidMappings: []syscall.SysProcIDMap{{HostID: ids.UID, Size: ids.Size}},
		GidMappings: []syscall.SysProcIDMap{{HostID: ids.GID, Size: ids.Size}},
	}})
	if err != nil {
		return nil, err
	}
	defer func() {
		// It can only have been killed already.
		_ = process.Kill()
		_, _ = process.Wait()
	}()
	return os.Open(fmt.Sprintf("/proc/%d/ns/user", process.Pid))
}
