package container

import (
	"context"

	"github.com/moby/moby/api/types/container"

	"twinhull/engine/fault"
)

// waiter is somebody who waits for a container to end or to be gone.
type waiter struct {
	condition container.WaitCondition
	told      chan int
}

// Wait begins to wait; the answer is the exit code. The channel is buffered and told once. When ctx ends, the waiter is
// forgotten.
func (c *Container) Wait(ctx context.Context, condition container.WaitCondition) (<-chan int, error) {
	switch condition {
	case "":
		condition = container.WaitConditionNotRunning
	case container.WaitConditionNotRunning, container.WaitConditionNextExit, container.WaitConditionRemoved:
	default:
		return nil, fault.New(fault.Invalid, "invalid condition: %q", condition)
	}
	told := make(chan int, 1)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if condition == container.WaitConditionNotRunning && !c.state.Running() && c.state.Status != restarting {
		told <- c.state.ExitCode
		return told, nil
	}
	c.waiters = append(c.waiters, waiter{condition, told})
	context.AfterFunc(ctx, func() { c.stopWaiting(told) })
	return told, nil
}

func (c *Container) stopWaiting(told chan int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for i, waiting := range c.waiters {
		if waiting.told == told {
			c.waiters = append(c.waiters[:i], c.waiters[i+1:]...)
			return
		}
	}
}

// notify tells those who wait for an exit.
func (m *Manager) notify(c *Container, code int) {
	c.tell(code, func(condition container.WaitCondition) bool { return condition != container.WaitConditionRemoved })
}

func (c *Container) tell(code int, whom func(container.WaitCondition) bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	var left []waiter
	for _, waiting := range c.waiters {
		if whom(waiting.condition) {
			waiting.told <- code
		} else {
			left = append(left, waiting)
		}
	}
	c.waiters = left
}
