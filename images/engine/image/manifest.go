package image

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sys/unix"

	"twinhull/engine/fault"
)

// Manifest returns the OCI manifest under which an image leaves this store, with its descriptor. Layers are in it as
// uncompressed tar archives (docs/adr/0050), so their digests are the image's diff IDs. Equal images have equal manifests.
func (s *Store) Manifest(img *Image) (ocispec.Descriptor, []byte, error) {
	manifest := ocispec.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2},
		MediaType: ocispec.MediaTypeImageManifest,
		Config: ocispec.Descriptor{
			MediaType: ocispec.MediaTypeImageConfig, Digest: img.ID, Size: int64(len(img.RawConfig)),
		},
		Layers: []ocispec.Descriptor{},
	}
	s.mutex.Lock()
	for _, diffID := range img.Config.RootFS.DiffIDs {
		record := s.index.Layers[diffID]
		if record == nil {
			s.mutex.Unlock()
			return ocispec.Descriptor{}, nil, fault.New(fault.NotFound, "No such image: %s", img.ID)
		}
		manifest.Layers = append(manifest.Layers, ocispec.Descriptor{
			MediaType: ocispec.MediaTypeImageLayer, Digest: diffID, Size: record.Archive,
		})
	}
	s.mutex.Unlock()
	raw, err := json.Marshal(manifest)
	if err != nil {
		return ocispec.Descriptor{}, nil, err
	}
	return ocispec.Descriptor{MediaType: manifest.MediaType, Digest: digest.FromBytes(raw), Size: int64(len(raw))}, raw, nil
}

// Blob opens a configuration or a layer of a Manifest, with its size. Layers are written anew from their files while they
// are read, bit by bit as they once came. Opening it again and closing it early are cheap.
func (s *Store) Blob(id digest.Digest) (io.ReadCloser, int64, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.index.Images[id] != nil {
		img, err := s.image(id)
		if err != nil {
			return nil, 0, err
		}
		return io.NopCloser(bytes.NewReader(img.RawConfig)), int64(len(img.RawConfig)), nil
	}
	record := s.index.Layers[id]
	if record == nil {
		return nil, 0, fault.New(fault.NotFound, "no such blob: %s", id)
	}
	journal, err := os.Open(s.journal(id))
	if err != nil {
		return nil, 0, fmt.Errorf("open layer %s: %w", id, err)
	}
	files, err := openTree(s.layer(id), unix.RESOLVE_BENEATH|unix.RESOLVE_NO_SYMLINKS)
	if err != nil {
		journal.Close()
		return nil, 0, err
	}
	return newReplay(journal, files, record.Shadowed), record.Archive, nil
}
