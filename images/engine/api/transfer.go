package api

import (
	"io"

	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"twinhull/engine/distribution"
	"twinhull/engine/image"
)

// transferred is the image store as package distribution wants it.
type transferred struct{ *image.Store }

func (t transferred) ID(name reference.Named) digest.Digest {
	found, err := t.Get(name.String())
	if err != nil {
		return ""
	}
	return found.ID
}

func (t transferred) Has(id digest.Digest) bool {
	_, err := t.Get(id.String())
	return err == nil
}

func (t transferred) Name(id digest.Digest, name reference.Named) error {
	found, err := t.Get(id.String())
	if err != nil {
		return err
	}
	if canonical, ok := name.(reference.Canonical); ok {
		return t.AddDigest(found, canonical)
	}
	return t.Tag(found, name)
}

func (t transferred) Tags(repository reference.Named) []reference.NamedTagged {
	var tags []reference.NamedTagged
	for _, each := range t.List() {
		for _, name := range each.RepoTags {
			parsed, err := reference.ParseNormalizedNamed(name)
			if err != nil || parsed.Name() != repository.Name() {
				continue
			}
			if tagged, ok := parsed.(reference.NamedTagged); ok {
				tags = append(tags, tagged)
			}
		}
	}
	return tags
}

func (t transferred) Manifest(id digest.Digest) (ocispec.Descriptor, []byte, error) {
	found, err := t.Get(id.String())
	if err != nil {
		return ocispec.Descriptor{}, nil, err
	}
	return t.Store.Manifest(found)
}

func (t transferred) Receive() distribution.Receiver { return receiver{t.Ingest()} }

type receiver struct{ *image.Ingest }

func (r receiver) AddLayer(diffID digest.Digest, blob ocispec.Descriptor, content io.Reader) error {
	_, err := r.Ingest.AddLayer(diffID, blob, content)
	return err
}

func (r receiver) Register(config []byte) (digest.Digest, error) {
	made, err := r.Ingest.Register(config, "")
	if err != nil {
		return "", err
	}
	return made.ID, nil
}
