package container

import (
	"context"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/moby/moby/api/types/container"

	"twinhull/engine/runtime"
)

// cleanup bounds what is waited for when a container has ended.
const cleanup = 30 * time.Second

// watch waits, in a goroutine that ends with the process, until the container's process is gone, and does what follows.
func (m *Manager) watch(c *Container, shim *runtime.Shim) {
	over := make(chan struct{})
	c.mutex.Lock()
	c.over = over
	c.mutex.Unlock()
	go func() {
		defer close(over)
		exit, err := shim.Exit()
		if err != nil {
			log.Printf("container %s: %v", c.ID, err)
		}
		c.life.Lock()
		defer c.life.Unlock()
		m.ended(c, shim, exit)
	}()
}

// ended expects life to be held.
func (m *Manager) ended(c *Container, shim *runtime.Shim, exit runtime.Exit) {
	ctx, cancel := context.WithTimeout(context.Background(), cleanup)
	defer cancel()
	shim.Close()
	m.stopHealth(c)
	record, before := c.Record(), c.State()
	killedForMemory := cgroupOf(record.HostConfig.CgroupParent, c.ID).ranOutOfMemory()
	m.tidy(ctx, c)

	again, delay := c.restart.after(&record.HostConfig.RestartPolicy, before, exit)
	end := func(state *State) {
		state.Pid, state.ExitCode, state.OOMKilled, state.FinishedAt = 0, exit.Status, killedForMemory, exit.At.UTC()
		state.Status = exited
		if again {
			state.Status = restarting
			state.RestartCount++
		}
	}
	if c.goesWhenEnded() && !again {
		c.changeState(end)
	} else if err := c.setState(end); err != nil {
		log.Printf("container %s: remember its exit: %v", c.ID, err)
	}
	if killedForMemory {
		m.Events.Publish("container", "oom", c.ID, c.attributes())
	}
	lived := strconv.Itoa(int(exit.At.Sub(before.StartedAt).Seconds()))
	m.Events.Publish("container", "die", c.ID,
		c.attributes("exitCode", strconv.Itoa(exit.Status), "execDuration", lived))
	m.notify(c, exit.Status)
	switch {
	case again:
		c.restart.schedule(delay, func() { m.startAgain(c) })
	case c.goesWhenEnded():
		go m.Remove(context.Background(), c, RemoveOptions{Volumes: true, Force: true})
	}
}

func (m *Manager) startAgain(c *Container) {
	c.life.Lock()
	defer c.life.Unlock()
	if c.State().Status != restarting {
		return
	}
	if err := m.start(context.Background(), c, true); err != nil {
		log.Printf("restart container %s: %v", c.ID, err)
	}
}

// tidy gives back what launch took. Everything in it may be there or not.
func (m *Manager) tidy(ctx context.Context, c *Container) {
	complain := func(what string, err error) {
		if err != nil {
			log.Printf("container %s: %s: %v", c.ID, what, err)
		}
	}
	c.mutex.Lock()
	shim, sandbox := c.shim, c.sandbox
	c.shim, c.sandbox = nil, nil
	c.mutex.Unlock()
	if shim != nil {
		complain("forget it in the runtime", m.Runner.Delete(ctx, c.ID))
		shim.Close()
	}
	m.endExecs(ctx, c)
	if sandbox == nil {
		sandbox, _ = m.Networks.OpenSandbox(c.ID)
	}
	if sandbox != nil {
		complain("close its network", m.Networks.CloseSandbox(sandbox))
	}
	if root, err := m.Images.OpenRoot(c.ID); err == nil {
		complain("unmount its file system", root.Unmount())
	}
	m.unmountVolumes(ctx, c)
	complain("remove its bundle", os.RemoveAll(c.runDir))
}

// restarts is Docker's back-off. It is guarded by the container's life.
type restarts struct {
	delay time.Duration
	timer *time.Timer
}

const (
	firstDelay = 100 * time.Millisecond
	maxDelay   = time.Minute
	// settled is how long a container must have run for the back-off to begin anew.
	settled = 10 * time.Second
)

// after decides whether a container whose process ended is started again, and how long to wait before.
func (r *restarts) after(policy *container.RestartPolicy, state State, exit runtime.Exit) (bool, time.Duration) {
	wanted := policy.IsAlways() || policy.IsUnlessStopped() ||
		policy.IsOnFailure() && exit.Status != 0 &&
			(policy.MaximumRetryCount == 0 || state.RestartCount < policy.MaximumRetryCount)
	if state.ManuallyStopped || !wanted {
		r.delay = 0
		return false, 0
	}
	if exit.At.Sub(state.StartedAt) >= settled {
		r.delay = 0
	}
	r.delay = min(max(2*r.delay, firstDelay), maxDelay)
	return true, r.delay
}

func (r *restarts) schedule(delay time.Duration, start func()) {
	r.timer = time.AfterFunc(delay, start)
}

func (r *restarts) cancel() {
	if r.timer != nil {
		r.timer.Stop()
		r.timer = nil
	}
}
