package distribution

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"twinhull/engine/fault"
)

// pull is one image, or all tags of a repository, on the way here.
type pull struct {
	client   *Client
	from     source
	images   Images
	platform ocispec.Platform
	output   *Output
	name     reference.Named
}

// Pull brings an image by tag or digest; all tags if the name has neither. platform may be nil.
func (c *Client) Pull(
	ctx context.Context, name reference.Named, credentials Credentials, platform *ocispec.Platform, images Images, output *Output,
) error {
	from, done, err := c.open(name, credentials)
	if err != nil {
		return err
	}
	defer done()
	one := pull{c, from, images, c.options.Platform, output, name}
	if platform != nil {
		one.platform = *platform
	}
	if reference.IsNameOnly(name) {
		err = one.allTags(ctx)
	} else {
		err = one.run(ctx)
	}
	return pullFailure(err, name)
}

func (p pull) run(ctx context.Context) error {
	fresh, err := p.one(ctx, p.name)
	if err != nil {
		return err
	}
	p.conclude(fresh)
	return nil
}

func (p pull) allTags(ctx context.Context) error {
	tags, err := p.from.tags(ctx)
	if err != nil {
		return err
	}
	anyFresh := false
	for _, tag := range tags {
		tagged, err := reference.WithTag(p.name, tag)
		if err != nil {
			return fault.New(fault.Invalid, "the registry has the tag %q: %w", tag, err)
		}
		fresh, err := p.one(ctx, tagged)
		if err != nil {
			return err
		}
		anyFresh = anyFresh || fresh
	}
	p.conclude(anyFresh)
	return nil
}

func (p pull) conclude(fresh bool) {
	if fresh {
		p.output.Status("", "Status: Downloaded newer image for %s", reference.FamiliarString(p.name))
	} else {
		p.output.Status("", "Status: Image is up to date for %s", reference.FamiliarString(p.name))
	}
}

// one brings one image and gives it its names. It tells whether the name had another image before, or none.
func (p pull) one(ctx context.Context, name reference.Named) (bool, error) {
	asked := referenceOf(name)
	described, content, err := p.from.manifest(ctx, asked)
	if err != nil {
		return false, err
	}
	p.output.Status(asked, "Pulling from %s", reference.Path(name))
	top := described
	if isList(described.MediaType) {
		entry, err := choose(content, p.platform)
		if err != nil {
			return false, err
		}
		if described, content, err = p.from.manifest(ctx, entry.Digest.String()); err != nil {
			return false, err
		}
	}
	manifest, err := parseImage(described.MediaType, content)
	if err != nil {
		return false, err
	}
	id, done, err := p.image(ctx, manifest)
	if err != nil {
		return false, err
	}
	defer done()
	p.output.Status("", "Digest: %s", top.Digest)
	before := p.images.ID(name)
	return before != id, p.giveNames(id, name, top.Digest)
}

// giveNames notes the digest of what was asked for, and the tag.
func (p pull) giveNames(id digest.Digest, name reference.Named, top digest.Digest) error {
	canonical, err := reference.WithDigest(reference.TrimNamed(name), top)
	if err != nil {
		return err
	}
	if err := p.images.Name(id, canonical); err != nil {
		return err
	}
	if _, tagged := name.(reference.NamedTagged); tagged {
		if _, digested := name.(reference.Digested); !digested {
			return p.images.Name(id, name)
		}
	}
	return nil
}

// image brings what the store does not have. The function keeps the image from being removed until it has a name.
func (p pull) image(ctx context.Context, manifest ocispec.Manifest) (digest.Digest, func(), error) {
	if p.images.Has(manifest.Config.Digest) {
		return manifest.Config.Digest, func() {}, nil
	}
	config, err := readConfig(ctx, p.from, manifest.Config, p.client.options.Retry)
	if err != nil {
		return "", nil, err
	}
	diffIDs, err := diffIDsOf(config, len(manifest.Layers))
	if err != nil {
		return "", nil, err
	}
	receiver := p.images.Receive()
	if err := p.layers(ctx, receiver, manifest.Layers, diffIDs); err != nil {
		receiver.Close()
		return "", nil, err
	}
	id, err := receiver.Register(config)
	if err != nil {
		receiver.Close()
		return "", nil, err
	}
	return id, receiver.Close, nil
}

func readConfig(ctx context.Context, from source, wanted ocispec.Descriptor, retry time.Duration) ([]byte, error) {
	if wanted.Size > maxConfig {
		return nil, fault.New(fault.Invalid, "the image's configuration has %d bytes, and %d are allowed", wanted.Size, maxConfig)
	}
	content := newFetch(ctx, from, wanted, retry)
	defer content.Close()
	config, err := io.ReadAll(content)
	if err != nil {
		return nil, err
	}
	if found := digest.FromBytes(config); found != wanted.Digest {
		return nil, fmt.Errorf("image config verification failed for digest %s: it is %s: %w", wanted.Digest, found, errMismatch)
	}
	return config, nil
}

var errLayersMismatch = errors.New("layers from manifest don't match image configuration")

func diffIDsOf(config []byte, layers int) ([]digest.Digest, error) {
	var read struct {
		RootFS *ocispec.RootFS `json:"rootfs"`
	}
	if err := json.Unmarshal(config, &read); err != nil {
		return nil, fault.New(fault.Invalid, "the image's configuration is not JSON: %w", err)
	}
	if read.RootFS == nil {
		return nil, fault.New(fault.Invalid, "image config has no rootfs section")
	}
	if len(read.RootFS.DiffIDs) != layers {
		return nil, fault.As(fault.Invalid, errLayersMismatch)
	}
	for _, each := range read.RootFS.DiffIDs {
		if err := each.Validate(); err != nil {
			return nil, fault.New(fault.Invalid, "the image's configuration names the layer %q: %w", each, err)
		}
	}
	return read.RootFS.DiffIDs, nil
}

// referenceOf is the part of a name that a registry is asked for: the digest if there is one, else the tag.
func referenceOf(name reference.Named) string {
	switch named := name.(type) {
	case reference.Digested:
		return named.Digest().String()
	case reference.Tagged:
		return named.Tag()
	}
	panic(fmt.Sprintf("%s has neither tag nor digest", name))
}
