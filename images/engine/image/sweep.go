package image

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/opencontainers/go-digest"
)

// sweep removes what no index names: what was under way when the machine or the engine stopped.
func (s *Store) sweep() error {
	mounts, err := filepath.Glob(filepath.Join(s.staging(), idMountsPrefix+"*"))
	if err != nil {
		return err
	}
	for _, above := range mounts {
		if err := removeMounts(above); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(s.staging()); err != nil {
		return err
	}
	if err := os.Mkdir(s.staging(), 0o700); err != nil {
		return err
	}
	if err := s.findPrepared(); err != nil {
		return err
	}
	if err := s.collect(); err != nil {
		return err
	}
	known := map[string]bool{}
	for id := range s.mountPoints {
		known[s.prepared(id)] = true
	}
	for id := range s.index.Images {
		known[s.config(id)] = true
	}
	for diffID := range s.index.Layers {
		known[s.journal(diffID)] = true
		known[s.layer(diffID)] = true
	}
	for _, folder := range []string{filepath.Join(s.root, "image", "configs"), filepath.Join(s.root, "image", "journals"), s.overlay()} {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			path := filepath.Join(folder, entry.Name())
			if known[path] {
				continue
			}
			if _, err := os.Stat(filepath.Join(path, rootFile)); err == nil {
				continue
			}
			if err := os.RemoveAll(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// collect removes the layers and folders of mount points that neither an image nor a container nor anybody at work needs.
// The mutex is held.
func (s *Store) collect() error {
	used := map[digest.Digest]bool{}
	for id, record := range s.index.Images {
		used[id] = true
		for _, diffID := range record.Layers {
			used[diffID] = true
		}
	}
	for diffID := range s.pins {
		used[diffID] = true
	}
	if len(unused(s.index.Layers, used))+len(unused(s.mountPoints, used)) == 0 {
		return nil
	}
	// Only now, because it means to read a file of each container.
	layers, prepared, err := s.rootNeeds()
	if err != nil {
		return err
	}
	for _, id := range slices.Concat(layers, prepared) {
		used[id] = true
	}
	for _, id := range unused(s.mountPoints, used) {
		delete(s.mountPoints, id)
		if err := os.RemoveAll(s.prepared(id)); err != nil {
			return err
		}
	}
	return s.removeLayers(unused(s.index.Layers, used))
}

func (s *Store) removeLayers(layers []digest.Digest) error {
	if len(layers) == 0 {
		return nil
	}
	for _, diffID := range layers {
		delete(s.index.Layers, diffID)
	}
	if err := s.save(); err != nil {
		return err
	}
	for _, diffID := range layers {
		if err := os.Remove(s.journal(diffID)); err != nil && !os.IsNotExist(err) {
			return err
		}
		if err := os.RemoveAll(s.layer(diffID)); err != nil {
			return err
		}
	}
	return nil
}

func unused[V any](all map[digest.Digest]V, used map[digest.Digest]bool) []digest.Digest {
	var rest []digest.Digest
	for id := range all {
		if !used[id] {
			rest = append(rest, id)
		}
	}
	return rest
}
