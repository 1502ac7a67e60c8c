// Package container holds containers and their lives: from create over start, exec and restarts to removal.
package container

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/moby/moby/api/types/container"
	apinetwork "github.com/moby/moby/api/types/network"
	"github.com/opencontainers/go-digest"

	"twinhull/engine/network"
	"twinhull/engine/runtime"
)

// Container is one container. Its exported methods may be called from any goroutine.
type Container struct {
	ID string

	// stateDir survives the machine, runDir does not.
	stateDir, runDir string

	// life is held while the container is started, stopped, renamed or removed: one change at a time.
	life sync.Mutex

	// saving is held while state or record change and are written, so that what is written last is the last change.
	saving sync.Mutex

	// mutex guards everything below, and is never held while something is waited for.
	mutex    sync.Mutex
	record   Record
	state    State
	removing bool
	// again says that somebody restarts it, so that its end does not remove it.
	again bool
	shim  *runtime.Shim
	// over is closed when the last process has ended and been tidied up after.
	over    chan struct{}
	sandbox *network.Sandbox
	waiters []waiter
	pending []*Attachment
	health  *healthMonitor
	restart restarts
}

// Record is what create decided. It is written once, and again by rename, update and network connect.
type Record struct {
	ID         string
	Name       string
	Created    time.Time
	Image      digest.Digest
	Path       string
	Args       []string
	Config     *container.Config
	HostConfig *container.HostConfig
	// Networks are the endpoints asked for, by the network's name as it was given.
	Networks map[string]*apinetwork.EndpointSettings
	Mounts   []Mount
}

// State is what changes while a container lives.
type State struct {
	Status       container.ContainerState
	Pid          int
	ExitCode     int
	Error        string
	OOMKilled    bool
	StartedAt    time.Time
	FinishedAt   time.Time
	RestartCount int
	// ManuallyStopped keeps `unless-stopped` from starting it with the machine, and ends every restart policy.
	ManuallyStopped bool
	Health          *container.Health `json:",omitempty"`
}

// Running tells whether there is a process; a paused container has one.
func (s *State) Running() bool {
	return s.Status == container.StateRunning || s.Status == container.StatePaused
}

// Name without the slash that the API puts before it.
func (c *Container) Name() string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.record.Name
}

func (c *Container) isRunning() bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.state.Running()
}

// State returns a copy.
func (c *Container) State() State {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.state
}

// Record returns a copy, whose maps and slices must not be changed.
func (c *Container) Record() Record {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.record
}

func (c *Container) setState(change func(*State)) error {
	c.saving.Lock()
	defer c.saving.Unlock()
	c.mutex.Lock()
	change(&c.state)
	state := c.state
	c.mutex.Unlock()
	return writeJSON(filepath.Join(c.stateDir, "state.json"), state)
}

// changeState is for what need not survive the engine.
func (c *Container) changeState(change func(*State)) State {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	change(&c.state)
	return c.state
}

func (c *Container) setRecord(change func(*Record)) error {
	c.saving.Lock()
	defer c.saving.Unlock()
	c.mutex.Lock()
	change(&c.record)
	record := c.record
	c.mutex.Unlock()
	return writeJSON(filepath.Join(c.stateDir, "container.json"), record)
}

// writeJSON replaces a file whole: a reader finds what was there before or what is there now.
func writeJSON(path string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	beside := path + ".new"
	if err := os.WriteFile(beside, text, 0o600); err != nil {
		return err
	}
	return os.Rename(beside, path)
}

func readJSON(path string, value any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, value); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

// attributes are what events tell of a container: labels, name, image.
func (c *Container) attributes(more ...string) map[string]string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	attributes := map[string]string{}
	for key, value := range c.record.Config.Labels {
		attributes[key] = value
	}
	attributes["name"], attributes["image"] = c.record.Name, c.record.Config.Image
	for i := 0; i+1 < len(more); i += 2 {
		attributes[more[i]] = more[i+1]
	}
	return attributes
}
