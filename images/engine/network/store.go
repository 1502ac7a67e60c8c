package network

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"twinhull/engine/fault"
)

// writeState puts a value into a file, whole or not at all.
func writeState(path string, value any) error {
	bytes, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encoding %s: %w", path, err)
	}
	if err := os.WriteFile(path+".new", bytes, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// readStates reads every file of a directory that writeState wrote.
func readStates(directory string, each func(path string, bytes []byte) error) error {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(directory, entry.Name())
		if !strings.HasSuffix(path, ".json") {
			continue
		}
		bytes, err := os.ReadFile(path)
		if err == nil {
			err = each(path, bytes)
		}
		if err != nil {
			return fmt.Errorf("restoring %s: %w", path, err)
		}
	}
	return nil
}

func (c *Controller) networkPath(id string) string { return filepath.Join(c.networkDir, id+".json") }

func (c *Controller) restoreNetworks() error {
	err := readStates(c.networkDir, func(_ string, bytes []byte) error {
		n := &Network{}
		if err := json.Unmarshal(bytes, n); err != nil {
			return err
		}
		n.restored = true
		return c.setUp(n)
	})
	if err != nil {
		return err
	}
	for _, config := range predefined {
		_, err := c.get(config.Name)
		if fault.Is(err, fault.NotFound) {
			_, err = c.create(config)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// setUp makes what a network needs to work, and adds it to the controller's.
func (c *Controller) setUp(n *Network) error {
	driver, ok := c.drivers[n.Driver]
	if !ok {
		return fmt.Errorf("there is no network driver %q", n.Driver)
	}
	n.driver, n.endpoints, n.zone = driver, map[string]*Endpoint{}, newZone(n.Name)
	if err := n.fillPool(); err != nil {
		return err
	}
	if err := driver.Create(n); err != nil {
		return err
	}
	c.networks[n.ID] = n
	return nil
}

// sandboxState is what the daemon keeps of a sandbox for the next one.
type sandboxState struct {
	Container string
	Host      bool            `json:",omitempty"`
	Endpoints []*Endpoint     `json:",omitempty"`
	Published []PortBinding   `json:",omitempty"`
	Resolving ResolverOptions `json:",omitzero"`
}

func (c *Controller) sandboxPath(containerID string) string {
	return filepath.Join(c.sandboxDir, containerID+".json")
}

func (c *Controller) save(s *Sandbox) error {
	err := writeState(c.sandboxPath(s.container), sandboxState{s.container, s.host, s.endpoints, s.published, s.resolving})
	if err != nil {
		return fmt.Errorf("keeping the state of a network sandbox: %w", err)
	}
	return nil
}

// restoreSandboxes also tells whether there was any, be it of a container that is no more.
func (c *Controller) restoreSandboxes() (found bool, err error) {
	err = readStates(c.sandboxDir, func(path string, bytes []byte) error {
		found = true
		var state sandboxState
		if err := json.Unmarshal(bytes, &state); err != nil {
			return err
		}
		s := &Sandbox{
			controller: c, container: state.Container, host: state.Host, namespace: -1,
			endpoints: state.Endpoints, published: state.Published, resolving: state.Resolving,
		}
		if !s.host {
			s.path = c.namespacePath(state.Container)
			if !isNamespace(s.path) {
				// Of a machine that was turned off, or of a container whose end was not finished.
				return errors.Join(ignoreMissing(os.Remove(s.path)), os.Remove(path))
			}
		}
		return c.restore(s)
	})
	return found, err
}

// restore makes a sandbox's addresses and ports taken, and serves its names again.
func (c *Controller) restore(s *Sandbox) error {
	kept := s.endpoints[:0]
	for _, endpoint := range s.endpoints {
		n, ok := c.networks[endpoint.NetworkID]
		if !ok {
			continue
		}
		if n.pool != nil {
			if err := n.pool.Take(endpoint.Address.Addr()); err != nil {
				return fmt.Errorf("%s of container %s: %w", endpoint.Address, s.container, err)
			}
		}
		n.add(endpoint)
		kept = append(kept, endpoint)
	}
	s.endpoints = kept
	c.sandboxes[s.container] = s
	if err := c.ports.restore(s.published); err != nil {
		return err
	}
	return s.resolve()
}

// isNamespace tells whether a namespace is bound to a file.
func isNamespace(path string) bool {
	var stat unix.Statfs_t
	return unix.Statfs(path, &stat) == nil && stat.Type == unix.NSFS_MAGIC
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
