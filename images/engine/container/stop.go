package container

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/moby/moby/api/types/container"
	"golang.org/x/sys/unix"

	"twinhull/engine/fault"
	"twinhull/engine/runtime"
)

const (
	// defaultStop is how long a process has to end before it is killed.
	defaultStop = 10 * time.Second
	// afterKill is how long the kernel may take to end a killed process; longer means that something holds it.
	afterKill = 10 * time.Second
)

// ParseSignal reads a signal's name, with or without SIG, or its number.
func ParseSignal(text string) (syscall.Signal, error) {
	if number, err := strconv.Atoi(text); err == nil {
		if number > 0 && number <= 64 {
			return syscall.Signal(number), nil
		}
		return 0, fault.New(fault.Invalid, "invalid signal: %s", text)
	}
	name := strings.ToUpper(text)
	if !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	if signal := unix.SignalNum(name); signal != 0 {
		return signal, nil
	}
	// Real-time signals have no names in the kernel's headers: the C library's RTMIN is 34.
	if offset, found := strings.CutPrefix(name, "SIGRTMIN"); found {
		if number, err := strconv.Atoi("0" + strings.TrimPrefix(offset, "+")); err == nil && number <= 30 {
			return syscall.Signal(34 + number), nil
		}
	}
	return 0, fault.New(fault.Invalid, "invalid signal: %s", text)
}

func (c *Container) runningShim() (*runtime.Shim, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if !c.state.Running() || c.shim == nil {
		return nil, fault.New(fault.Conflict, "container %s is not running", c.ID)
	}
	return c.shim, nil
}

// Kill sends a signal. The default is KILL.
func (m *Manager) Kill(ctx context.Context, c *Container, text string) error {
	signal := syscall.SIGKILL
	if text != "" && text != "0" {
		var err error
		if signal, err = ParseSignal(text); err != nil {
			return err
		}
	}
	shim, err := c.runningShim()
	if err != nil {
		return fault.New(fault.Conflict, "cannot kill container: %s: %w", c.ID, err)
	}
	if err := m.signal(ctx, c, shim, signal); err != nil {
		return err
	}
	m.Events.Publish("container", "kill", c.ID, c.attributes("signal", strconv.Itoa(int(signal))))
	if signal == syscall.SIGKILL {
		select {
		case <-shim.Exited():
			c.settle()
		case <-ctx.Done():
		case <-time.After(afterKill):
			return fault.New(fault.Internal, "container %s was killed and does not end", c.ID)
		}
	}
	return nil
}

// signal reaches a paused container too: of all signals only KILL ends a frozen process, cgroup-v2.rst.
func (m *Manager) signal(ctx context.Context, c *Container, shim *runtime.Shim, signal syscall.Signal) error {
	stop := signal == syscall.SIGKILL || signal == c.stopSignal()
	if stop {
		c.setState(func(state *State) { state.ManuallyStopped = true })
	}
	err := shim.Signal(signal)
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	if err == nil && stop && signal != syscall.SIGKILL && c.State().Status == paused {
		if err = m.Runner.Resume(ctx, c.ID); err == nil {
			err = m.resumed(c)
		}
	}
	return err
}

func (c *Container) stopSignal() syscall.Signal {
	if text := c.Record().Config.StopSignal; text != "" {
		if signal, err := ParseSignal(text); err == nil {
			return signal
		}
	}
	return syscall.SIGTERM
}

// settle waits until what follows the end of a container's process is done.
func (c *Container) settle() {
	c.mutex.Lock()
	over := c.over
	c.mutex.Unlock()
	if over != nil {
		<-over
	}
}

// StopOptions of a stop or restart. Seconds: nil for the container's own, -1 for no end.
type StopOptions struct {
	Signal  string
	Seconds *int
}

