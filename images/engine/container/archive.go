package container

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/moby/moby/api/types/container"
	"golang.org/x/sys/unix"

	"twinhull/engine/fault"
	"twinhull/engine/image"
)

// Files are a container's as its processes see them, or would see them. They hold on to the container: close them.
type Files struct {
	container *Container
	root      string
	// path is below root, and slash says that it ended with "/" or "/.", which means the directory itself.
	path  string
	asked string
	slash bool
	ids   *image.IDMap
	// readOnly says why nothing may be written, if that is so.
	readOnly error
	close    func()
}

// Close lets go of the container.
func (f *Files) Close() { f.close() }

// OpenFiles opens a path in a container. While it runs that is a path among everything it has mounted; otherwise it is one
// on its own file system or on one of its volumes.
func (m *Manager) OpenFiles(c *Container, asked string) (*Files, error) {
	if asked == "" {
		return nil, fault.New(fault.Invalid, "missing parameter in request: path")
	}
	root, err := m.Images.OpenRoot(c.ID)
	if err != nil {
		return nil, err
	}
	f := &Files{
		container: c, asked: asked, path: path.Clean("/" + asked), ids: root.IDs,
		slash: strings.HasSuffix(asked, "/") || strings.HasSuffix(asked, "/.") || asked == ".",
	}
	record := c.Record()
	if record.HostConfig.ReadonlyRootfs {
		f.readOnly = fault.New(fault.Forbidden, "container rootfs is marked read-only")
	}
	mounted, below := mountAt(record.Mounts, f.path)
	if mounted != nil {
		f.readOnly = nil
		if !mounted.RW {
			f.readOnly = fault.New(fault.Forbidden, "mounted volume is marked read-only")
		}
	}
	// Nothing is mounted or unmounted while life is held.
	c.life.Lock()
	f.close = c.life.Unlock
	if state := c.State(); state.Running() {
		f.root = fmt.Sprintf("/proc/%d/root", state.Pid)
		return f, f.hold(c)
	}
	if mounted != nil && mounted.Source != "" {
		f.root, f.path = mounted.Source, below
		return f, nil
	}
	if f.root, err = root.Mount(); err != nil {
		c.life.Unlock()
		return nil, err
	}
	f.close = func() {
		c.logFailure("unmount its files", root.Unmount())
		c.life.Unlock()
	}
	return f, nil
}

// hold takes a descriptor of a running container's root, so that the container may end and be changed meanwhile.
func (f *Files) hold(c *Container) error {
	defer c.life.Unlock()
	fd, err := unix.Open(f.root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		f.close = func() {}
		return fmt.Errorf("open the files of container %s: %w", c.ID, err)
	}
	f.root = fmt.Sprintf("/proc/self/fd/%d", fd)
	f.close = func() { unix.Close(fd) }
	return nil
}

// mountAt finds the mount that a path lies in, and the rest of the path.
func mountAt(mounts []Mount, name string) (found *Mount, below string) {
	for i := range mounts {
		rest, inside := strings.CutPrefix(name+"/", path.Clean(mounts[i].Destination)+"/")
		if inside && (found == nil || len(mounts[i].Destination) > len(found.Destination)) {
			found, below = &mounts[i], path.Clean("/"+rest)
		}
	}
	return found, below
}

// open finds the file itself: no link in the path leads out of the container. One at its end is followed only as a
// directory.
func (f *Files) open() (int, error) {
	root, err := unix.Open(f.root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open the files of container %s: %w", f.container.ID, err)
	}
	defer unix.Close(root)
	how := unix.OpenHow{
		Flags: unix.O_PATH | unix.O_NOFOLLOW | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	}
	if f.slash {
		how.Flags = unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC
	}
	fd, err := unix.Openat2(root, "."+f.path, &how)
	switch {
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ELOOP):
		return -1, fault.New(fault.NotFound, "Could not find the file %s in container %s", f.asked, f.container.ID)
	case errors.Is(err, unix.ENOTDIR):
		return -1, fault.New(fault.Invalid, "not a directory")
	case err != nil:
		return -1, fmt.Errorf("find the file %s in container %s: %w", f.asked, f.container.ID, err)
	}
	return fd, nil
}

