package container

import (
	"context"
	"errors"
	"log"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/moby/moby/api/types/mount"

	"twinhull/engine/fault"
	"twinhull/engine/runtime"
)

// exitLost is told of a container that ended while nobody looked, as in Docker.
const exitLost = 255

// restore finds the containers of an earlier engine, takes over those that run, and removes what was half made or half
// removed when that engine was killed.
func (m *Manager) restore() error {
	entries, err := os.ReadDir(m.StateDir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		c := m.newContainer(entry.Name())
		err := c.load()
		if err == nil {
			_, err = m.Images.OpenRoot(c.ID)
		}
		if err != nil {
			log.Printf("container %s is incomplete and is removed: %v", entry.Name(), err)
			c.logFailure("remove it", m.discard(c))
			continue
		}
		m.containers[c.ID] = c
		m.names[c.record.Name] = c.ID
	}
	m.found = m.All()
	for _, c := range m.found {
		m.takeOver(c)
	}
	m.adoptExecs()
	return errors.Join(m.sweep(), m.Networks.Sweep(func(id string) bool {
		c, err := m.Get(id)
		return err == nil && c.isRunning()
	}))
}

// discard removes what there is of a container whose record cannot be used.
func (m *Manager) discard(c *Container) error {
	m.endRun(c)
	var problems []error
	if root, err := m.Images.OpenRoot(c.ID); err == nil {
		problems = append(problems, root.Remove())
	}
	for _, mounted := range c.record.Mounts {
		problems = append(problems, m.releaseVolume(context.Background(), mounted, c.ID, false))
	}
	return errors.Join(append(problems, os.RemoveAll(c.stateDir))...)
}

// endRun kills what the runtime may have of a container that nobody watches, and gives back what it took.
func (m *Manager) endRun(c *Container) {
	ctx, cancel := context.WithTimeout(context.Background(), cleanup)
	defer cancel()
	c.logFailure("end its processes", m.Runner.Delete(ctx, c.ID))
	m.tidy(ctx, c)
}

// takeOver connects to what an earlier engine left running, and tidies up after what has ended since.
func (m *Manager) takeOver(c *Container) {
	record, state := c.Record(), c.State()
	m.Images.Use(record.Image, c.ID)
	for _, mounted := range record.Mounts {
		switch {
		case mounted.Type != mount.TypeVolume:
		case state.Running():
			m.Volumes.Restore(mounted.Name, c.ID)
		default:
			m.Volumes.Use(mounted.Name, c.ID)
		}
	}
	if !state.Running() {
		if _, err := os.Stat(c.runDir); err == nil {
			m.endRun(c) // it was about to start
		}
		return
	}
	shim, err := runtime.Reconnect(c.runDir)
	if err != nil {
		// The machine was restarted, or the shim killed.
		m.endRun(c)
		c.logFailure("remember its end", c.setState(func(state *State) {
			state.Status, state.ExitCode, state.Pid, state.Error = exited, exitLost, 0, ""
			if state.FinishedAt.Before(state.StartedAt) {
				state.FinishedAt = time.Now().UTC()
			}
		}))
		return
	}
	c.mutex.Lock()
	c.shim = shim
	if sandbox, err := m.Networks.OpenSandbox(c.ID); err == nil {
		c.sandbox = sandbox
	}
	c.mutex.Unlock()
	m.resumeHealth(c)
	m.watch(c, shim)
}

// sweep removes file systems, cgroups and directories of containers that are no more.
func (m *Manager) sweep() error {
	var problems []error
	roots := filepath.Join(filepath.Dir(m.StateDir), "overlay2")
	for _, id := range m.strangers(roots) {
		if root, err := m.Images.OpenRoot(id); err == nil {
			problems = append(problems, root.Remove())
		}
	}
	for _, id := range m.strangers(m.RunDir) {
		m.endRun(m.newContainer(id))
	}
	for _, id := range m.strangers(filepath.Join(cgroupRoot, cgroupParent(""))) {
		m.endRun(m.newContainer(id))
	}
	return errors.Join(problems...)
}

// strangers are the folders in a directory which bear no container's ID.
func (m *Manager) strangers(directory string) []string {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return nil
	}
	var found []string
	for _, entry := range entries {
		if entry.IsDir() && m.containers[entry.Name()] == nil {
			found = append(found, entry.Name())
		}
	}
	return found
}

// StartAll starts what restart policies want running when the engine comes up, and removes what should not have outlived
// its end. Containers that clients have made since Open are not its business.
func (m *Manager) StartAll(ctx context.Context) {
	for _, c := range slices.Backward(m.found) {
		record, state := c.Record(), c.State()
		switch {
		case state.Running():
		case record.HostConfig.AutoRemove:
			err := m.Remove(ctx, c, RemoveOptions{Volumes: true, Force: true})
			if !fault.Is(err, fault.Conflict) {
				c.logFailure("remove it", err)
			}
		case wantsStart(&record, &state):
			if err := m.Start(ctx, c); err != nil && !fault.Is(err, fault.NotModified) {
				c.logFailure("start it with the machine", err)
			}
		case state.Status == restarting:
			c.logFailure("give its restart up", c.setState(func(state *State) { state.Status = exited }))
		}
	}
}

// wantsStart tells whether a restart policy wants a container to run that does not. Who has never been started by
// anybody is not started.
func wantsStart(record *Record, state *State) bool {
	policy := record.HostConfig.RestartPolicy
	switch {
	case state.StartedAt.IsZero():
		return false
	case policy.IsAlways():
		return true
	case state.ManuallyStopped:
		return false
	case policy.IsOnFailure():
		return state.ExitCode != 0 && (policy.MaximumRetryCount == 0 || state.RestartCount < policy.MaximumRetryCount)
	}
	return policy.IsUnlessStopped()
}
