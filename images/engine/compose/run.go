package compose

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"github.com/compose-spec/compose-go/v2/types"
	containertypes "github.com/moby/moby/api/types/container"
	"golang.org/x/sys/unix"

	"twinhull/engine/client/rest"
	"twinhull/engine/detach"
)

// RunOptions are the flags of `docker compose run`.
type RunOptions struct {
	Service string
	// Name is the container's; "" makes one up.
	Name string
	// Change alters the service for this container: its command, variables, volumes, ports.
	Change func(*types.ServiceConfig) error
	Images ImageOptions
	// Alone starts nothing that the service depends on.
	Alone, Detach, Remove, RemoveOrphans bool
	// Aliases lets other containers find this one under the service's name.
	Aliases bool
}

// Run runs a command in a new container of a service, which is not one of those that `up` counts, and returns its status.
func (p *Project) Run(ctx context.Context, options RunOptions, at *Terminal) (status int, err error) {
	service, err := p.GetService(options.Service)
	if err != nil {
		return 1, err
	}
	if err := p.dependencies(ctx, service, options); err != nil {
		return 1, err
	}
	image, err := p.ensureImage(service, ImageName(p.Project, service), options.Images)
	if err != nil {
		return 1, err
	}
	recipe, err := p.oneOff(service, image, options)
	if err != nil {
		return 1, err
	}
	recipe.service.Tty, recipe.service.StdinOpen = at.TTY, at.In != nil
	id, err := p.makeOneOff(recipe, options, at)
	if err != nil {
		return 1, err
	}
	path := "/containers/" + rest.Escape(id)
	if options.Detach {
		if err := p.engine.post(path+"/start", nil, nil, nil); err != nil {
			return 1, err
		}
		fmt.Fprintln(p.Out, recipe.name)
		return 0, nil
	}
	return p.startAttached(path, options.Remove, at)
}

// dependencies brings up what the service needs, and the project's networks and volumes.
func (p *Project) dependencies(ctx context.Context, service types.ServiceConfig, options RunOptions) error {
	if options.Alone || len(service.DependsOn) == 0 {
		if err := p.ensureNetworks(); err != nil {
			return err
		}
		return p.ensureVolumes()
	}
	others, err := p.WithSelectedServices(service.GetDependencies())
	if err != nil {
		return err
	}
	needed := *p
	needed.Project = others
	// Networks and volumes are those of the service itself as well.
	needed.Networks, needed.Volumes = p.Networks, p.Volumes
	if err := needed.Create(ctx, CreateOptions{Images: options.Images, RemoveOrphans: options.RemoveOrphans}); err != nil {
		return err
	}
	if err := needed.Start(ctx); err != nil {
		return err
	}
	return needed.awaitDependencies(ctx, service)
}

func (p *Project) oneOff(service types.ServiceConfig, image string, options RunOptions) (*recipe, error) {
	slug := make([]byte, 32)
	if _, err := rand.Read(slug); err != nil {
		return nil, fmt.Errorf("name a container of service %s: %w", service.Name, err)
	}
	service.ContainerName, service.Restart, service.Deploy = "", "", nil
	labels := maps.Clone(service.CustomLabels)
	labels[labelOneOff], labels[labelSlug] = isOneOff, hex.EncodeToString(slug)
	service.CustomLabels = labels
	if options.Change != nil {
		if err := options.Change(&service); err != nil {
			return nil, err
		}
	}
	hash, err := ServiceHash(service)
	if err != nil {
		return nil, err
	}
	recipe := p.recipe(service, 1, hash, image)
	recipe.name, recipe.aliases = options.Name, options.Aliases
	if recipe.name == "" {
		recipe.name = fmt.Sprintf("%s-%s-run-%s", p.Name, service.Name, labels[labelSlug][:12])
	}
	return recipe, nil
}

func (p *Project) makeOneOff(recipe *recipe, options RunOptions, at *Terminal) (string, error) {
	request, err := recipe.request()
	if err != nil {
		return "", err
	}
	request.AttachStdin, request.StdinOnce = at.In != nil, at.In != nil
	request.HostConfig.AutoRemove = options.Remove
	return p.send(recipe, request, recipe.name)
}

// startAttached starts a container and stays with it until it ends.
func (p *Project) startAttached(path string, removed bool, at *Terminal) (int, error) {
	condition := "next-exit"
	if removed {
		condition = "removed"
	}
	defer p.engine.forwardSignals(path)()
	return p.attach(path, condition, at, func() error { return p.engine.post(path+"/start", nil, nil, nil) })
}

// attach connects with a container and stays with it until the condition of its end holds. It returns how that was.
func (p *Project) attach(path, condition string, at *Terminal, started func() error) (int, error) {
	query := url.Values{"stream": {"1"}, "stdout": {"1"}, "stderr": {"1"}}
	if at.In != nil {
		query.Set("stdin", "1")
	}
	remote, err := p.engine.first.Another().Hijack(path+"/attach", query, nil)
	if err != nil {
		return 1, err
	}
	defer remote.Close()
	ended, err := p.engine.waitFor(path, condition)
	if err != nil {
		return 1, err
	}
	err = at.connect(remote, p.engine, path, started)
	if errors.Is(err, detach.Err) {
		return 0, nil
	}
	if err != nil {
		return 1, err
	}
	return ended()
}

// waitFor asks for a container's end. The engine has heard of it when this returns; ended waits, and returns the status.
func (e *Engine) waitFor(path, condition string) (ended func() (int, error), err error) {
	waiting, err := e.first.Another().Do(&rest.Request{Method: "POST", Path: path + "/wait", Query: url.Values{"condition": {condition}}})
	if err != nil {
		return nil, err
	}
	return func() (int, error) {
		defer waiting.Body.Close()
		var answer containertypes.WaitResponse
		if err := waiting.Decode(&answer); err != nil {
			return 1, err
		}
		if answer.Error != nil {
			return 1, errors.New(answer.Error.Message)
		}
		return int(answer.StatusCode), nil
	}, nil
}

// forwardSignals hands the signals that end programs to a container until stop is called.
func (e *Engine) forwardSignals(path string) (stop func()) {
	caught := make(chan os.Signal, 4)
	signal.Notify(caught, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	go func() {
		for caught := range caught {
			name := unix.SignalName(caught.(syscall.Signal))
			_ = e.post(path+"/kill", url.Values{"signal": {name}}, nil, nil)
		}
	}()
	return func() {
		signal.Stop(caught)
		close(caught)
	}
}
