package volume

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"twinhull/engine/fault"
)

// dataDirectory is where, in a volume's directory, its files are.
const dataDirectory = "_data"

// local keeps each volume in a directory of its own. With options, something else is mounted there while a container
// uses the volume.
type local struct {
	root string
	// options returns those that a volume was created with.
	options func(name string) map[string]string

	mutex  sync.Mutex
	mounts map[string]map[string]struct{} // By volume: the containers that have it mounted.
}

func newLocal(root string, options func(name string) map[string]string) *local {
	return &local{root: root, options: options, mounts: map[string]map[string]struct{}{}}
}

func (l *local) directory(name string) string { return filepath.Join(l.root, name) }
func (l *local) data(name string) string      { return filepath.Join(l.root, name, dataDirectory) }

func (l *local) scope(context.Context) string { return "local" }

func (l *local) create(_ context.Context, name string, options map[string]string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if err := checkLocalOptions(options); err != nil {
		return err
	}
	// Containers may look into their volumes' directories, not for the names of others.
	if err := os.MkdirAll(l.directory(name), 0o701); err != nil {
		return fmt.Errorf("making the volume's directory: %w", err)
	}
	if err := os.MkdirAll(l.data(name), 0o755); err != nil {
		return fmt.Errorf("making the volume's directory: %w", err)
	}
	return nil
}

func (l *local) get(_ context.Context, name string) (*placed, error) {
	if checkName(name) != nil {
		return nil, nil
	}
	info, err := os.Lstat(l.directory(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	changed := info.Sys().(*syscall.Stat_t).Ctim
	return &placed{name: name, mountpoint: l.data(name), createdAt: time.Unix(changed.Unix())}, nil
}

func (l *local) list(ctx context.Context) ([]placed, error) {
	entries, err := os.ReadDir(l.root)
	if err != nil {
		return nil, err
	}
	var all []placed
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		if found, err := l.get(ctx, entry.Name()); err == nil && found != nil {
			all = append(all, *found)
		}
	}
	return all, nil
}

func (l *local) remove(_ context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if len(l.mounts[name]) > 0 {
		return fault.New(fault.Conflict, "volume has active mounts")
	}
	// What is mounted on a volume belongs to somebody else: it must be gone before the volume's files are deleted.
	if err := unmountAll(l.data(name)); err != nil {
		return err
	}
	if err := os.RemoveAll(l.directory(name)); err != nil {
		return fmt.Errorf("removing the volume's files: %w", err)
	}
	delete(l.mounts, name)
	return nil
}

func (l *local) mount(_ context.Context, name, containerID string) (string, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if options := l.options(name); options["device"] != "" {
		mounted, err := isMountPoint(l.data(name))
		if err != nil {
			return "", err
		}
		if !mounted {
			if err := mountLocal(options, l.data(name)); err != nil {
				return "", err
			}
		}
	}
	if l.mounts[name] == nil {
		l.mounts[name] = map[string]struct{}{}
	}
	l.mounts[name][containerID] = struct{}{}
	return l.data(name), nil
}

func (l *local) unmount(_ context.Context, name, containerID string) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	delete(l.mounts[name], containerID)
	if len(l.mounts[name]) > 0 {
		return nil
	}
	delete(l.mounts, name)
	if l.options(name)["device"] == "" {
		return nil
	}
	return unmountAll(l.data(name))
}

// restore notes that a container which outlived the engine has a volume mounted.
func (l *local) restore(name, containerID string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.mounts[name] == nil {
		l.mounts[name] = map[string]struct{}{}
	}
	l.mounts[name][containerID] = struct{}{}
}

// isMountPoint tells whether something is mounted at a path. A path that does not exist is none.
func isMountPoint(path string) (bool, error) {
	var status unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, path, unix.AT_SYMLINK_NOFOLLOW, 0, &status)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, &fs.PathError{Op: "statx", Path: path, Err: err}
	}
	return status.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0, nil
}

// unmountAll removes every mount at a path, as there may be several.
func unmountAll(path string) error {
	for {
		mounted, err := isMountPoint(path)
		if err != nil || !mounted {
			return err
		}
		if err := unix.Unmount(path, unix.UMOUNT_NOFOLLOW); err != nil {
			return &fs.PathError{Op: "unmount", Path: path, Err: err}
		}
	}
}
