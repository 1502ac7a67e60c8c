package image

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// emptyLayer is the digest of an archive without files. Such a layer is left out of an image, as in Docker.
const emptyLayer digest.Digest = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"

// Commit makes an image of a container's changes on top of its image. parent is that image, nil for scratch. Of config,
// the layers and the history are set here.
func (s *Store) Commit(root *Root, config Config, comment, author string, parent *Image) (*Image, error) {
	ingest := s.Ingest()
	defer ingest.Close()
	layer, err := ingest.LayerOf(root.Diff)
	if err != nil {
		return nil, err
	}
	config.Author = author
	step := ocispec.History{CreatedBy: strings.Join(config.Config.Cmd, " "), Comment: comment, Author: author}
	img, err := ingest.Derive(parent, config, step, layer)
	if err != nil {
		return nil, err
	}
	s.publish("create", img.ID, img.ID.String(), img.Config.Config.Labels)
	return img, nil
}

// LayerOf keeps a layer that write produces as a tar archive, for Derive and Register. Equal bytes are one layer.
func (in *Ingest) LayerOf(write func(io.Writer) error) (diffID digest.Digest, err error) {
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(write(writer)) }()
	diffID, err = in.AddLayer("", ocispec.Descriptor{}, reader)
	// Ends write if it was not read to its end.
	reader.CloseWithError(err)
	return diffID, err
}

// LayerOfTree keeps a directory's contents as a layer, for Derive and Register.
func (in *Ingest) LayerOfTree(directory string, options PackOptions) (diffID digest.Digest, err error) {
	return in.LayerOf(func(w io.Writer) error { return Pack(w, directory, options) })
}

// Derive makes an image of a parent, nil for scratch, with one layer more, or with none if layer is "" or has no files:
// then only the configuration differs. Of config, the layers and the history are set here: the parent's and step, which
// also says when (now if it does not).
func (in *Ingest) Derive(parent *Image, config Config, step ocispec.History, layer digest.Digest) (*Image, error) {
	config.RootFS = ocispec.RootFS{Type: "layers", DiffIDs: []digest.Digest{}}
	config.History = nil
	parentID := digest.Digest("")
	if parent != nil {
		parentID = parent.ID
		config.RootFS.DiffIDs = append(config.RootFS.DiffIDs, parent.Config.RootFS.DiffIDs...)
		config.History = slices.Clone(parent.Config.History)
		for _, diffID := range parent.Config.RootFS.DiffIDs {
			in.HasLayer(diffID)
		}
		if config.Architecture == "" {
			config.Platform = parent.Config.Platform
		}
	}
	if config.Architecture == "" {
		config.Platform = ocispec.Platform{Architecture: runtime.GOARCH, OS: "linux"}
	}
	if step.Created == nil {
		now := in.store.Now().UTC()
		step.Created = &now
	}
	config.Created = step.Created
	if step.EmptyLayer = layer == "" || layer == emptyLayer; !step.EmptyLayer {
		config.RootFS.DiffIDs = append(config.RootFS.DiffIDs, layer)
	}
	config.History = append(config.History, step)
	raw, err := json.Marshal(config)
	if err != nil {
		return nil, fmt.Errorf("write the image's configuration: %w", err)
	}
	return in.Register(raw, parentID)
}
