package compose

import (
	"fmt"
	"os"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	containertypes "github.com/moby/moby/api/types/container"
	mounttypes "github.com/moby/moby/api/types/mount"
)

// mounts sets what the container sees below its root: volumes, folders of the machine, memory, configs and secrets.
func (r *recipe) mounts(host *containertypes.HostConfig) error {
	taken := map[string]bool{}
	for _, volume := range r.service.Volumes {
		mount, err := r.mount(volume)
		if err != nil {
			return fmt.Errorf("service %q: volume %s: %w", r.service.Name, volume.Target, err)
		}
		taken[mount.Target] = true
		host.Mounts = append(host.Mounts, mount)
	}
	for target, name := range r.inherited {
		if !taken[target] {
			host.Mounts = append(host.Mounts, mounttypes.Mount{Type: mounttypes.TypeVolume, Source: name, Target: target})
		}
	}
	for _, text := range r.service.VolumesFrom {
		from, mode, _ := strings.Cut(text, ":")
		if from == "container" {
			from, mode, _ = strings.Cut(mode, ":")
		} else {
			id, err := r.container(from)
			if err != nil {
				return fmt.Errorf("service %q: volumes_from: %w", r.service.Name, err)
			}
			from = id
		}
		if mode != "" {
			from += ":" + mode
		}
		host.VolumesFrom = append(host.VolumesFrom, from)
	}
	for _, file := range r.files() {
		if file.path != "" {
			host.Mounts = append(host.Mounts, mounttypes.Mount{Type: mounttypes.TypeBind, Source: file.path, Target: file.target, ReadOnly: true})
		}
	}
	return nil
}

func (r *recipe) mount(volume types.ServiceVolumeConfig) (mounttypes.Mount, error) {
	mount := mounttypes.Mount{
		Type: mounttypes.Type(volume.Type), Source: volume.Source, Target: volume.Target, ReadOnly: volume.ReadOnly,
		Consistency: mounttypes.Consistency(volume.Consistency),
	}
	switch mount.Type {
	case mounttypes.TypeVolume:
		if named, found := r.project.Volumes[volume.Source]; found {
			mount.Source = named.Name
		} else if volume.Source == "" {
			mount.Source = r.inherited[volume.Target]
		}
		if options := volume.Volume; options != nil {
			mount.VolumeOptions = &mounttypes.VolumeOptions{NoCopy: options.NoCopy, Subpath: options.Subpath, Labels: options.Labels}
		}
	case mounttypes.TypeBind:
		// A missing folder is made, as `docker run -v` does, unless the file says not to.
		mount.BindOptions = &mounttypes.BindOptions{CreateMountpoint: true}
		if options := volume.Bind; options != nil {
			mount.BindOptions.CreateMountpoint = bool(options.CreateHostPath)
			mount.BindOptions.Propagation = mounttypes.Propagation(options.Propagation)
			mount.BindOptions.NonRecursive = options.Recursive == "disabled"
		}
	case mounttypes.TypeTmpfs:
		if options := volume.Tmpfs; options != nil {
			mount.TmpfsOptions = &mounttypes.TmpfsOptions{SizeBytes: int64(options.Size), Mode: os.FileMode(options.Mode)}
		}
	case mounttypes.TypeImage:
		if options := volume.Image; options != nil {
			mount.ImageOptions = &mounttypes.ImageOptions{Subpath: options.SubPath}
		}
	default:
		return mount, fmt.Errorf("unsupported type %q", volume.Type)
	}
	return mount, nil
}

// anonymousVolumes finds what a new container takes over from the one that it replaces: volumes without a name in the file.
func anonymousVolumes(service types.ServiceConfig, from []containertypes.MountPoint) map[string]string {
	named := map[string]bool{}
	for _, volume := range service.Volumes {
		named[volume.Target] = volume.Source != "" || volume.Type != types.VolumeTypeVolume
	}
	inherited := map[string]string{}
	for _, mount := range from {
		if mount.Type == mounttypes.TypeVolume && !named[mount.Destination] {
			inherited[mount.Destination] = mount.Name
		}
	}
	return inherited
}