// Stop asks a container's process to end, and kills it when it does not.
func (m *Manager) Stop(ctx context.Context, c *Container, options StopOptions) error {
	c.life.Lock()
	if c.State().Status == restarting {
		c.restart.cancel()
		c.setState(func(state *State) { state.Status, state.ManuallyStopped = exited, true })
		c.life.Unlock()
		return nil
	}
	c.life.Unlock()
	shim, err := c.runningShim()
	if err != nil {
		return fault.New(fault.NotModified, "container is already stopped")
	}
	signal := c.stopSignal()
	if options.Signal != "" {
		if signal, err = ParseSignal(options.Signal); err != nil {
			return err
		}
	}
	c.setState(func(state *State) { state.ManuallyStopped = true })
	if err := m.signal(ctx, c, shim, signal); err != nil {
		return err
	}
	m.Events.Publish("container", "kill", c.ID, c.attributes("signal", strconv.Itoa(int(signal))))
	if !waitExit(ctx, shim, c.patience(options)) {
		if err := shim.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return err
		}
		m.Events.Publish("container", "kill", c.ID, c.attributes("signal", "9"))
		if !waitExit(context.WithoutCancel(ctx), shim, afterKill) {
			return fault.New(fault.Internal, "container %s was killed and does not end", c.ID)
		}
	}
	c.settle()
	m.Events.Publish("container", "stop", c.ID, c.attributes())
	return nil
}

// patience is how long to wait before killing; negative is for ever.
func (c *Container) patience(options StopOptions) time.Duration {
	seconds := options.Seconds
	if seconds == nil {
		seconds = c.Record().Config.StopTimeout
	}
	if seconds == nil {
		return defaultStop
	}
	return time.Duration(*seconds) * time.Second
}

func waitExit(ctx context.Context, shim *runtime.Shim, patience time.Duration) bool {
	var late <-chan time.Time
	if patience >= 0 {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-shim.Exited():
		return true
	case <-late:
		return false
	case <-ctx.Done():
		return false
	}
}

// Restart stops a container if it runs, and starts it.
func (m *Manager) Restart(ctx context.Context, c *Container, options StopOptions) error {
	c.setAgain(true)
	defer c.setAgain(false)
	if err := m.Stop(ctx, c, options); err != nil && !fault.Is(err, fault.NotModified) {
		return err
	}
	if err := m.Start(ctx, c); err != nil && !fault.Is(err, fault.NotModified) {
		return err
	}
	m.Events.Publish("container", "restart", c.ID, c.attributes())
	return nil
}

// Pause freezes a container's processes.
func (m *Manager) Pause(ctx context.Context, c *Container) error {
	c.life.Lock()
	defer c.life.Unlock()
	switch state := c.State(); {
	case state.Status == paused:
		return fault.New(fault.Conflict, "container %s is already paused", c.ID)
	case !state.Running():
		return fault.New(fault.Conflict, "container %s is not running", c.ID)
	}
	if err := m.Runner.Pause(ctx, c.ID); err != nil {
		return err
	}
	err := c.setState(func(state *State) { state.Status = paused })
	m.Events.Publish("container", "pause", c.ID, c.attributes())
	return err
}

// Unpause lets them go on.
func (m *Manager) Unpause(ctx context.Context, c *Container) error {
	c.life.Lock()
	defer c.life.Unlock()
	if c.State().Status != container.StatePaused {
		return fault.New(fault.Conflict, "container %s is not paused", c.ID)
	}
	if err := m.Runner.Resume(ctx, c.ID); err != nil {
		return err
	}
	return m.resumed(c)
}

func (m *Manager) resumed(c *Container) error {
	err := c.setState(func(state *State) {
		// It may have ended since.
		if state.Status == paused {
			state.Status = running
		}
	})
	m.Events.Publish("container", "unpause", c.ID, c.attributes())
	return err
}

func (c *Container) setAgain(again bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.again = again
}

// goesWhenEnded tells whether a container's end is to remove it.
func (c *Container) goesWhenEnded() bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.record.HostConfig.AutoRemove && !c.again && !c.removing
}
