package compose

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	containertypes "github.com/moby/moby/api/types/container"
)

// pause is how long passes between two looks at a container that is waited for.
const pause = 200 * time.Millisecond

// Start starts the containers that there are, each service when what it depends on is as far as it wants it.
func (p *Project) Start(ctx context.Context) error {
	return p.inOrder(ctx, func(ctx context.Context, service types.ServiceConfig) error {
		if err := p.awaitDependencies(ctx, service); err != nil {
			return err
		}
		list, err := p.engine.containers(selection{project: p.Name, services: []string{service.Name}, stopped: true})
		if err != nil {
			return err
		}
		if len(list) == 0 && service.GetScale() > 0 {
			return fmt.Errorf("service %q has no container to start", service.Name)
		}
		for _, c := range list {
			if c.Running() {
				continue
			}
			if err := p.start(c); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *Project) start(c *Container) error {
	p.progress.event(c.what(), "Starting")
	if err := p.engine.post(c.path()+"/start", nil, nil, nil); err != nil {
		p.progress.event(c.what(), "Error")
		return err
	}
	p.progress.event(c.what(), "Started")
	return nil
}

// awaitDependencies waits until what a service depends on is as far as it wants it.
func (p *Project) awaitDependencies(ctx context.Context, service types.ServiceConfig) error {
	for _, name := range slices.Sorted(maps.Keys(service.DependsOn)) {
		dependency := service.DependsOn[name]
		if _, here := p.Services[name]; !here || dependency.Condition == types.ServiceConditionStarted || dependency.Condition == "" {
			continue
		}
		err := p.await(ctx, name, dependency.Condition)
		if err != nil && dependency.Required {
			return fmt.Errorf("dependency failed to start: %w", err)
		}
		if err != nil {
			fmt.Fprintf(p.progress, "optional dependency %q failed: %v\n", name, err)
		}
	}
	return nil
}

// runningOrHealthy is the condition of `up --wait`: healthy if there is a health check, else started.
const runningOrHealthy = "running_or_healthy"

// await waits for all containers of a service.
func (p *Project) await(ctx context.Context, service, condition string) error {
	list, err := p.engine.containers(selection{project: p.Name, services: []string{service}, stopped: true})
	if err != nil {
		return err
	}
	for _, c := range list {
		p.progress.event(c.what(), "Waiting")
		status, err := p.awaitContainer(ctx, c, condition)
		if err != nil {
			p.progress.event(c.what(), "Error")
			return err
		}
		p.progress.event(c.what(), status)
	}
	return nil
}

func (p *Project) awaitContainer(ctx context.Context, c *Container, condition string) (string, error) {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		inspected, err := p.engine.inspect(c.ID)
		if err != nil {
			return "", err
		}
		status, err := reached(inspected, c.Name(), condition)
		if status != "" || err != nil {
			return status, err
		}
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-ticker.C:
		}
	}
}

// reached tells how a container meets a condition; "" while it may still come to meet it.
func reached(c *containertypes.InspectResponse, name, condition string) (string, error) {
	ended := c.State.Status == containertypes.StateExited || c.State.Status == containertypes.StateDead
	checked := c.State.Health != nil && c.State.Health.Status != containertypes.NoHealthcheck && c.State.Health.Status != ""
	switch condition {
	case types.ServiceConditionCompletedSuccessfully:
		switch {
		case !ended:
			return "", nil
		case c.State.ExitCode != 0:
			return "", fmt.Errorf("service %q didn't complete successfully: exit %d", c.Config.Labels[labelService], c.State.ExitCode)
		}
		return "Exited", nil
	case types.ServiceConditionHealthy:
		if !checked {
			return "", fmt.Errorf("container %s has no healthcheck configured", name)
		}
	case runningOrHealthy:
		if !checked && c.State.Running {
			return "Healthy", nil
		}
	default:
		return "", fmt.Errorf("unsupported depends_on condition: %s", condition)
	}
	switch {
	case ended:
		return "", fmt.Errorf("container %s exited (%d)", name, c.State.ExitCode)
	case checked && c.State.Health.Status == containertypes.Healthy:
		return "Healthy", nil
	case checked && c.State.Health.Status == containertypes.Unhealthy:
		return "", fmt.Errorf("container %s is unhealthy", name)
	}
	return "", nil
}

// Wait waits until every service runs, and is healthy if it has a health check.
func (p *Project) Wait(ctx context.Context) error {
	for _, name := range p.ServiceNames() {
		if err := p.await(ctx, name, runningOrHealthy); err != nil {
			return err
		}
	}
	return nil
}
