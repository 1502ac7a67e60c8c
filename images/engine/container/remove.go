package container

import (
	"context"
	"errors"
	"fmt"
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
	if err := m.claimRemoval(ctx, c, options.Force); err != nil {
		return err
	}
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

// claimRemoval makes sure that a container neither runs nor will, and returns with its life held.
func (m *Manager) claimRemoval(ctx context.Context, c *Container, force bool) error {
	if err := c.removable(force); err != nil {
		return err
	}
	if !c.markRemoving() {
		return fault.New(fault.Conflict, "removal of container %s is already in progress", c.Name())
	}
	for {
		c.life.Lock()
		if !c.isRunning() {
			return nil
		}
		// Nobody can start it from now on, but somebody may have done so a moment ago.
		c.life.Unlock()
		err := c.removable(force)
		if err == nil {
			if err = m.Kill(ctx, c, "KILL"); fault.Is(err, fault.Conflict) && !c.isRunning() {
				err = nil
			}
		}
		if err != nil {
			c.unmarkRemoving()
			return fmt.Errorf("could not kill container: %w", err)
		}
	}
}

// removable tells why a container cannot be removed as it is.
func (c *Container) removable(force bool) error {
	if state := c.State(); !force && (state.Running() || state.Status == restarting) {
		return fault.New(fault.Conflict, "cannot remove container %q: container is %s: "+
			"stop the container before removing or force remove", "/"+c.Name(), state.Status)
	}
	return nil
}

func (c *Container) unmarkRemoving() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.removing = false
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
