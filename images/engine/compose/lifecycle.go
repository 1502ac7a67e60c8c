package compose

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"twinhull/engine/client/rest"
)

func stopQuery(seconds *int) url.Values {
	if seconds == nil {
		return nil
	}
	return url.Values{"t": {strconv.Itoa(*seconds)}}
}

// eachStopping visits containers, those of a service before those of what it depends on.
func (p *Project) eachStopping(ctx context.Context, wanted selection, visit func(*Container) error) error {
	list, err := p.engine.containers(wanted)
	if err != nil {
		return err
	}
	return p.inReverse(ctx, func(_ context.Context, service types.ServiceConfig) error {
		for _, c := range list {
			if c.Service() != service.Name {
				continue
			}
			if err := visit(c); err != nil {
				return err
			}
		}
		return nil
	})
}

// act does something to a container that is a POST, and prints its beginning and end.
func (p *Project) act(c *Container, action string, query url.Values, begin, end string) error {
	p.progress.event(c.what(), begin)
	if err := p.engine.post(c.path()+"/"+action, query, nil, nil); err != nil {
		p.progress.event(c.what(), "Error")
		return err
	}
	p.progress.event(c.what(), end)
	return nil
}

// Stop stops the containers of services, nil for all.
func (p *Project) Stop(ctx context.Context, services []string, seconds *int) error {
	return p.eachStopping(ctx, selection{project: p.Name, services: services}, func(c *Container) error {
		return p.act(c, "stop", stopQuery(seconds), "Stopping", "Stopped")
	})
}

// Restart stops and starts the containers of services, nil for all.
func (p *Project) Restart(ctx context.Context, services []string, seconds *int) error {
	list, err := p.engine.containers(selection{project: p.Name, services: services, stopped: true})
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return fmt.Errorf("no containers to restart")
	}
	return p.inOrder(ctx, func(_ context.Context, service types.ServiceConfig) error {
		for _, c := range list {
			if c.Service() != service.Name {
				continue
			}
			if err := p.act(c, "restart", stopQuery(seconds), "Restarting", "Started"); err != nil {
				return err
			}
		}
		return nil
	})
}

// Kill sends a signal to the containers of services, nil for all.
func (p *Project) Kill(ctx context.Context, services []string, signal string) error {
	return p.eachStopping(ctx, selection{project: p.Name, services: services}, func(c *Container) error {
		return p.act(c, "kill", url.Values{"signal": {signal}}, "Killing", "Killed")
	})
}

// Stopped lists the names of containers that `rm` removes.
func (p *Project) Stopped(services []string) ([]*Container, error) {
	list, err := p.engine.containers(selection{project: p.Name, services: services, stopped: true, oneOff: true})
	if err != nil {
		return nil, err
	}
	var stopped []*Container
	for _, c := range list {
		if !c.Running() {
			stopped = append(stopped, c)
		}
	}
	return stopped, nil
}

// Remove removes containers, with their volumes that have no name if so wanted.
func (p *Project) Remove(list []*Container, volumes bool) error {
	for _, c := range list {
		if err := p.removeContainer(c, volumes); err != nil {
			return err
		}
	}
	return nil
}

func (p *Project) removeContainer(c *Container, volumes bool) error {
	p.progress.event(c.what(), "Removing")
	query := url.Values{"force": {"1"}}
	if volumes {
		query.Set("v", "1")
	}
	err := p.engine.remove(c.path(), query)
	// Another removal may have been faster, or be on its way.
	if err != nil && !rest.IsNotFound(err) && !strings.Contains(err.Error(), "is already in progress") {
		p.progress.event(c.what(), "Error")
		return err
	}
	p.progress.event(c.what(), "Removed")
	return nil
}

// discard stops and removes a container.
func (p *Project) discard(c *Container, seconds *int) error {
	if c.Running() {
		if err := p.act(c, "stop", stopQuery(seconds), "Stopping", "Stopped"); err != nil {
			return err
		}
	}
	return p.removeContainer(c, false)
}
