package compose

import (
	"context"
	"fmt"
	"net/url"

	"github.com/compose-spec/compose-go/v2/types"
	containertypes "github.com/moby/moby/api/types/container"
)

// CreateOptions are what `up` and `create` do about containers.
type CreateOptions struct {
	Images ImageOptions
	// Services are those that the user named; nil stands for all.
	Services []string
	// Recreation is for the services that the user named, Dependencies for those that these depend on.
	Recreation, Dependencies Recreation
	RemoveOrphans            bool
	// RenewVolumes gives new containers new volumes where these have no name.
	RenewVolumes bool
	// StopSeconds is how long containers have to end; nil leaves it to the engine.
	StopSeconds *int
}

// Create makes networks, volumes, images and containers as the file wants them, and starts nothing.
func (p *Project) Create(ctx context.Context, options CreateOptions) error {
	images, err := p.ensureImages(options.Images)
	if err != nil {
		return err
	}
	if err := p.ensureNetworks(); err != nil {
		return err
	}
	if err := p.ensureVolumes(); err != nil {
		return err
	}
	existing, err := p.engine.containers(selection{project: p.Name, stopped: true})
	if err != nil {
		return err
	}
	if err := p.orphans(existing, options.RemoveOrphans); err != nil {
		return err
	}
	return p.inOrder(ctx, func(_ context.Context, service types.ServiceConfig) error {
		var own []*Container
		for _, c := range existing {
			if c.Service() == service.Name {
				own = append(own, c)
			}
		}
		return p.converge(service, own, images[service.Name], options)
	})
}

// orphans finds containers of services that the file does not have any more.
func (p *Project) orphans(existing []*Container, remove bool) error {
	var names []string
	for _, c := range existing {
		if _, known := p.AllServices()[c.Service()]; known {
			continue
		}
		if remove {
			if err := p.discard(c, nil); err != nil {
				return err
			}
		}
		names = append(names, c.Name())
	}
	if len(names) > 0 && !remove {
		fmt.Fprintf(p.progress, "Found orphan containers (%v) for this project. If you removed or renamed this service in your compose file, "+
			"you can run this command with the --remove-orphans flag to clean it up.\n", names)
	}
	return nil
}

// converge makes the containers of one service what they should be.
func (p *Project) converge(service types.ServiceConfig, existing []*Container, image string, options CreateOptions) error {
	hash, err := ServiceHash(service)
	if err != nil {
		return err
	}
	recreation := options.Recreation
	if options.Services != nil && !contains(options.Services, service.Name) {
		recreation = options.Dependencies
	}
	planned := planFor(existing, wanted{number: service.GetScale(), hash: hash, image: image, recreation: recreation})
	if service.ContainerName != "" && service.GetScale() > 1 {
		return fmt.Errorf("service %q can't be scaled to %d: its container_name %q can only be used once",
			service.Name, service.GetScale(), service.ContainerName)
	}
	for _, c := range planned.remove {
		if err := p.discard(c, options.StopSeconds); err != nil {
			return err
		}
	}
	for _, c := range planned.keep {
		if c.Running() {
			p.progress.event(c.what(), "Running")
		}
	}
	for _, c := range planned.replace {
		if err := p.replace(p.recipe(service, c.Number(), hash, image), c, options); err != nil {
			return err
		}
	}
	for _, number := range planned.create {
		if err := p.create(p.recipe(service, number, hash, image)); err != nil {
			return err
		}
	}
	return nil
}

func (p *Project) recipe(service types.ServiceConfig, number int, hash, image string) *recipe {
	return &recipe{
		project: p.Project, service: service, number: number, name: containerName(p.Project, service, number),
		hash: hash, image: image, aliases: true, container: p.containerOf,
	}
}

// containerOf finds the first container of a service.
func (p *Project) containerOf(service string) (string, error) {
	list, err := p.engine.containers(selection{project: p.Name, services: []string{service}, stopped: true})
	if err != nil {
		return "", err
	}
	if len(list) == 0 {
		return "", fmt.Errorf("service %q has no container", service)
	}
	return list[0].ID, nil
}

// create makes a container of the recipe's name.
func (p *Project) create(recipe *recipe) error {
	what := "Container " + recipe.name
	p.progress.event(what, "Creating")
	if _, err := p.make(recipe, recipe.name); err != nil {
		p.progress.event(what, "Error")
		return err
	}
	p.progress.event(what, "Created")
	return nil
}

func (p *Project) make(recipe *recipe, name string) (string, error) {
	request, err := recipe.request()
	if err != nil {
		return "", err
	}
	return p.send(recipe, request, name)
}

// send makes a container of a request, with the configs and secrets that are no files of the machine.
func (p *Project) send(recipe *recipe, request *containertypes.CreateRequest, name string) (string, error) {
	var answer containertypes.CreateResponse
	query := url.Values{"name": {name}}
	if recipe.service.Platform != "" {
		query.Set("platform", recipe.service.Platform)
	}
	if err := p.engine.post("/containers/create", query, request, &answer); err != nil {
		return "", err
	}
	for _, warning := range answer.Warnings {
		fmt.Fprintf(p.progress, " %s: %s\n", recipe.service.Name, warning)
	}
	if err := recipe.putFiles(p.engine, answer.ID); err != nil {
		// Left behind, the container would pass for a whole one the next time.
		_ = p.engine.remove("/containers/"+answer.ID, url.Values{"force": {"1"}, "v": {"1"}})
		return "", err
	}
	return answer.ID, nil
}

// replace makes the new container under another name first, so that the old one is still there if that fails.
func (p *Project) replace(recipe *recipe, old *Container, options CreateOptions) error {
	p.progress.event(old.what(), "Recreate")
	err := p.exchange(recipe, old, options)
	if err != nil {
		p.progress.event(old.what(), "Error")
		return err
	}
	p.progress.event(old.what(), "Recreated")
	return nil
}

func (p *Project) exchange(recipe *recipe, old *Container, options CreateOptions) error {
	if !options.RenewVolumes {
		inspected, err := p.engine.inspect(old.ID)
		if err != nil {
			return err
		}
		recipe.inherited = anonymousVolumes(recipe.service, inspected.Mounts)
	}
	labels := map[string]string{labelReplace: old.Name()}
	for name, value := range recipe.service.CustomLabels {
		labels[name] = value
	}
	recipe.service.CustomLabels = labels
	id, err := p.make(recipe, old.ID[:12]+"_"+recipe.name)
	if err != nil {
		return err
	}
	if err := p.engine.post(old.path()+"/stop", stopQuery(options.StopSeconds), nil, nil); err != nil {
		return err
	}
	if err := p.engine.remove(old.path(), nil); err != nil {
		return err
	}
	return p.engine.post("/containers/"+id+"/rename", url.Values{"name": {recipe.name}}, nil, nil)
}
