package container

import (
	"fmt"
	"time"

	"github.com/docker/go-units"
	"github.com/moby/moby/api/types/container"
)

// Describe words a state as `docker ps` shows it.
func (s *State) Describe(now time.Time) string {
	switch s.Status {
	case running:
		return "Up " + units.HumanDuration(now.Sub(s.StartedAt)) + s.describeHealth()
	case paused:
		return "Up " + units.HumanDuration(now.Sub(s.StartedAt)) + " (Paused)"
	case restarting:
		return fmt.Sprintf("Restarting (%d) %s ago", s.ExitCode, units.HumanDuration(now.Sub(s.FinishedAt)))
	case exited:
		return fmt.Sprintf("Exited (%d) %s ago", s.ExitCode, units.HumanDuration(now.Sub(s.FinishedAt)))
	case created:
		return "Created"
	case dead:
		return "Dead"
	}
	return string(s.Status)
}

func (s *State) describeHealth() string {
	if s.Health == nil {
		return ""
	}
	if s.Health.Status == container.Starting {
		return " (health: starting)"
	}
	return fmt.Sprintf(" (%s)", s.Health.Status)
}

// HealthStatus is "none" without a health check.
func (s *State) HealthStatus() container.HealthStatus {
	if s.Health == nil {
		return container.NoHealthcheck
	}
	return s.Health.Status
}
