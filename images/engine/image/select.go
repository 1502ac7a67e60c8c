package image

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"

	"twinhull/engine/fault"
	"twinhull/engine/filters"
)

// Filters that Select and Prune know.
var (
	SelectFilters = []string{"dangling", "label", "before", "since", "reference", "until"}
	PruneFilters  = []string{"dangling", "label", "label!", "until"}
)

// Select lists images that pass filters, the newest first. Without all, nameless images that others were made from are
// left out. With a filter "reference", an image's other names are.
func (s *Store) Select(wanted filters.Filters, all bool) ([]*Image, error) {
	isDangling, err := wanted.Bool("dangling", false)
	if err != nil {
		return nil, err
	}
	before, since, err := s.period(wanted)
	if err != nil {
		return nil, err
	}
	parents := s.parents()
	return slices.DeleteFunc(s.List(), func(img *Image) bool {
		created := img.created()
		if !before.IsZero() && !created.Before(before) || !since.IsZero() && !created.After(since) {
			return true
		}
		if !wanted.MatchLabels("label", img.Config.Config.Labels) {
			return true
		}
		if wanted.Has("reference") {
			img.RepoTags = matching(img.RepoTags, wanted["reference"])
			img.RepoDigests = matching(img.RepoDigests, wanted["reference"])
		}
		if len(img.RepoTags)+len(img.RepoDigests) == 0 {
			isParent := parents[img.ID]
			return isParent && !(all && !isDangling) || wanted.Has("dangling") && !isDangling || wanted.Has("reference")
		}
		return isDangling && (len(img.RepoTags) > 0 || parents[img.ID])
	}), nil
}

// period reads the filters of time: images from before the oldest that is named, and since the newest.
func (s *Store) period(wanted filters.Filters) (before, since time.Time, err error) {
	earlier := func(at time.Time) {
		if before.IsZero() || at.Before(before) {
			before = at
		}
	}
	for _, name := range wanted["before"] {
		img, err := s.Get(name)
		if err != nil {
			return before, since, err
		}
		earlier(img.created())
	}
	for _, text := range wanted["until"] {
		at, err := filters.Time(text, time.Now())
		if err != nil {
			return before, since, fault.New(fault.Invalid, "invalid value for 'until' filter: %w", err)
		}
		earlier(at)
	}
	for _, name := range wanted["since"] {
		img, err := s.Get(name)
		if err != nil {
			return before, since, err
		}
		if img.created().After(since) {
			since = img.created()
		}
	}
	return before, since, nil
}

// matching keeps the names that fit a pattern of the shell, in full or in short, with or without their tag or digest.
func matching(names, patterns []string) []string {
	return slices.DeleteFunc(names, func(name string) bool {
		full := inFull(name)
		for _, pattern := range patterns {
			for _, spelling := range []string{name, familiar(repository(full)), full, repository(full)} {
				if fits, err := path.Match(pattern, spelling); fits && err == nil {
					return false
				}
			}
		}
		return true
	})
}

// inFull undoes familiar.
func inFull(name string) string {
	host, _, hasPath := strings.Cut(name, "/")
	switch {
	case hasPath && (strings.ContainsAny(host, ".:") || host == "localhost" || strings.ToLower(host) != host):
		return name
	case hasPath:
		return "docker.io/" + name
	}
	return "docker.io/library/" + name
}

func (s *Store) parents() map[digest.Digest]bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	parents := map[digest.Digest]bool{}
	for _, record := range s.index.Images {
		if record.Parent != "" {
			parents[record.Parent] = true
		}
	}
	return parents
}

// Prune removes images without a tag or, if the filter "dangling" is false, all that no container uses. It returns what
// it did and how many bytes of layers have gone.
func (s *Store) Prune(wanted filters.Filters) ([]Removed, int64, error) {
	isDangling, err := wanted.Bool("dangling", true)
	if err != nil {
		return nil, 0, err
	}
	until := time.Time{}
	if len(wanted["until"]) > 1 {
		return nil, 0, fault.New(fault.Invalid, "more than one until filter specified")
	}
	for _, text := range wanted["until"] {
		if until, err = filters.Time(text, time.Now()); err != nil {
			return nil, 0, fault.As(fault.Invalid, err)
		}
	}
	parents := s.parents()
	before := s.LayersSize()
	removed := []Removed{}
	for _, img := range s.List() {
		labels := img.Config.Config.Labels
		switch {
		case isDangling && len(img.RepoTags) > 0:
		case parents[img.ID] && (isDangling || len(img.RepoTags)+len(img.RepoDigests) == 0):
		case !until.IsZero() && img.created().After(until):
		case !wanted.MatchLabels("label", labels):
		case wanted.Has("label!") && wanted.MatchLabels("label!", labels):
		default:
			names := slices.Concat(img.RepoTags, img.RepoDigests)
			if len(names) == 0 {
				names = []string{img.ID.Encoded()}
			}
			for _, name := range names {
				// What is in use, or went with another name, stays out of the report.
				if done, err := s.Remove(name, false, true); err == nil {
					removed = append(removed, done...)
				}
			}
		}
	}
	return removed, before - s.LayersSize(), nil
}

// LayersSize is the size of all layers' files, in bytes.
func (s *Store) LayersSize() int64 {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var total int64
	for _, record := range s.index.Layers {
		total += record.Size
	}
	return total
}

// Shared is how many bytes of an image's layers are other images' too.
func (s *Store) Shared(img *Image) int64 {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var total int64
	for _, diffID := range img.Config.RootFS.DiffIDs {
		for id, record := range s.index.Images {
			if id != img.ID && slices.Contains(record.Layers, diffID) && s.index.Layers[diffID] != nil {
				total += s.index.Layers[diffID].Size
				break
			}
		}
	}
	return total
}

// Users counts the containers that use an image.
func (s *Store) Users(id digest.Digest) int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	users := 0
	for _, used := range s.holders {
		if used == id {
			users++
		}
	}
	return users
}