// Stat describes the file as the API does.
func (f *Files) Stat() (container.PathStat, error) {
	fd, err := f.open()
	if err != nil {
		return container.PathStat{}, err
	}
	opened := os.NewFile(uintptr(fd), f.asked)
	defer opened.Close()
	info, err := opened.Stat()
	if err != nil {
		return container.PathStat{}, fmt.Errorf("describe the file %s: %w", f.asked, err)
	}
	stat := container.PathStat{Name: f.name(), Size: info.Size(), Mode: info.Mode(), Mtime: info.ModTime()}
	if info.Mode()&os.ModeSymlink != 0 {
		target := make([]byte, unix.PathMax)
		n, err := unix.Readlinkat(fd, "", target)
		if err != nil {
			return stat, fmt.Errorf("read the link %s: %w", f.asked, err)
		}
		stat.LinkTarget = string(target[:n])
		if !path.IsAbs(stat.LinkTarget) {
			stat.LinkTarget = path.Join(path.Dir(path.Clean("/"+f.asked)), stat.LinkTarget)
		}
	}
	return stat, nil
}

// name is what an archive of the file calls it: with "/." at the end clients want the contents alone.
func (f *Files) name() string {
	if strings.HasSuffix(f.asked, "/.") || f.asked == "." {
		return "."
	}
	return path.Base(path.Clean("/" + f.asked))
}

// Pack writes the file, with everything below it, as a tar archive.
func (f *Files) Pack(w io.Writer) error {
	options := image.PackOptions{Path: f.path, Name: f.name(), IDs: f.ids}
	if !f.slash {
		return image.Pack(w, f.root, options)
	}
	fd, err := f.open()
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	options.Path = ""
	return image.Pack(w, fmt.Sprintf("/proc/self/fd/%d", fd), options)
}

// Unpack puts the files of a tar archive into the directory. keepTypes refuses to replace a directory by another file,
// and the other way round; owner, if there is one, gets the files.
func (f *Files) Unpack(r io.Reader, keepTypes bool, owner *image.Owner) error {
	if f.readOnly != nil {
		return f.readOnly
	}
	f.slash = true
	fd, err := f.open()
	if fault.Is(err, fault.Invalid) {
		return fault.New(fault.Invalid, "extraction point is not a directory")
	}
	if err != nil {
		return err
	}
	unix.Close(fd)
	options := image.UnpackOptions{
		Prefix: strings.TrimPrefix(f.path, "/"), InRoot: true, IDs: f.ids, Owner: owner, KeepTypes: keepTypes,
	}
	_, err = image.Unpack(f.root, r, options)
	return err
}

// CopyOut writes an archive of a path, after telling what is there.
func (m *Manager) CopyOut(c *Container, asked string, tell func(container.PathStat) (io.Writer, error)) error {
	files, err := m.OpenFiles(c, asked)
	if err != nil {
		return err
	}
	defer files.Close()
	stat, err := files.Stat()
	if err != nil {
		return err
	}
	w, err := tell(stat)
	if err != nil || w == nil {
		return err
	}
	if err := files.Pack(w); err != nil {
		return err
	}
	m.Events.Publish("container", "archive-path", c.ID, c.attributes())
	return nil
}

// CopyIn unpacks an archive into a directory. With ownUser the container's user gets the files.
func (m *Manager) CopyIn(c *Container, asked string, archive io.Reader, keepTypes, ownUser bool) error {
	files, err := m.OpenFiles(c, asked)
	if err != nil {
		return err
	}
	defer files.Close()
	var owner *image.Owner
	if user := c.Record().Config.User; ownUser && user != "" {
		resolved, _, err := resolveUser(files.root, user, nil)
		if err != nil {
			return err
		}
		owner = &image.Owner{UID: int(resolved.UID), GID: int(resolved.GID)}
	}
	if err := files.Unpack(archive, keepTypes, owner); err != nil {
		return err
	}
	m.Events.Publish("container", "extract-to-dir", c.ID, c.attributes())
	return nil
}
