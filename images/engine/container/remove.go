package container

import (
	"context"
	"errors"
	"os"

	"github.com/moby/moby/api/types/container"

	"twinhull/engine/fault"
)

// RemoveOptions of DELETE /containers/{id}.
type RemoveOptions struct {
	// Volumes are the anonymous ones.
	Volumes bool
	// Force kills first.
	Force bool
}

// Remove deletes a container and everything that is its own.
func (m *Manager) Remove(ctx context.Context, c *Container, options RemoveOptions) error {
	if state := c.State(); state.Running() || state.Status == restarting {
		if !options.Force {
			return fault.New(fault.Conflict, "cannot remove container %q: container is %s: "+
				"stop the container before removing or force remove", "/"+c.Name(), state.Status)
		}
		if err := m.Kill(ctx, c, "KILL"); err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	if !c.markRemoving() {
		return fault.New(fault.Conflict, "removal of container %s is already in progress", c.Name())
	}
	c.life.Lock()
	defer c.life.Unlock()
	c.restart.cancel()
	c.cancelPending()
	record := c.Record()
	var problems []error
	for _, mounted := range record.Mounts {
		problems = append(problems, m.releaseVolume(ctx, mounted, c.ID, options.Volumes))
	}
	if root, err := m.Images.OpenRoot(c.ID); err == nil {
		problems = append(problems, root.Remove())
	}
	m.Images.Release(c.ID)
	problems = append(problems, os.RemoveAll(c.runDir), os.RemoveAll(c.stateDir))
	m.forget(c)
	m.execs.forget(c)
	m.release(record.Name, c.ID)
	m.Events.Publish("container", "destroy", c.ID, c.attributes())
	code := c.State().ExitCode
	c.tell(code, func(container.WaitCondition) bool { return true })
	return errors.Join(problems...)
}

func (c *Container) markRemoving() bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.removing {
		return false
	}
	c.removing = true
	return true
}
