package image

import (
	"io"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Ingest receives one image from elsewhere: a registry, an archive, a build. Layers come first and in any order, several
// at a time if the caller likes; then Register makes them an image. What is not part of a registered image by the time of
// Close is gone, and so is what a machine that stops in between has left, when the store is opened again.
//
// Its methods have types of the standard library and of OCI alone, so that package distribution can name what it needs
// as an interface of its own.
type Ingest struct {
	store *Store
	// pinned are the layers that stay until Close.
	pinned []digest.Digest
}

// Ingest begins to receive an image. The caller owes a Close.
func (s *Store) Ingest() *Ingest { return &Ingest{store: s} }

// HasLayer tells whether a layer is here already ("Already exists") and, if so, keeps it until Close.
func (in *Ingest) HasLayer(diffID digest.Digest) bool { return false }

// AddLayer unpacks a layer while it is read. blob describes what r gives, compressed or not: media type (empty: told from
// the first bytes), digest (empty: not checked) and size (0: not known). diffID is the digest of the tar archive inside.
// It reads r to its end. An error names the layer's entry that was refused; nothing of the layer is left then.
func (in *Ingest) AddLayer(diffID digest.Digest, blob ocispec.Descriptor, r io.Reader) error {
	return errNotYet
}

// Register makes an image of the configuration and of layers that were added or found here. Names are given by
// Store.Tag and Store.AddDigest, which work on the image until Close even if it has no name yet.
func (in *Ingest) Register(config []byte) (*Image, error) { return nil, errNotYet }

// Close ends the reception.
func (in *Ingest) Close() {}

// Manifest returns the OCI manifest under which an image leaves this store, with its descriptor. Layers are in it as
// uncompressed tar archives (docs/adr/0050), so their digests are the image's diff IDs. Equal images have equal manifests.
func (s *Store) Manifest(img *Image) (ocispec.Descriptor, []byte, error) {
	return ocispec.Descriptor{}, nil, errNotYet
}

// Blob opens a configuration or a layer of a Manifest, with its size. Layers are written anew from their files while they
// are read, bit by bit as they once came. Opening it again and closing it early are cheap.
func (s *Store) Blob(id digest.Digest) (io.ReadCloser, int64, error) { return nil, 0, errNotYet }
