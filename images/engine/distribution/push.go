package distribution

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"twinhull/engine/fault"
)

// push is one image on the way to a registry.
type push struct {
	client *Client
	to     *remote
	images Images
	output *Output
}

// PushResult is what a push tells programs.
type PushResult struct {
	Tag    string
	Digest string
	Size   int
}

// Push sends a tagged image; all tags of the repository if the name has no tag. Refused are digests.
func (c *Client) Push(ctx context.Context, name reference.Named, credentials Credentials, images Images, output *Output) error {
	repository := reference.TrimNamed(name)
	output.Status("", "The push refers to repository [%s]", repository.Name())
	tags := images.Tags(repository)
	if tagged, ok := name.(reference.NamedTagged); ok {
		if images.ID(tagged) != "" {
			tags = []reference.NamedTagged{tagged}
		} else if len(tags) > 0 {
			return fault.New(fault.NotFound, "tag does not exist: %s", reference.FamiliarString(tagged))
		}
	}
	if len(tags) == 0 {
		return fault.New(fault.NotFound, "An image does not exist locally with the tag: %s", reference.FamiliarName(repository))
	}
	if _, digested := name.(reference.Digested); digested {
		return fault.New(fault.Invalid, "cannot push a digest reference")
	}
	if c.inFolder(name) {
		return fault.As(fault.Forbidden, errDenied)
	}
	to, err := c.remote(name, credentials)
	if err != nil {
		return err
	}
	defer to.close()
	for _, tag := range tags {
		if err := (push{c, to, images, output}).one(ctx, tag); err != nil {
			return err
		}
	}
	return nil
}

// one sends the layers, the configuration and the manifest of an image, in this order.
func (p push) one(ctx context.Context, name reference.NamedTagged) error {
	id := p.images.ID(name)
	described, content, err := p.images.Manifest(id)
	if err != nil {
		return err
	}
	var manifest ocispec.Manifest
	if err := json.Unmarshal(content, &manifest); err != nil {
		return fmt.Errorf("reading the manifest of %s: %w", reference.FamiliarString(name), err)
	}
	if err := p.layers(ctx, manifest.Layers); err != nil {
		return err
	}
	if err := p.config(ctx, manifest.Config); err != nil {
		return err
	}
	if err := p.to.putManifest(ctx, name.Tag(), described.MediaType, content); err != nil {
		return err
	}
	canonical, err := reference.WithDigest(reference.TrimNamed(name), described.Digest)
	if err != nil {
		return err
	}
	if err := p.images.Name(id, canonical); err != nil {
		return err
	}
	p.output.Status("", "%s: digest: %s size: %d", name.Tag(), described.Digest, len(content))
	p.output.Aux(PushResult{name.Tag(), described.Digest.String(), len(content)})
	return nil
}

// layers sends those that the registry does not have, the topmost first, as Docker lists them.
func (p push) layers(ctx context.Context, blobs []ocispec.Descriptor) error {
	var wanted []ocispec.Descriptor
	begun := map[digest.Digest]bool{}
	for i := len(blobs) - 1; i >= 0; i-- {
		if !begun[blobs[i].Digest] {
			begun[blobs[i].Digest] = true
			wanted = append(wanted, blobs[i])
			p.output.Step(shortID(blobs[i].Digest), "Preparing")
		}
	}
	return inParallel(ctx, len(wanted), atOnce, func(n int) {
		p.output.Step(shortID(wanted[n].Digest), "Waiting")
	}, func(ctx context.Context, n int) error {
		return p.retrying(ctx, wanted[n])
	})
}

// retrying sends a layer, from its beginning again if a connection breaks.
func (p push) retrying(ctx context.Context, blob ocispec.Descriptor) error {
	leave, err := enter(ctx, p.client.uploads)
	if err != nil {
		return err
	}
	defer leave()
	for failed := 1; ; failed++ {
		err := p.layer(ctx, blob)
		if err == nil || failed == attempts || !temporary(err) || ctx.Err() != nil {
			return err
		}
		delay := p.client.options.Retry * time.Duration(failed)
		p.output.Step(shortID(blob.Digest), retryLine(delay))
		if err := pause(ctx, delay); err != nil {
			return err
		}
	}
}

func (p push) layer(ctx context.Context, blob ocispec.Descriptor) error {
	id := shortID(blob.Digest)
	found, err := p.to.hasBlob(ctx, blob.Digest)
	if err != nil {
		return err
	}
	if found {
		p.output.Step(id, "Layer already exists")
		p.client.remember(p.to.host, blob.Digest.String(), p.to.name)
		return nil
	}
	from := p.client.recall(p.to.host, blob.Digest.String())
	upload, err := p.to.startUpload(ctx, blob.Digest, from)
	if err != nil {
		return err
	}
	if upload == nil {
		p.output.Step(id, "Mounted from "+from)
	} else {
		if err := p.send(ctx, upload, blob, id); err != nil {
			return err
		}
		p.output.Step(id, "Pushed")
	}
	p.client.remember(p.to.host, blob.Digest.String(), p.to.name)
	return nil
}

func (p push) config(ctx context.Context, blob ocispec.Descriptor) error {
	if found, err := p.to.hasBlob(ctx, blob.Digest); found || err != nil {
		return err
	}
	upload, err := p.to.startUpload(ctx, blob.Digest, "")
	if upload == nil || err != nil {
		return err
	}
	return p.send(ctx, upload, blob, "")
}
