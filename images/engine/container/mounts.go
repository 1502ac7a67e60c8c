package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"twinhull/engine/fault"
	"twinhull/engine/image"
	"twinhull/engine/volume"
)

// Mount is one volume, bind or tmpfs of a container: what inspect shows, and what it takes to make it.
type Mount struct {
	container.MountPoint
	NoCopy       bool   `json:",omitempty"`
	Subpath      string `json:",omitempty"`
	NonRecursive bool   `json:",omitempty"`
	// CreateSource is for binds in the old grammar: a source that is not there becomes a directory.
	CreateSource bool `json:",omitempty"`
	// Tmpfs are the options of a tmpfs.
	Tmpfs []string `json:",omitempty"`
	// Anonymous volumes are removed with their container when that is asked for.
	Anonymous bool `json:",omitempty"`
}

// resolveMounts reads -v, --mount, --tmpfs, --volumes-from and the image's VOLUMEs, in rising order of weight, and makes
// the volumes that do not exist.
func (m *Manager) resolveMounts(
	ctx context.Context, id string, config *container.Config, host *container.HostConfig,
) ([]Mount, error) {
	byDestination := map[string]Mount{}
	for _, from := range host.VolumesFrom {
		inherited, err := m.inherit(from)
		if err != nil {
			return nil, err
		}
		for _, mount := range inherited {
			byDestination[mount.Destination] = mount
		}
	}
	asked := map[string]bool{}
	take := func(mount Mount, err error) error {
		if err != nil {
			return err
		}
		if asked[mount.Destination] {
			return fault.New(fault.Invalid, "Duplicate mount point: %s", mount.Destination)
		}
		asked[mount.Destination] = true
		byDestination[mount.Destination] = mount
		return nil
	}
	for _, bind := range host.Binds {
		if err := take(parseBind(bind, host.VolumeDriver)); err != nil {
			return nil, err
		}
	}
	for _, wanted := range host.Mounts {
		if err := take(parseMount(wanted)); err != nil {
			return nil, err
		}
	}
	for destination, options := range host.Tmpfs {
		if err := take(tmpfsAt(destination, options)); err != nil {
			return nil, err
		}
	}
	for destination := range config.Volumes {
		destination = path.Clean(destination)
		if _, found := byDestination[destination]; !found {
			byDestination[destination] = volumeAt(destination, "", host.VolumeDriver)
		}
	}
	list := make([]Mount, 0, len(byDestination))
	for _, mount := range byDestination {
		list = append(list, mount)
	}
	// A mount below another comes after it.
	slices.SortFunc(list, func(a, b Mount) int { return strings.Compare(a.Destination, b.Destination) })
	for i := range list {
		if err := m.makeVolume(ctx, &list[i], id, host); err != nil {
			return list[:i], err
		}
	}
	return list, nil
}

func (m *Manager) inherit(from string) ([]Mount, error) {
	name, mode, _ := strings.Cut(from, ":")
	source, err := m.Get(name)
	if err != nil {
		return nil, err
	}
	mounts := slices.Clone(source.Record().Mounts)
	for i := range mounts {
		mounts[i].Anonymous = false
		if mode == "ro" {
			mounts[i].RW, mounts[i].Mode = false, "ro"
		}
	}
	return mounts, nil
}

func (m *Manager) makeVolume(ctx context.Context, mounted *Mount, id string, host *container.HostConfig) error {
	if mounted.Type != mount.TypeVolume {
		return nil
	}
	options := volume.CreateOptions{Name: mounted.Name, Driver: mounted.Driver}
	for _, wanted := range host.Mounts {
		if wanted.Target == mounted.Destination && wanted.VolumeOptions != nil {
			options.Labels = wanted.VolumeOptions.Labels
			if driver := wanted.VolumeOptions.DriverConfig; driver != nil {
				options.Options = driver.Options
			}
		}
	}
	made, err := m.Volumes.Create(ctx, options)
	if err != nil {
		return err
	}
	mounted.Anonymous = mounted.Anonymous || mounted.Name == ""
	mounted.Name, mounted.Driver, mounted.Source = made.Name, made.Driver, made.Mountpoint
	m.Volumes.Use(made.Name, id)
	return nil
}

