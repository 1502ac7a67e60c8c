package container

import (
	"context"
	"fmt"
	"io"
	"log"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/api/types/container"
)

// What Docker has where neither the image nor the client says anything.
const (
	defaultInterval      = 30 * time.Second
	defaultTimeout       = 30 * time.Second
	defaultStartInterval = 5 * time.Second
	defaultRetries       = 3
)

const (
	// maxHealthResults are remembered, each with so many bytes of output.
	maxHealthResults = 5
	maxHealthOutput  = 4096
	// exitNone is told of a check that did not end by itself.
	exitNone = -1
)

// healthMonitor checks one run of a container until it is stopped.
type healthMonitor struct {
	manager   *Manager
	container *Container
	config    container.HealthConfig
	command   []string
	startedAt time.Time
	stop      context.CancelFunc
	over      chan struct{}
}

// healthCommand is what a check executes, nil without one.
func healthCommand(config *container.Config) []string {
	if config.Healthcheck == nil || len(config.Healthcheck.Test) < 2 {
		return nil
	}
	test := config.Healthcheck.Test
	switch test[0] {
	case "CMD":
		return test[1:]
	case "CMD-SHELL":
		shell := config.Shell
		if len(shell) == 0 {
			shell = []string{"/bin/sh", "-c"}
		}
		return append(append([]string{}, shell...), test[1:]...)
	}
	return nil
}

// startHealth begins to check a container that has just been started. It does nothing without a check.
func (m *Manager) startHealth(c *Container) {
	if healthCommand(c.Record().Config) == nil {
		return
	}
	c.logFailure("remember its health", c.setState(func(state *State) {
		health := &container.Health{Status: container.Starting}
		if state.Health != nil {
			health.Log = state.Health.Log
		}
		state.Health = health
	}))
	m.resumeHealth(c)
}

// resumeHealth goes on checking a container that an earlier engine started.
func (m *Manager) resumeHealth(c *Container) {
	record, state := c.Record(), c.State()
	command := healthCommand(record.Config)
	if command == nil || state.Health == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	monitor := &healthMonitor{
		manager: m, container: c, config: *record.Config.Healthcheck, command: command,
		startedAt: state.StartedAt, stop: cancel, over: make(chan struct{}),
	}
	c.mutex.Lock()
	c.health = monitor
	c.mutex.Unlock()
	go monitor.run(ctx)
}

// stopHealth returns when no check runs any more.
func (m *Manager) stopHealth(c *Container) {
	c.mutex.Lock()
	monitor := c.health
	c.health = nil
	c.mutex.Unlock()
	if monitor != nil {
		monitor.stop()
		<-monitor.over
	}
}

func (h *healthMonitor) run(ctx context.Context) {
	defer close(h.over)
	for {
		timer := time.NewTimer(h.pause())
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		if h.container.State().Status == paused {
			continue
		}
		result := h.check(ctx)
		if ctx.Err() != nil {
			return
		}
		h.record(result)
	}
}

// pause is how long to wait before the next check.
func (h *healthMonitor) pause() time.Duration {
	state := h.container.State()
	if state.HealthStatus() == container.Starting && time.Since(h.startedAt) < h.config.StartPeriod {
		return durationOr(h.config.StartInterval, defaultStartInterval)
	}
	return durationOr(h.config.Interval, defaultInterval)
}

func durationOr(given, fallback time.Duration) time.Duration {
	if given <= 0 {
		return fallback
	}
	return given
}

// check executes the command once.
func (h *healthMonitor) check(ctx context.Context) *container.HealthcheckResult {
	result := &container.HealthcheckResult{Start: time.Now(), ExitCode: exitNone}
	exec, err := h.manager.CreateExec(h.container, ExecRequest{
		Command: h.command, Streams: Streams{Stdout: true, Stderr: true}, Probe: true,
	})
	if err == nil {
		result.ExitCode, result.Output, err = h.execute(ctx, exec)
	}
	if err != nil {
		result.ExitCode, result.Output = exitNone, err.Error()
	}
	result.End = time.Now()
	return result
}

func (h *healthMonitor) execute(ctx context.Context, exec *Exec) (code int, output string, err error) {
	connection, err := h.manager.StartExec(exec, exec.Request.Streams, nil)
	if err != nil {
		return exitNone, "", err
	}
	var said limitedText
	read := make(chan struct{})
	go func() {
		defer close(read)
		copyFrames(&said, connection)
	}()
	timeout := durationOr(h.config.Timeout, defaultTimeout)
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	late := false
	select {
	case <-exec.Over():
	case <-timer.C:
		late = true
		exec.quit()
	case <-ctx.Done():
		exec.quit()
	}
	<-exec.Over()
	if late || ctx.Err() != nil {
		connection.Close()
	}
	<-read
	connection.Close()
	if late {
		text := fmt.Sprintf("Health check exceeded timeout (%v)", timeout)
		if said.String() != "" {
			text += ": " + said.String()
		}
		return exitNone, text, nil
	}
	return *h.manager.InspectExec(exec).ExitCode, said.String(), nil
}

// record draws the conclusion from a check.
func (h *healthMonitor) record(result *container.HealthcheckResult) {
	c := h.container
	var before, after container.HealthStatus
	err := c.setState(func(state *State) {
		if state.Health == nil {
			return
		}
		// Others hold the old one.
		health := *state.Health
		before = health.Status
		health.Log = append([]*container.HealthcheckResult{}, health.Log...)
		health.Log = append(health.Log, result)
		health.Log = health.Log[max(0, len(health.Log)-maxHealthResults):]
		h.judge(&health, result)
		after = health.Status
		state.Health = &health
	})
	c.logFailure("remember its health", err)
	if before != after {
		h.manager.Events.Publish("container", "health_status: "+string(after), c.ID, c.attributes())
	}
}

func (h *healthMonitor) judge(health *container.Health, result *container.HealthcheckResult) {
	if result.ExitCode == 0 {
		health.Status, health.FailingStreak = container.Healthy, 0
		return
	}
	if health.Status == container.Starting && result.Start.Sub(h.startedAt) < h.config.StartPeriod {
		return
	}
	retries := h.config.Retries
	if retries <= 0 {
		retries = defaultRetries
	}
	if health.FailingStreak++; health.FailingStreak >= retries {
		health.Status = container.Unhealthy
	}
}

func (c *Container) logFailure(what string, err error) {
	if err != nil {
		log.Printf("container %s: %s: %v", c.ID, what, err)
	}
}

// limitedText keeps the beginning of what is written, and tells when there was more.
type limitedText struct {
	mutex     sync.Mutex
	text      strings.Builder
	truncated bool
}

func (l *limitedText) Write(bytes []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	room := maxHealthOutput - l.text.Len()
	l.text.Write(bytes[:min(room, len(bytes))])
	l.truncated = l.truncated || len(bytes) > room
	return len(bytes), nil
}

func (l *limitedText) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.truncated {
		return l.text.String() + "..."
	}
	return l.text.String()
}

// copyFrames unpacks Docker's frames until they end. A broken one ends them.
func copyFrames(to io.Writer, from io.Reader) {
	var head [8]byte
	for {
		if _, err := io.ReadFull(from, head[:]); err != nil {
			return
		}
		length := int64(head[4])<<24 | int64(head[5])<<16 | int64(head[6])<<8 | int64(head[7])
		if _, err := io.CopyN(to, from, length); err != nil {
			return
		}
	}
}
