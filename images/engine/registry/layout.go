package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path"
)

// LayOut adds the images of archives to a folder in the layout of LAYOUT.md, and writes the lists that a server would
// make up on demand. told, if not nil, hears of each image and how many bytes its blobs have.
func LayOut(ctx context.Context, folder string, archives []string, told func(image string, size int64)) error {
	store, err := Open(folder, Options{Delete: true})
	if err != nil {
		return err
	}
	defer store.Close()
	if told == nil {
		told = func(string, int64) {}
	}
	for _, name := range archives {
		if err := layOutArchive(ctx, store, name, told); err != nil {
			return fmt.Errorf("laying out %s: %w", name, err)
		}
	}
	if err := store.writeLists(); err != nil {
		return fmt.Errorf("writing the lists of %s: %w", folder, err)
	}
	return os.RemoveAll(store.path("uploads"))
}

func layOutArchive(ctx context.Context, store *Store, name string, told func(string, int64)) error {
	opened, err := openArchive(name)
	if err != nil {
		return err
	}
	defer opened.Close()
	return importer{ctx, store, opened, told}.run()
}

// writeLists writes what lists all repositories, tags and images, for hosts that only have files.
func (s *Store) writeLists() error {
	names, err := s.repositories()
	if err != nil {
		return err
	}
	all := []descriptor{}
	for _, name := range names {
		tags, err := s.tags(name)
		if err != nil {
			return err
		}
		if err := s.writeJSON(tagPage{name, tags}, "v2", name, "tags", "list"); err != nil {
			return err
		}
		for _, tag := range tags {
			described, err := s.describe(name, tag)
			if err != nil {
				return err
			}
			all = append(all, described)
		}
	}
	if err := s.writeJSON(catalogPage{names}, "v2", "_catalog"); err != nil {
		return err
	}
	if err := s.writeJSON(struct{}{}, "v2", "index.html"); err != nil {
		return err
	}
	return s.writeJSON(newIndex(all), "index.json")
}

// describe makes the entry of an image in the OCI layout's index.
func (s *Store) describe(name, tag string) (descriptor, error) {
	bytes, err := s.readManifest(name, tag)
	if err != nil {
		return descriptor{}, err
	}
	parsed, err := parseManifest(bytes, "")
	if err != nil {
		return descriptor{}, err
	}
	return descriptor{
		MediaType: parsed.MediaType, Digest: digestOf(bytes), Size: int64(len(bytes)),
		Annotations: map[string]string{"org.opencontainers.image.ref.name": path.Join("docker.io", name) + ":" + tag},
	}, nil
}

func (s *Store) writeJSON(value any, elements ...string) error {
	bytes, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return s.write(bytes, elements...)
}
