package compose

import (
	"errors"
	"fmt"

	"github.com/moby/moby/api/types/container"
)

// AttachOptions are what `docker compose attach` is told.
type AttachOptions struct {
	Service string
	// Number of the container; 0 is the first.
	Number int
	// NoStdin keeps the container's input from us.
	NoStdin bool
	// Signals that end programs are handed to the container.
	Signals bool
}

// Attach connects with what runs in a service's container until it ends. It returns its status, 0 when the user has left it.
func (p *Project) Attach(options AttachOptions, at *Terminal) (int, error) {
	c, err := p.one(options.Service, options.Number, false)
	if err != nil {
		return 1, err
	}
	inspected, err := p.engine.inspect(c.ID)
	if err != nil {
		return 1, err
	}
	if inspected.State.Status != container.StateRunning {
		return 1, fmt.Errorf("cannot attach to %s: it is %s", c.Name(), inspected.State.Status)
	}
	at.TTY = inspected.Config.Tty
	if options.NoStdin || !inspected.Config.OpenStdin {
		at.In = nil
	}
	if options.Signals && !at.TTY {
		defer p.engine.forwardSignals(c.path())()
	}
	return p.attach(c.path(), "", at, func() error { return nil })
}

// WaitFor waits until the containers of services have ended, and prints how each did. With first, the first one counts. The status is
// that of the last one that ended.
func (p *Project) WaitFor(services []string, first bool) (status int, err error) {
	list, err := p.engine.containers(selection{project: p.Name, services: services})
	if err != nil {
		return 1, err
	}
	if len(list) == 0 {
		return 1, fmt.Errorf("no containers for project %q", p.Name)
	}
	type end struct {
		of     *Container
		status int
		err    error
	}
	ends := make(chan end, len(list))
	for _, c := range list {
		ended, err := p.engine.waitFor(c.path(), "not-running")
		if err != nil {
			return 1, err
		}
		go func() {
			status, err := ended()
			ends <- end{c, status, err}
		}()
	}
	var failed []error
	for range list {
		end := <-ends
		if end.err != nil {
			failed = append(failed, fmt.Errorf("wait for %s: %w", end.of.Name(), end.err))
			continue
		}
		fmt.Fprintf(p.Out, "container %q exited with status code %d\n", end.of.ID, end.status)
		if status = end.status; first {
			break
		}
	}
	return status, errors.Join(failed...)
}
