package container

import (
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"twinhull/engine/events"
	"twinhull/engine/fault"
	"twinhull/engine/image"
	"twinhull/engine/network"
	"twinhull/engine/runtime"
	"twinhull/engine/volume"
	"twinhull/engine/xray"
)

// Parts are what containers are made of.
type Parts struct {
	Images   *image.Store
	Networks *network.Controller
	Volumes  *volume.Store
	Events   *events.Bus
	Runner   *runtime.Runner
	// Xray is told of the runtime's steps, if anybody watches.
	Xray *xray.Stream
	// Remap is the user namespace of containers that do not say otherwise, nil for the machine's own users.
	Remap *image.IDMap
	// Init is the program for --init.
	Init string
	// StateDir is /var/lib/docker/containers, RunDir /run/docker/containers.
	StateDir, RunDir string
}

// Manager has all containers.
type Manager struct {
	Parts
	mutex      sync.RWMutex
	containers map[string]*Container
	names      map[string]string
	execs      execList
	pruning    sync.Mutex
	// found are the containers of an earlier engine, the newest first.
	found []*Container
}

// Open finds the containers of an earlier engine. Those that run are taken over; the others wait for StartAll.
func Open(parts Parts) (*Manager, error) {
	manager := &Manager{Parts: parts, containers: map[string]*Container{}, names: map[string]string{}}
	for _, dir := range []string{parts.StateDir, parts.RunDir} {
		if err := os.MkdirAll(dir, 0o710); err != nil {
			return nil, err
		}
	}
	if err := prepareParent(""); err != nil {
		log.Printf("containers cannot be measured: %v", err)
	}
	return manager, manager.restore()
}

func (m *Manager) newContainer(id string) *Container {
	return &Container{
		ID: id, stateDir: filepath.Join(m.StateDir, id), runDir: filepath.Join(m.RunDir, id),
	}
}

func (c *Container) load() error {
	if err := readJSON(filepath.Join(c.stateDir, "container.json"), &c.record); err != nil {
		return err
	}
	if c.record.ID != c.ID {
		return fmt.Errorf("its record is of %s", c.record.ID)
	}
	err := readJSON(filepath.Join(c.stateDir, "state.json"), &c.state)
	if errors.Is(err, os.ErrNotExist) {
		c.state.Status = created // and nothing has happened since
		return nil
	}
	return err
}

// Get finds a container by ID, name or unambiguous beginning of its ID.
func (m *Manager) Get(nameOrID string) (*Container, error) {
	m.mutex.RLock()
	defer m.mutex.RUnlock()
	if found := m.containers[nameOrID]; found != nil {
		return found, nil
	}
	if id, found := m.names[strings.TrimPrefix(nameOrID, "/")]; found && m.containers[id] != nil {
		return m.containers[id], nil
	}
	var match *Container
	for id, container := range m.containers {
		if nameOrID == "" || !strings.HasPrefix(id, nameOrID) {
			continue
		}
		if match != nil {
			return nil, fault.New(fault.Invalid, "multiple IDs found with provided prefix: %s", nameOrID)
		}
		match = container
	}
	if match == nil {
		return nil, fault.New(fault.NotFound, "No such container: %s", nameOrID)
	}
	return match, nil
}

// All containers, newest first.
func (m *Manager) All() []*Container {
	m.mutex.RLock()
	defer m.mutex.RUnlock()
	list := make([]*Container, 0, len(m.containers))
	for _, container := range m.containers {
		list = append(list, container)
	}
	slices.SortFunc(list, func(a, b *Container) int {
		if order := b.record.Created.Compare(a.record.Created); order != 0 {
			return order
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list
}

// reserve takes a name for an ID, or says who has it.
func (m *Manager) reserve(name, id string) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if owner, taken := m.names[name]; taken && owner != id {
		return fault.New(fault.Conflict, "Conflict. The container name %q is already in use by container %q. "+
			"You have to remove (or rename) that container to be able to reuse that name.", "/"+name, owner)
	}
	m.names[name] = id
	return nil
}

func (m *Manager) release(name, id string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.names[name] == id {
		delete(m.names, name)
	}
}

func (m *Manager) add(container *Container) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.containers[container.ID] = container
}

func (m *Manager) forget(container *Container) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	delete(m.containers, container.ID)
}
