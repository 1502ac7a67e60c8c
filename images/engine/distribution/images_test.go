package distribution_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"twinhull/engine/distribution"
)

// memory is an image store that keeps layers as they are.
type memory struct {
	mutex  sync.Mutex
	blobs  map[digest.Digest][]byte
	images map[digest.Digest][]digest.Digest
	names  map[string]digest.Digest
	// receiving is how many receptions are open.
	receiving int
}

func newMemory() *memory {
	return &memory{
		blobs: map[digest.Digest][]byte{}, images: map[digest.Digest][]digest.Digest{}, names: map[string]digest.Digest{},
	}
}

func (m *memory) ID(name reference.Named) digest.Digest { return m.names[name.String()] }

func (m *memory) Has(id digest.Digest) bool { return m.images[id] != nil }

func (m *memory) Name(id digest.Digest, name reference.Named) error {
	if !m.Has(id) {
		return fmt.Errorf("no image %s", id)
	}
	m.names[name.String()] = id
	return nil
}

func (m *memory) Tags(repository reference.Named) []reference.NamedTagged {
	var tags []reference.NamedTagged
	for _, name := range slices.Sorted(maps.Keys(m.names)) {
		parsed, err := reference.ParseNamed(name)
		if tagged, ok := parsed.(reference.NamedTagged); err == nil && ok && parsed.Name() == repository.Name() {
			tags = append(tags, tagged)
		}
	}
	return tags
}

func (m *memory) Manifest(id digest.Digest) (ocispec.Descriptor, []byte, error) {
	manifest := ocispec.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest,
		Config: describe(ocispec.MediaTypeImageConfig, m.blobs[id]),
	}
	for _, layer := range m.images[id] {
		manifest.Layers = append(manifest.Layers, describe(ocispec.MediaTypeImageLayer, m.blobs[layer]))
	}
	content, err := json.Marshal(manifest)
	return describe(ocispec.MediaTypeImageManifest, content), content, err
}

func (m *memory) Blob(id digest.Digest) (io.ReadCloser, int64, error) {
	content, found := m.blobs[id]
	if !found {
		return nil, 0, fmt.Errorf("no blob %s", id)
	}
	return io.NopCloser(bytes.NewReader(content)), int64(len(content)), nil
}

func (m *memory) Receive() distribution.Receiver {
	m.receiving++
	return &reception{store: m}
}

type reception struct {
	store *memory
}

func (r *reception) HasLayer(diffID digest.Digest) bool {
	r.store.mutex.Lock()
	defer r.store.mutex.Unlock()
	return r.store.blobs[diffID] != nil
}

func (r *reception) AddLayer(diffID digest.Digest, blob ocispec.Descriptor, content io.Reader) error {
	read, err := io.ReadAll(content)
	if err != nil {
		return err
	}
	if found := digest.FromBytes(read); found != diffID || found != blob.Digest {
		return errors.New("the layer is not what its image says")
	}
	r.store.mutex.Lock()
	defer r.store.mutex.Unlock()
	r.store.blobs[diffID] = read
	return nil
}

func (r *reception) Register(config []byte) (digest.Digest, error) {
	return r.store.add(config)
}

func (m *memory) add(config []byte) (digest.Digest, error) {
	var read ocispec.Image
	if err := json.Unmarshal(config, &read); err != nil {
		return "", err
	}
	id := digest.FromBytes(config)
	m.blobs[id], m.images[id] = config, read.RootFS.DiffIDs
	return id, nil
}

func (r *reception) Close() { r.store.receiving-- }

func describe(kind string, content []byte) ocispec.Descriptor {
	return ocispec.Descriptor{MediaType: kind, Digest: digest.FromBytes(content), Size: int64(len(content))}
}

// put makes an image of layers and gives it a name.
func (m *memory) put(t *testing.T, name string, layers ...[]byte) digest.Digest {
	t.Helper()
	image := ocispec.Image{Platform: ocispec.Platform{OS: "linux", Architecture: "386"}, RootFS: ocispec.RootFS{Type: "layers"}}
	for _, layer := range layers {
		id := digest.FromBytes(layer)
		m.blobs[id] = layer
		image.RootFS.DiffIDs = append(image.RootFS.DiffIDs, id)
	}
	config, err := json.Marshal(image)
	if err != nil {
		t.Fatal(err)
	}
	id, err := m.add(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Name(id, parse(t, name)); err != nil {
		t.Fatal(err)
	}
	return id
}

func parse(t *testing.T, name string) reference.Named {
	t.Helper()
	parsed, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}
