package registry

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// tags of a repository, sorted.
func (s *Store) tags(name string) ([]string, error) {
	entries, err := os.ReadDir(s.place(name, "manifests", ""))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nameUnknown.with("there is no repository %s", name)
	}
	if err != nil {
		return nil, err
	}
	var tags []string
	for _, entry := range entries {
		if !isDigest(entry.Name()) {
			tags = append(tags, entry.Name())
		}
	}
	return tags, nil
}

// repositories are all that have, or had, a manifest; sorted.
func (s *Store) repositories() ([]string, error) { return s.repositoriesWith("manifests") }

// repositoriesWith are those that have a folder of any of these kinds; sorted.
func (s *Store) repositoriesWith(kinds ...string) ([]string, error) {
	var names []string
	root := s.path("v2")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() || !slices.Contains(reserved, entry.Name()) {
			return err
		}
		if slices.Contains(kinds, entry.Name()) {
			name, err := filepath.Rel(root, filepath.Dir(path))
			if err != nil {
				return err
			}
			names = append(names, filepath.ToSlash(name))
		}
		return fs.SkipDir
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}
