package volume

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"twinhull/engine/fault"
	"twinhull/engine/filters"
)

// ListFilters and PruneFilters are the filters that List and Prune know.
var (
	ListFilters  = []string{"dangling", "driver", "label", "name"}
	PruneFilters = []string{"all", "label", "label!"}
)

// List returns the volumes that pass the filters, by name. A plugin that does not answer becomes a warning; the volumes
// that the engine knows of it are listed nevertheless.
func (s *Store) List(ctx context.Context, wanted filters.Filters) (volumes []*Volume, warnings []string, err error) {
	dangling, err := wanted.Bool("dangling", false)
	if err != nil {
		return nil, nil, err
	}
	volumes, warnings = s.all(ctx, func(driver string) bool {
		return wanted.Match("driver", func(value string) bool { return value == driver })
	})
	volumes = slices.DeleteFunc(volumes, func(volume *Volume) bool {
		unused := len(s.Users(volume.Name)) == 0
		return wanted.Has("dangling") && unused != dangling ||
			!wanted.Match("name", func(value string) bool { return matchName(value, volume.Name) }) ||
			!wanted.MatchLabels("label", volume.Labels)
	})
	return volumes, warnings, nil
}

// matchName is Docker's: the filter's value is the name or a regular expression that is found in it.
func matchName(value, name string) bool {
	if value == name {
		return true
	}
	pattern, err := regexp.Compile(value)
	return err == nil && pattern.MatchString(name)
}

// all returns the volumes of the drivers that accept, and what went wrong with their plugins.
func (s *Store) all(ctx context.Context, accept func(driver string) bool) (volumes []*Volume, warnings []string) {
	failed := map[string]bool{}
	add := func(driverName string, driver driver) {
		if !accept(driverName) {
			return
		}
		listed, err := driver.list(ctx)
		if err != nil {
			failed[driverName] = true
			warnings = append(warnings, fmt.Sprintf("list %s: %s", driverName, err))
			return
		}
		for _, found := range listed {
			data, ok := s.known(found.name)
			if !ok && driverName == LocalDriver || ok && data.Driver != driverName {
				continue // A directory without a volume, or a name that is another driver's.
			}
			data.Name, data.Driver = found.name, driverName
			volumes = append(volumes, s.describe(ctx, data, driver, found))
		}
	}
	add(LocalDriver, s.local)
	for name, plugin := range s.plugins.all(ctx) {
		add(name, plugin)
	}
	for _, data := range s.allKnown() {
		if failed[data.Driver] {
			volumes = append(volumes, &Volume{
				Name: data.Name, Driver: data.Driver, Labels: data.Labels, Options: data.Options, Scope: "local",
			})
		}
	}
	slices.SortFunc(volumes, func(a, b *Volume) int { return strings.Compare(a.Name, b.Name) })
	return volumes, warnings
}

func (s *Store) allKnown() []metadata {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	all := make([]metadata, 0, len(s.volumes))
	for _, data := range s.volumes {
		all = append(all, data)
	}
	return all
}

// Usage returns the local volumes with their sizes, for `system df`. Those with options are left out: what is mounted
// there takes its room elsewhere.
func (s *Store) Usage(ctx context.Context) ([]*Volume, error) {
	volumes, _ := s.all(ctx, isLocal)
	volumes = slices.DeleteFunc(volumes, func(volume *Volume) bool { return len(volume.Options) > 0 })
	for _, volume := range volumes {
		size, err := directorySize(ctx, volume.Mountpoint)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			size = -1
		}
		volume.UsageData = &UsageData{RefCount: int64(len(s.Users(volume.Name))), Size: size}
	}
	return volumes, nil
}

func isLocal(driver string) bool { return driver == LocalDriver }

// PruneReport is the API's answer to a prune request.
type PruneReport struct {
	VolumesDeleted []string
	// SpaceReclaimed is in bytes.
	SpaceReclaimed uint64
}

// Prune removes the local volumes that no container uses: the anonymous ones, or with the filter all=true any.
func (s *Store) Prune(ctx context.Context, wanted filters.Filters) (*PruneReport, error) {
	all, err := wanted.Bool("all", false)
	if err != nil {
		return nil, err
	}
	s.mutex.Lock()
	running := s.pruning
	s.pruning = true
	s.mutex.Unlock()
	if running {
		return nil, fault.New(fault.Conflict, "a prune operation is already running")
	}
	defer func() {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.pruning = false
	}()
	report := &PruneReport{VolumesDeleted: []string{}}
	volumes, _ := s.all(ctx, isLocal)
	for _, volume := range volumes {
		_, anonymous := volume.Labels[AnonymousLabel]
		if len(volume.Options) > 0 || !all && !anonymous || !wanted.MatchLabels("label", volume.Labels) ||
			wanted.Has("label!") && wanted.MatchLabels("label!", volume.Labels) {
			continue
		}
		if ctx.Err() != nil {
			break // Who asked has left; what is removed already stays in the report.
		}
		size, _ := directorySize(ctx, volume.Mountpoint)
		if err := s.Remove(ctx, volume.Name, false); err != nil {
			continue // In use, or taken by somebody else meanwhile.
		}
		report.VolumesDeleted = append(report.VolumesDeleted, volume.Name)
		report.SpaceReclaimed += uint64(size)
	}
	s.publish("prune", "", map[string]string{"reclaimed": fmt.Sprint(report.SpaceReclaimed)})
	return report, nil
}
