package container

import (
	"context"
	"net"

	"twinhull/engine/fault"
	"twinhull/engine/runtime"
)

// Streams says which of a process's streams somebody wants.
type Streams struct{ Stdin, Stdout, Stderr bool }

// Attachment is a claim on a container's streams, made before or while it runs.
type Attachment struct {
	streams   Streams
	container *Container
	connected chan *net.UnixConn
}

// maxPending bounds how many clients may wait for one container to start.
const maxPending = 32

// Attach claims a container's streams. Of one that does not run yet, no byte is missed: Connection waits for the start.
func (m *Manager) Attach(c *Container, streams Streams) (*Attachment, error) {
	attachment := &Attachment{streams: streams, container: c, connected: make(chan *net.UnixConn, 1)}
	c.mutex.Lock()
	shim, status := c.shim, c.state.Status
	waits := shim == nil
	crowded := waits && len(c.pending) >= maxPending
	if waits && !crowded {
		c.pending = append(c.pending, attachment)
	}
	c.mutex.Unlock()
	if crowded {
		return nil, fault.New(fault.Conflict, "%d clients wait for container %s to start already", maxPending, c.ID)
	}
	if waits {
		m.Events.Publish("container", "attach", c.ID, c.attributes())
		return attachment, nil
	}
	if status == paused {
		return nil, fault.New(fault.Conflict, "container %s is paused, unpause the container before attach", c.ID)
	}
	connection, err := shim.Attach(streams.Stdin, streams.Stdout, streams.Stderr)
	if err != nil {
		return nil, err
	}
	m.Events.Publish("container", "attach", c.ID, c.attributes())
	attachment.connected <- connection
	return attachment, nil
}

// Connection returns the streams: raw with a terminal, in Docker's frames without one. nil if the container never
// started. The caller closes it.
func (a *Attachment) Connection(ctx context.Context) (*net.UnixConn, error) {
	select {
	case connection := <-a.connected:
		return connection, nil
	case <-ctx.Done():
		a.Cancel()
		return nil, ctx.Err()
	}
}

// Cancel gives up a claim that was not answered yet.
func (a *Attachment) Cancel() {
	c := a.container
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for i, pending := range c.pending {
		if pending == a {
			c.pending = append(c.pending[:i], c.pending[i+1:]...)
			return
		}
	}
	select {
	case connection := <-a.connected:
		if connection != nil {
			connection.Close()
		}
	default:
	}
}

// connectPending serves the claims on a container that is about to run.
func (c *Container) connectPending(shim *runtime.Shim) {
	for _, attachment := range c.takePending() {
		wanted := attachment.streams
		connection, err := shim.Attach(wanted.Stdin, wanted.Stdout, wanted.Stderr)
		if err != nil {
			connection = nil
		}
		attachment.connected <- connection
	}
}

func (c *Container) cancelPending() {
	for _, attachment := range c.takePending() {
		attachment.connected <- nil
	}
}

func (c *Container) takePending() []*Attachment {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	pending := c.pending
	c.pending = nil
	return pending
}

// Resize sets the size of a running container's terminal.
func (c *Container) Resize(rows, columns int) error {
	c.mutex.Lock()
	shim, runs := c.shim, c.state.Running()
	c.mutex.Unlock()
	if !runs || shim == nil {
		return fault.New(fault.Conflict, "container %s is not running", c.ID)
	}
	return shim.Resize(rows, columns)
}
