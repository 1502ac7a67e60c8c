package container

import (
	"slices"
	"sync"
	"time"

	"twinhull/engine/fault"
)

const (
	// maxExecs bounds how many execs are remembered: those that run, those not started yet, and those that have ended.
	maxExecs = 512
	// rememberExec is how long an exec can be asked for its exit code after its end, as in Docker.
	rememberExec = 5 * time.Minute
)

// execList has all execs, the oldest first. Its zero value is ready for use.
type execList struct {
	mutex sync.Mutex
	list  []*Exec
}

// add makes room by forgetting what has ended long ago and then, if need be, the oldest that does not run.
func (l *execList) add(exec *Exec) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	now := time.Now()
	l.list = slices.DeleteFunc(l.list, func(known *Exec) bool {
		known.mutex.Lock()
		defer known.mutex.Unlock()
		return known.phase == execEnded && now.Sub(known.endedAt) > rememberExec
	})
	if len(l.list) >= maxExecs {
		oldest := slices.IndexFunc(l.list, func(known *Exec) bool { return !known.isActive() })
		if oldest < 0 {
			return fault.New(fault.Unavailable, "%d execs run already: wait until one has ended", maxExecs)
		}
		l.list = slices.Delete(l.list, oldest, oldest+1)
	}
	l.list = append(l.list, exec)
	return nil
}

func (l *execList) get(id string) *Exec {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for _, exec := range l.list {
		if exec.ID == id {
			return exec
		}
	}
	return nil
}

// of lists a container's execs that have not ended.
func (l *execList) of(c *Container) []*Exec {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	var found []*Exec
	for _, exec := range l.list {
		if exec.container == c && !exec.hasEnded() {
			found = append(found, exec)
		}
	}
	return found
}

// forgetCreated drops what a container that has ended will not start any more.
func (l *execList) forgetCreated(c *Container) {
	l.forgetIf(c, func(exec *Exec) bool { return !exec.isActive() && !exec.hasEnded() })
}

// forget drops everything of a container that is removed.
func (l *execList) forget(c *Container) { l.forgetIf(c, func(*Exec) bool { return true }) }

func (l *execList) forgetIf(c *Container, unwanted func(*Exec) bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.list = slices.DeleteFunc(l.list, func(exec *Exec) bool { return exec.container == c && unwanted(exec) })
}

func (e *Exec) isActive() bool {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return e.phase == execStarting || e.phase == execRunning
}

func (e *Exec) hasEnded() bool {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return e.phase == execEnded
}

// execIDs are those of execs that have not ended, nil if there is none.
func (m *Manager) execIDs(c *Container) []string {
	var ids []string
	for _, exec := range m.execs.of(c) {
		ids = append(ids, exec.ID)
	}
	return ids
}
