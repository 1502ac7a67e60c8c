package image

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/opencontainers/go-digest"
)

// index is what a store holds. It is one file, so that an image and its names come and go at once; whatever is on the
// disk and not in it is a leftover.
type index struct {
	Images map[digest.Digest]*imageRecord `json:"images"`
	// Names are in full: "docker.io/library/busybox:latest", "docker.io/library/busybox@sha256:...".
	Names  map[string]digest.Digest       `json:"names"`
	Layers map[digest.Digest]*layerRecord `json:"layers"`
}

type imageRecord struct {
	// Layers are those of the configuration, here so that no configuration is read to know what is in use.
	Layers []digest.Digest `json:"layers"`
	Parent digest.Digest   `json:"parent,omitempty"`
	Tagged time.Time       `json:"tagged,omitzero"`
	// parsed is the configuration once it was needed.
	parsed *Config
	raw    []byte
}

type layerRecord struct {
	// Size is that of the layer's files, Archive that of the tar archive they came in.
	Size    int64 `json:"size"`
	Archive int64 `json:"archive"`
	// Shadowed are the paths of files that the archive has more than once. What the last one replaced is in the layer's
	// folder "shadows", under its place in this list.
	Shadowed []string `json:"shadowed,omitempty"`
}

func readIndex(path string) (index, error) {
	read := index{}
	raw, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(raw, &read)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return index{}, fmt.Errorf("read the index of images %s: %w", path, err)
	}
	if read.Images == nil {
		read.Images = map[digest.Digest]*imageRecord{}
	}
	if read.Names == nil {
		read.Names = map[string]digest.Digest{}
	}
	if read.Layers == nil {
		read.Layers = map[digest.Digest]*layerRecord{}
	}
	return read, nil
}

func (i *index) write(path string) error {
	raw, err := json.Marshal(i)
	if err != nil {
		return err
	}
	return writeFile(path, raw)
}

// writeFile writes a file beside its place and renames it.
func writeFile(path string, contents []byte) error {
	beside := path + ".new"
	if err := os.WriteFile(beside, contents, 0o600); err != nil {
		return err
	}
	return os.Rename(beside, path)
}

// places are the paths of a store.
type places struct{ root string }

func (p places) index() string   { return filepath.Join(p.root, "image", "index.json") }
func (p places) staging() string { return filepath.Join(p.root, "image", "staging") }
func (p places) overlay() string { return filepath.Join(p.root, "overlay2") }
func (p places) config(id digest.Digest) string {
	return filepath.Join(p.root, "image", "configs", id.Encoded())
}
func (p places) journal(diffID digest.Digest) string {
	return filepath.Join(p.root, "image", "journals", diffID.Encoded())
}

// layer is the folder of a layer, which has its files in "diff".
func (p places) layer(diffID digest.Digest) string {
	return filepath.Join(p.overlay(), diffID.Encoded())
}
func (p places) files(diffID digest.Digest) string { return filepath.Join(p.layer(diffID), "diff") }
