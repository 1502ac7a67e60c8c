package image

import (
	"fmt"
	"io"
	"slices"

	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"twinhull/engine/fault"
)

// Ingest receives one image from elsewhere: a registry, an archive, a build. Layers come first and in any order, several
// at a time if the caller likes; then Register makes them an image. What is not part of a registered image by the time of
// Close is gone, and so is what a machine that stops in between has left, when the store is opened again.
//
// Its methods have types of the standard library and of OCI alone, so that package distribution can name what it needs
// as an interface of its own.
type Ingest struct {
	store *Store
	// Limits bound its layers; zero values stand for DefaultLimits.
	Limits Limits
	// pinned are the layers that stay until Close. The store's mutex guards them.
	pinned []digest.Digest
}

// Ingest begins to receive an image. The caller owes a Close.
func (s *Store) Ingest() *Ingest { return &Ingest{store: s} }

// HasLayer tells whether a layer is here already ("Already exists") and, if so, keeps it until Close.
func (in *Ingest) HasLayer(diffID digest.Digest) bool {
	in.store.mutex.Lock()
	defer in.store.mutex.Unlock()
	if in.store.index.Layers[diffID] == nil {
		return false
	}
	in.pin(diffID)
	return true
}

// pin keeps a layer until Close. The store's mutex is held.
func (in *Ingest) pin(diffID digest.Digest) {
	in.pinned = append(in.pinned, diffID)
	in.store.pins[diffID]++
}

// AddLayer unpacks a layer while it is read. blob describes what r gives, compressed or not: media type (empty: told from
// the first bytes), digest (empty: not checked) and size (0: not known). diffID is the digest of the tar archive inside;
// if it is empty, it is what the archive has, and is returned. It reads r to its end. An error names the layer's entry
// that was refused; nothing of the layer is left then.
func (in *Ingest) AddLayer(diffID digest.Digest, blob ocispec.Descriptor, r io.Reader) (digest.Digest, error) {
	layer, err := in.store.stage(r, blob, in.Limits)
	if err != nil {
		return "", err
	}
	defer layer.discard()
	if diffID != "" && layer.diffID != diffID {
		return "", fault.New(fault.Invalid, "the layer's digest is %s where the image's configuration has %s", layer.diffID, diffID)
	}
	return layer.diffID, in.keep(layer)
}

// keep gives a layer that was staged its place, unless there is one like it.
func (in *Ingest) keep(layer *stagedLayer) error {
	s := in.store
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.index.Layers[layer.diffID] == nil {
		if err := layer.place(); err != nil {
			return fmt.Errorf("keep layer %s: %w", layer.diffID, err)
		}
		s.index.Layers[layer.diffID] = &layerRecord{Size: layer.Bytes, Archive: layer.archive, Shadowed: layer.shadowed}
	}
	in.pin(layer.diffID)
	return nil
}

// Register makes an image of the configuration and of layers that were added or found here. parent is the image that this
// one was made from in this store, or "". Names that are given here come with the image; others by Store.Tag and
// Store.AddDigest, for which somebody may have removed it again.
func (in *Ingest) Register(config []byte, parent digest.Digest, names ...reference.Named) (*Image, error) {
	parsed, err := parseConfig(config)
	if err != nil {
		return nil, err
	}
	s := in.store
	id := digest.FromBytes(config)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, diffID := range parsed.RootFS.DiffIDs {
		if !slices.Contains(in.pinned, diffID) {
			return nil, fault.New(fault.Invalid, "the image's configuration names the layer %s, which did not come with it", diffID)
		}
	}
	isNew := s.index.Images[id] == nil
	if isNew {
		if err := writeFile(s.config(id), config); err != nil {
			return nil, fmt.Errorf("keep the configuration of image %s: %w", id, err)
		}
		s.index.Images[id] = &imageRecord{Layers: parsed.RootFS.DiffIDs, Parent: parent}
	}
	for _, name := range names {
		s.index.Names[fullName(name)] = id
		s.index.Images[id].Tagged = s.Now()
	}
	if isNew || len(names) > 0 {
		if err := s.save(); err != nil {
			return nil, err
		}
	}
	return s.image(id)
}

// Close ends the reception. Layers that belong to no image by now are removed.
func (in *Ingest) Close() {
	s := in.store
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, diffID := range in.pinned {
		if s.pins[diffID]--; s.pins[diffID] == 0 {
			delete(s.pins, diffID)
		}
	}
	in.pinned = nil
	// What cannot be removed now is when the store is opened again.
	_ = s.collect()
}
