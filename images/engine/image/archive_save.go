package image

import (
	"archive/tar"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"twinhull/engine/fault"
)

// imageNameAnnotation is where containerd and Docker have an image's full name in an index.
const imageNameAnnotation = "io.containerd.image.name"

// selection is an image to save, with the tags it was asked for by, in full.
type selection struct {
	img  *Image
	tags []string
}

// Save writes images as an archive that is both Docker's and an OCI layout, like Docker's from version 25 on. A name
// without a tag stands for all its tags. The same images always give the same bytes.
func (s *Store) Save(ctx context.Context, w io.Writer, names []string) error {
	selected, err := s.selectNames(names)
	if err != nil {
		return err
	}
	ingest := s.Ingest()
	defer ingest.Close()
	a := &saver{ctx: ctx, store: s, blobs: map[digest.Digest][]byte{}, archive: tar.NewWriter(w)}
	for _, each := range selected {
		for _, diffID := range each.img.Config.RootFS.DiffIDs {
			if !ingest.HasLayer(diffID) {
				return fault.New(fault.NotFound, "No such image: %s", each.img.ID)
			}
		}
		if err := a.add(each); err != nil {
			return err
		}
	}
	return a.write()
}

// selectNames finds images by name, one entry each, in the order of the names.
func (s *Store) selectNames(names []string) ([]selection, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var selected []selection
	add := func(id digest.Digest, tags ...string) error {
		at := slices.IndexFunc(selected, func(each selection) bool { return each.img.ID == id })
		if at < 0 {
			img, err := s.image(id)
			if err != nil {
				return err
			}
			at, selected = len(selected), append(selected, selection{img: img})
		}
		for _, tag := range tags {
			if !isDigestName(tag) && !slices.Contains(selected[at].tags, tag) {
				selected[at].tags = append(selected[at].tags, tag)
			}
		}
		return nil
	}
	for _, name := range names {
		tags, err := s.tagsOf(name)
		if err != nil {
			return nil, err
		}
		if len(tags) == 0 {
			id, err := s.find(name)
			if err != nil {
				return nil, err
			}
			if err := add(id); err != nil {
				return nil, err
			}
		}
		for _, tag := range tags {
			if err := add(s.index.Names[tag], tag); err != nil {
				return nil, err
			}
		}
	}
	return selected, nil
}

// tagsOf lists the full names that a name to save stands for; none if it must be an ID.
func (s *Store) tagsOf(name string) ([]string, error) {
	parsed, err := reference.ParseAnyReference(name)
	if err != nil {
		return nil, fault.As(fault.Invalid, err)
	}
	named, isName := parsed.(reference.Named)
	if !isName {
		return nil, nil
	}
	if !reference.IsNameOnly(named) {
		full := fullName(named)
		if _, known := s.index.Names[full]; known {
			return []string{full}, nil
		}
		if s.byPrefix(name) != "" {
			return nil, nil
		}
		return nil, fault.New(fault.NotFound, "reference does not exist")
	}
	var tags []string
	for full := range s.index.Names {
		if !isDigestName(full) && repository(full) == named.Name() {
			tags = append(tags, full)
		}
	}
	slices.Sort(tags)
	return tags, nil
}

type saver struct {
	ctx     context.Context
	store   *Store
	archive *tar.Writer
	// blobs are the documents, and nil for layers.
	blobs    map[digest.Digest][]byte
	entries  []dockerEntry
	index    []ocispec.Descriptor
	byRepo   map[string]map[string]string
	manifest ocispec.Manifest
}

func (a *saver) add(each selection) error {
	descriptor, raw, err := a.store.Manifest(each.img)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, &a.manifest); err != nil {
		return err
	}
	a.blobs[descriptor.Digest], a.blobs[each.img.ID] = raw, each.img.RawConfig
	entry := dockerEntry{Config: blobName(each.img.ID), Layers: []string{}, LayerSources: map[string]ocispec.Descriptor{}}
	top := ""
	for _, layer := range a.manifest.Layers {
		a.blobs[layer.Digest] = nil
		entry.Layers = append(entry.Layers, blobName(layer.Digest))
		entry.LayerSources[layer.Digest.String()] = layer
		top = layer.Digest.Encoded()
	}
	for _, full := range each.tags {
		tag := full[len(repository(full))+1:]
		tagged := descriptor
		tagged.Annotations = map[string]string{imageNameAnnotation: full, ocispec.AnnotationRefName: tag}
		a.index = append(a.index, tagged)
		entry.RepoTags = append(entry.RepoTags, familiar(full))
		repo := familiar(repository(full))
		if a.byRepo == nil {
			a.byRepo = map[string]map[string]string{}
		}
		if a.byRepo[repo] == nil {
			a.byRepo[repo] = map[string]string{}
		}
		a.byRepo[repo][tag] = top
	}
	if len(each.tags) == 0 {
		a.index = append(a.index, descriptor)
	}
	a.entries = append(a.entries, entry)
	a.store.publish("save", each.img.ID, each.img.ID.String(), each.img.Config.Config.Labels)
	return nil
}

func blobName(id digest.Digest) string { return "blobs/sha256/" + id.Encoded() }

func (a *saver) write() error {
	for _, directory := range []string{"blobs/", "blobs/sha256/"} {
		if err := a.header(directory, tar.TypeDir, 0o755, 0); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(a.blobs)) {
		if err := a.ctx.Err(); err != nil {
			return err
		}
		if err := a.blob(id); err != nil {
			return err
		}
	}
	documents := []struct {
		name  string
		value any
	}{
		{"index.json", ocispec.Index{
			Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageIndex, Manifests: a.index,
		}},
		{"manifest.json", a.entries},
		{"oci-layout", ocispec.ImageLayout{Version: ocispec.ImageLayoutVersion}},
		{"repositories", a.byRepo},
	}
	for _, document := range documents {
		if document.name == "repositories" && a.byRepo == nil {
			continue
		}
		raw, err := json.Marshal(document.value)
		if err != nil {
			return err
		}
		if err := a.file(document.name, raw); err != nil {
			return err
		}
	}
	return a.archive.Close()
}

func (a *saver) blob(id digest.Digest) error {
	if document := a.blobs[id]; document != nil {
		return a.file(blobName(id), document)
	}
	layer, size, err := a.store.Blob(id)
	if err != nil {
		return err
	}
	defer layer.Close()
	if err := a.header(blobName(id), tar.TypeReg, 0o644, size); err != nil {
		return err
	}
	if _, err := io.CopyBuffer(struct{ io.Writer }{a.archive}, layer, make([]byte, copyBuffer)); err != nil {
		return fmt.Errorf("save layer %s: %w", id, err)
	}
	return nil
}

func (a *saver) file(name string, contents []byte) error {
	if err := a.header(name, tar.TypeReg, 0o644, int64(len(contents))); err != nil {
		return err
	}
	_, err := a.archive.Write(contents)
	return err
}

func (a *saver) header(name string, kind byte, mode, size int64) error {
	return a.archive.WriteHeader(&tar.Header{Name: name, Typeflag: kind, Mode: mode, Size: size, ModTime: time.Unix(0, 0)})
}
