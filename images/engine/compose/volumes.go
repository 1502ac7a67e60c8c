package compose

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	volumetypes "github.com/moby/moby/api/types/volume"

	"twinhull/engine/client/rest"
)

// ensureVolumes makes those of the project's named volumes that do not exist.
func (p *Project) ensureVolumes() error {
	for _, key := range slices.Sorted(maps.Keys(p.Volumes)) {
		if err := p.ensureVolume(key, p.Volumes[key]); err != nil {
			return err
		}
	}
	return nil
}

func (p *Project) ensureVolume(key string, volume types.VolumeConfig) error {
	var found volumetypes.Volume
	err := p.engine.get("/volumes/"+rest.Escape(volume.Name), nil, &found)
	if err == nil {
		if project, labelled := found.Labels[labelProject]; !bool(volume.External) && (!labelled || project != p.Name) {
			fmt.Fprintf(p.progress, "volume %q already exists but was not created for project %q. Use `external: true` to use an existing volume\n", volume.Name, p.Name)
		}
		return nil
	}
	if !rest.IsNotFound(err) {
		return err
	}
	if volume.External {
		return fmt.Errorf("external volume %q not found", volume.Name)
	}
	labels := map[string]string{}
	maps.Copy(labels, volume.Labels)
	labels[labelProject], labels[labelVolume], labels[labelVersion] = p.Name, key, Version
	if labels[labelHash], err = volumeHash(volume); err != nil {
		return err
	}
	what := "Volume " + volume.Name
	p.progress.event(what, "Creating")
	request := volumetypes.CreateRequest{Name: volume.Name, Driver: volume.Driver, DriverOpts: volume.DriverOpts, Labels: labels}
	if err := p.engine.post("/volumes/create", nil, request, nil); err != nil {
		p.progress.event(what, "Error")
		return fmt.Errorf("create volume %s: %w", volume.Name, err)
	}
	p.progress.event(what, "Created")
	return nil
}

// VolumesOf lists the volumes that were made for the project; with services, those that their containers have.
func (p *Project) VolumesOf(services []string) ([]volumetypes.Volume, error) {
	var list volumetypes.ListResponse
	if err := p.engine.get("/volumes", labelFilter(labelProject+"="+p.Name), &list); err != nil {
		return nil, err
	}
	mounted := map[string]bool{}
	if len(services) > 0 {
		containers, err := p.engine.containers(selection{project: p.Name, services: services, stopped: true})
		if err != nil {
			return nil, err
		}
		for _, c := range containers {
			for _, mount := range c.Mounts {
				mounted[mount.Name] = true
			}
		}
	}
	volumes := []volumetypes.Volume{}
	for _, volume := range list.Volumes {
		if len(services) == 0 || mounted[volume.Name] {
			volumes = append(volumes, volume)
		}
	}
	slices.SortFunc(volumes, func(a, b volumetypes.Volume) int { return strings.Compare(a.Name, b.Name) })
	return volumes, nil
}

// removeVolumes removes the named volumes that were made for the project.
func (p *Project) removeVolumes() error {
	var list volumetypes.ListResponse
	if err := p.engine.get("/volumes", labelFilter(labelProject+"="+p.Name), &list); err != nil {
		return err
	}
	for _, volume := range list.Volumes {
		what := "Volume " + volume.Name
		p.progress.event(what, "Removing")
		err := p.engine.remove("/volumes/"+rest.Escape(volume.Name), nil)
		switch refused, _ := err.(*rest.Error); {
		case err == nil, rest.IsNotFound(err):
			p.progress.event(what, "Removed")
		case refused != nil && refused.Status == 409:
			p.progress.event(what, "Resource is still in use")
		default:
			p.progress.event(what, "Error")
			return fmt.Errorf("remove volume %s: %w", volume.Name, err)
		}
	}
	return nil
}
