// Package distribution is the client side of a registry: pull and push, and what they print.
//
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
package distribution

import (
	"context"
	"io"

	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Images is what pull and push need of an image store.
type Images interface {
	// ID is the image that a name has; empty if none.
	ID(name reference.Named) digest.Digest
	// Has tells whether an image is here, by its ID.
	Has(id digest.Digest) bool
	// Name gives an image a tag (NamedTagged) or notes a repository's digest for it (Canonical).
	Name(id digest.Digest, name reference.Named) error
	// Receive begins to take an image in.
	Receive() Receiver
	// Tags are the tags that a repository's images have here.
	Tags(repository reference.Named) []reference.NamedTagged
	// Manifest describes an image as it leaves, with the digests of what Blob opens.
	Manifest(id digest.Digest) (ocispec.Descriptor, []byte, error)
	// Blob opens a configuration or layer of a Manifest, with its size. It may be opened again.
	Blob(id digest.Digest) (io.ReadCloser, int64, error)
}

// Receiver takes one image in: layers in any order and several at a time, then the configuration.
type Receiver interface {
	// HasLayer tells whether a layer need not be brought.
	HasLayer(diffID digest.Digest) bool
	// AddLayer unpacks a layer while it is read. It refuses content whose digest is not the blob's, or whose archive's is
	// not the diffID; an error leaves nothing of the layer.
	AddLayer(diffID digest.Digest, blob ocispec.Descriptor, content io.Reader) error
	// Register makes the image, and returns its ID.
	Register(config []byte) (digest.Digest, error)
	// Close ends the reception, after the image has its names; what is not an image's is gone.
	Close()
}

// source is a repository that images come from: a registry's, or a folder's.
type source interface {
	// manifest finds a manifest by tag or digest. The content has been checked against its digest.
	manifest(ctx context.Context, reference string) (ocispec.Descriptor, []byte, error)
	// blob opens content from an offset on. It may give more, less or something else than the digest says.
	blob(ctx context.Context, id digest.Digest, offset int64) (io.ReadCloser, error)
	// tags lists all tags.
	tags(ctx context.Context) ([]string, error)
	close()
}

const (
	// maxManifest is the limit of registries: 4 MB.
	maxManifest = 4 << 20
	// maxConfig is for configurations, of which those with hundreds of steps have some 100 KB.
	maxConfig = 4 << 20
	// atOnce is how many layers come at once, as Docker's default.
	atOnce = 3
	// maxTags bounds the tags of one `pull --all-tags`.
	maxTags = 10_000
)
