package network

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"twinhull/engine/fault"
	"twinhull/engine/network/firewall"
	"twinhull/engine/network/resolver"
	"twinhull/engine/network/rtnl"
)

// Sandbox is the network namespace of a container. What it consists of is guarded by its controller's lock.
type Sandbox struct {
	controller *Controller
	container  string
	// host says that it is not a namespace of its own but the machine's.
	host bool
	path string

	// namespace is a descriptor of it, and links speaks to its kernel part; open says whether they are.
	namespace int
	links     *rtnl.Conn

	endpoints []*Endpoint // in the order of connection
	published []PortBinding
	resolving ResolverOptions
	resolver  *resolver.Server
	view      view
	// balanced are the services that this sandbox reaches at virtual addresses.
	balanced  []firewall.Service
	balancing bool
}

// Path is the file to which the namespace is bound; "" is the machine's own.
func (s *Sandbox) Path() string { return s.path }

// Endpoints returns how the container is connected, in the order of connection.
func (s *Sandbox) Endpoints() []Endpoint {
	s.controller.mutex.Lock()
	defer s.controller.mutex.Unlock()
	var endpoints []Endpoint
	for _, endpoint := range s.endpoints {
		if !endpoint.Gate {
			endpoints = append(endpoints, *endpoint)
		}
	}
	return endpoints
}

// Published returns the container's published ports.
func (s *Sandbox) Published() []PortBinding {
	s.controller.mutex.Lock()
	defer s.controller.mutex.Unlock()
	return append([]PortBinding(nil), s.published...)
}

func (c *Controller) namespacePath(containerID string) string {
	return filepath.Join(c.namespaceDir, shortID(containerID))
}

// NewSandbox makes a network namespace for a container; only its loopback interface is in it.
func (c *Controller) NewSandbox(containerID string) (*Sandbox, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if _, ok := c.sandboxes[containerID]; ok {
		return nil, fault.New(fault.Conflict, "container %s has a network sandbox already", containerID)
	}
	s := &Sandbox{controller: c, container: containerID, path: c.namespacePath(containerID)}
	var err error
	if s.namespace, s.links, err = newNamespace(c.home, s.path); err != nil {
		return nil, fmt.Errorf("making the network sandbox of container %s: %w", containerID, err)
	}
	c.sandboxes[containerID] = s
	return s, nil
}

// HostSandbox makes the sandbox of a container that uses the machine's own network. It can be connected to the network
// host, and to no other.
func (c *Controller) HostSandbox(containerID string) (*Sandbox, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if _, ok := c.sandboxes[containerID]; ok {
		return nil, fault.New(fault.Conflict, "container %s has a network sandbox already", containerID)
	}
	s := &Sandbox{controller: c, container: containerID, host: true, namespace: -1}
	c.sandboxes[containerID] = s
	return s, nil
}

// OpenSandbox finds the sandbox of a container that went on running while the daemon did not.
func (c *Controller) OpenSandbox(containerID string) (*Sandbox, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if s, ok := c.sandboxes[containerID]; ok {
		return s, nil
	}
	path := c.namespacePath(containerID)
	if !isNamespace(path) {
		return nil, fault.New(fault.NotFound, "container %s has no network sandbox", containerID)
	}
	s := &Sandbox{controller: c, container: containerID, path: path, namespace: -1}
	c.sandboxes[containerID] = s
	return s, nil
}

// Sweep closes the sandboxes of containers that are no more. The daemon calls it once it knows its containers.
func (c *Controller) Sweep(alive func(containerID string) bool) error {
	c.mutex.Lock()
	var dead []*Sandbox
	places := map[string]bool{}
	for id, s := range c.sandboxes {
		if alive(id) {
			places[shortID(id)] = true
		} else {
			dead = append(dead, s)
		}
	}
	c.overlays.places(places)
	c.mutex.Unlock()
	var err error
	for _, s := range dead {
		err = errors.Join(err, c.CloseSandbox(s))
	}
	entries, failed := os.ReadDir(c.namespaceDir)
	err = errors.Join(err, failed)
	for _, entry := range entries {
		if !places[entry.Name()] {
			err = errors.Join(err, dropNamespace(filepath.Join(c.namespaceDir, entry.Name()), -1, nil))
		}
	}
	return err
}

// enter opens what is needed to change the namespace. A sandbox that was restored does not have it yet.
func (s *Sandbox) enter() error {
	if s.host || s.links != nil {
		return nil
	}
	namespace, err := openNamespace(s.path)
	if err != nil {
		return err
	}
	err = inside(s.controller.home, namespace, func() (err error) {
		s.links, err = rtnl.Dial()
		return err
	})
	if err != nil {
		unix.Close(namespace)
		return err
	}
	s.namespace = namespace
	return nil
}

// release closes what the daemon holds of a sandbox, and leaves the sandbox.
func (s *Sandbox) release() {
	s.resolver.Close()
	s.resolver = nil
	if s.links != nil {
		s.links.Close()
		unix.Close(s.namespace)
	}
	s.links, s.namespace = nil, -1
}

// CloseSandbox disconnects a container and removes its namespace. Nothing stays.
func (c *Controller) CloseSandbox(s *Sandbox) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.closeSandbox(s)
}

func (c *Controller) closeSandbox(s *Sandbox) error {
	if c.sandboxes[s.container] != s {
		return nil
	}
	delete(c.sandboxes, s.container)
	err := c.unpublish(s)
	for _, endpoint := range s.endpoints {
		err = errors.Join(err, c.unplug(endpoint))
		c.publishEndpoint("disconnect", endpoint)
	}
	s.endpoints = nil
	s.release()
	if !s.host {
		err = errors.Join(err, dropNamespace(s.path, -1, nil))
	}
	if err := errors.Join(err, ignoreMissing(os.Remove(c.sandboxPath(s.container)))); err != nil {
		return fmt.Errorf("closing the network sandbox of container %s: %w", s.container, err)
	}
	return nil
}
