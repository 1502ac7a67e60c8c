package compose

import (
	"context"
	"fmt"

	"github.com/compose-spec/compose-go/v2/types"
)

// DownOptions are the flags of `docker compose down`.
type DownOptions struct {
	// Volumes removes volumes as well.
	Volumes bool
	// Images removes images as well: "all" or "local"; "" keeps them.
	Images        string
	RemoveOrphans bool
	StopSeconds   *int
	// Services limits it to some; networks and volumes then stay.
	Services []string
}

// Down stops and removes containers, then networks and whatever else the options name.
func (p *Project) Down(ctx context.Context, options DownOptions) error {
	all, err := p.engine.containers(selection{project: p.Name, stopped: true, oneOff: true})
	if err != nil {
		return err
	}
	own := map[string][]*Container{}
	var orphans []*Container
	for _, c := range all {
		if _, known := p.AllServices()[c.Service()]; known {
			own[c.Service()] = append(own[c.Service()], c)
		} else {
			orphans = append(orphans, c)
		}
	}
	if options.RemoveOrphans {
		if err := p.takeDown(orphans, options); err != nil {
			return err
		}
	}
	err = p.inReverse(ctx, func(_ context.Context, service types.ServiceConfig) error {
		if options.Services != nil && !contains(options.Services, service.Name) {
			return nil
		}
		return p.takeDown(own[service.Name], options)
	})
	if err != nil || options.Services != nil {
		return err
	}
	if err := p.removeNetworks(); err != nil {
		return err
	}
	if options.Volumes {
		if err := p.removeVolumes(); err != nil {
			return err
		}
	}
	switch options.Images {
	case "":
		return nil
	case "all", "local":
		return p.removeImages(options.Images)
	}
	return fmt.Errorf("invalid value for --rmi: %q", options.Images)
}

func (p *Project) takeDown(list []*Container, options DownOptions) error {
	for _, c := range list {
		if c.Running() {
			if err := p.act(c, "stop", stopQuery(options.StopSeconds), "Stopping", "Stopped"); err != nil {
				return err
			}
		}
		if err := p.removeContainer(c, options.Volumes); err != nil {
			return err
		}
	}
	return nil
}

// FromEngine makes a project of what the labels of its containers say, for commands that need no file.
func FromEngine(engine *Engine, name string) (*types.Project, error) {
	list, err := engine.containers(selection{project: name, stopped: true})
	if err != nil {
		return nil, err
	}
	project := &types.Project{Name: name, Services: types.Services{}}
	for _, c := range list {
		if _, known := project.Services[c.Service()]; known {
			continue
		}
		service := types.ServiceConfig{Name: c.Service()}
		service.Image = c.Image
		service.DependsOn = parseDependsOn(c.Labels[labelDependsOn])
		project.Services[service.Name] = service
	}
	// A service whose containers are gone is nothing to wait for.
	for _, service := range project.Services {
		for dependency := range service.DependsOn {
			if _, known := project.Services[dependency]; !known {
				delete(service.DependsOn, dependency)
			}
		}
	}
	return project, nil
}