// releaseVolume gives a volume back; one without a name of its own goes with its container if asked for.
func (m *Manager) releaseVolume(ctx context.Context, mounted Mount, id string, removeAnonymous bool) error {
	if mounted.Type != mount.TypeVolume {
		return nil
	}
	m.Volumes.Release(mounted.Name, id)
	if !removeAnonymous || !mounted.Anonymous {
		return nil
	}
	err := m.Volumes.Remove(ctx, mounted.Name, false)
	// Another container has it by --volumes-from.
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// fillVolumes copies what the image has at a volume's place into a volume that is still empty.
func (m *Manager) fillVolumes(ctx context.Context, id string, root *image.Root, mounts []Mount) error {
	wanted := slices.DeleteFunc(slices.Clone(mounts), func(mounted Mount) bool {
		return mounted.Type != mount.TypeVolume || mounted.NoCopy || mounted.Subpath != ""
	})
	if len(wanted) == 0 {
		return nil
	}
	rootfs, err := root.Mount()
	if err != nil {
		return err
	}
	defer root.Unmount()
	for _, mounted := range wanted {
		place, err := m.Volumes.Mount(ctx, mounted.Name, id)
		if err != nil {
			return err
		}
		err = volume.CopyUp(rootfs, mounted.Destination, place)
		if err := errors.Join(err, m.Volumes.Unmount(ctx, mounted.Name, id)); err != nil {
			return fmt.Errorf("copy the image's %s into volume %s: %w", mounted.Destination, mounted.Name, err)
		}
	}
	return nil
}

// mountVolumes makes everything ready to be mounted into a container that starts.
func (m *Manager) mountVolumes(ctx context.Context, c *Container) ([]specs.Mount, error) {
	var list []specs.Mount
	for _, mounted := range c.Record().Mounts {
		made := specs.Mount{Destination: mounted.Destination, Type: "bind", Source: mounted.Source}
		bind := "rbind"
		switch mounted.Type {
		case mount.TypeTmpfs:
			made.Type, made.Source, made.Options = "tmpfs", "tmpfs", mounted.Tmpfs
			list = append(list, made)
			continue
		case mount.TypeVolume:
			place, err := m.Volumes.Mount(ctx, mounted.Name, c.ID)
			if err != nil {
				return nil, err
			}
			made.Source = filepath.Join(place, filepath.Clean("/"+mounted.Subpath))
		case mount.TypeBind:
			if err := prepareSource(mounted); err != nil {
				return nil, err
			}
			if mounted.NonRecursive {
				bind = "bind"
			}
		}
		access := "ro"
		if mounted.RW {
			access = "rw"
		}
		made.Options = []string{bind, access, propagationOf(mounted)}
		list = append(list, made)
	}
	return list, nil
}

func propagationOf(mounted Mount) string {
	if mounted.Propagation != "" {
		return string(mounted.Propagation)
	}
	return string(mount.PropagationRPrivate)
}

func prepareSource(mounted Mount) error {
	if _, err := os.Stat(mounted.Source); err == nil || !os.IsNotExist(err) {
		return err
	}
	if !mounted.CreateSource {
		return fault.New(fault.Invalid, "invalid mount config for type \"bind\": bind source path does not exist: %s",
			mounted.Source)
	}
	return os.MkdirAll(mounted.Source, 0o755)
}

func (m *Manager) unmountVolumes(ctx context.Context, c *Container) {
	for _, mounted := range c.Record().Mounts {
		if mounted.Type == mount.TypeVolume {
			m.Volumes.Unmount(ctx, mounted.Name, c.ID)
		}
	}
}
