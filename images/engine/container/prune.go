package container

import (
	"context"
	"log"
	"strconv"
	"time"

	"github.com/moby/moby/api/types/container"

	"twinhull/engine/fault"
	"twinhull/engine/filters"
)

// PruneFilters are the names that --filter knows for Prune.
var PruneFilters = []string{"label", "label!", "until"}

// Prune removes the containers that do not run, as far as the filters choose them.
func (m *Manager) Prune(ctx context.Context, chosen filters.Filters) (container.PruneReport, error) {
	report := container.PruneReport{}
	until := time.Now()
	for _, text := range chosen["until"] {
		var err error
		if until, err = filters.Time(text, time.Now()); err != nil {
			return report, fault.New(fault.Invalid, "invalid filter 'until': %w", err)
		}
	}
	if !m.pruning.TryLock() {
		return report, fault.New(fault.Conflict, "a prune operation is already running")
	}
	defer m.pruning.Unlock()
	for _, c := range m.All() {
		record, state := c.Record(), c.State()
		labels := record.Config.Labels
		unwanted := chosen.Has("label!") && chosen.MatchLabels("label!", labels)
		if state.Running() || state.Status == restarting || record.Created.After(until) || unwanted ||
			!chosen.MatchLabels("label", labels) {
			continue
		}
		size := m.changesSize(c)
		if err := m.Remove(ctx, c, RemoveOptions{}); err != nil {
			log.Printf("prune container %s: %v", c.ID, err)
			continue
		}
		report.ContainersDeleted = append(report.ContainersDeleted, c.ID)
		report.SpaceReclaimed += uint64(size)
	}
	m.Events.Publish("container", "prune", "", map[string]string{
		"reclaimed": strconv.FormatUint(report.SpaceReclaimed, 10),
	})
	return report, nil
}

// changesSize is what a container has changed in its image's files, in bytes; 0 if it cannot be told.
func (m *Manager) changesSize(c *Container) int64 {
	root, err := m.Images.OpenRoot(c.ID)
	if err != nil {
		return 0
	}
	size, _, err := root.Sizes()
	if err != nil {
		return 0
	}
	return size
}
