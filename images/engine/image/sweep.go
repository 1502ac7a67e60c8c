package image

import (
	"os"
	"path/filepath"

	"github.com/opencontainers/go-digest"
)

// sweep removes what no index names: what was under way when the machine or the engine stopped.
func (s *Store) sweep() error {
	if err := os.RemoveAll(s.staging()); err != nil {
		return err
	}
	if err := os.Mkdir(s.staging(), 0o700); err != nil {
		return err
	}
	if err := s.collect(); err != nil {
		return err
	}
	known := map[string]bool{}
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

// collect removes the layers that neither an image nor a container nor anybody at work needs. The mutex is held.
func (s *Store) collect() error {
	used := map[digest.Digest]bool{}
	for _, record := range s.index.Images {
		for _, diffID := range record.Layers {
			used[diffID] = true
		}
	}
	for diffID := range s.pins {
		used[diffID] = true
	}
	unused := s.without(used)
	if len(unused) == 0 {
		return nil
	}
	// Only now, because it means to read a file of each container.
	layers, err := s.rootLayers()
	if err != nil {
		return err
	}
	for _, diffID := range layers {
		used[diffID] = true
	}
	unused = s.without(used)
	if len(unused) == 0 {
		return nil
	}
	for _, diffID := range unused {
		delete(s.index.Layers, diffID)
	}
	if err := s.save(); err != nil {
		return err
	}
	for _, diffID := range unused {
		if err := os.Remove(s.journal(diffID)); err != nil && !os.IsNotExist(err) {
			return err
		}
		if err := os.RemoveAll(s.layer(diffID)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) without(used map[digest.Digest]bool) []digest.Digest {
	var unused []digest.Digest
	for diffID := range s.index.Layers {
		if !used[diffID] {
			unused = append(unused, diffID)
		}
	}
	return unused
}
