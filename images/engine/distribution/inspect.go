package distribution

import (
	"context"
	"encoding/json"
	"time"

	"github.com/distribution/reference"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Inspection is what a registry has under a name, without pulling it.
type Inspection struct {
	Descriptor ocispec.Descriptor
	Platforms  []ocispec.Platform
}

// Inspect describes an image at its registry.
func (c *Client) Inspect(ctx context.Context, name reference.Named, credentials Credentials) (Inspection, error) {
	name = reference.TagNameOnly(name)
	from, done, err := c.open(name, credentials)
	if err != nil {
		return Inspection{}, err
	}
	defer done()
	found, err := inspect(ctx, from, referenceOf(name), c.options.Retry)
	return found, pullFailure(err, name)
}

func inspect(ctx context.Context, from source, asked string, retry time.Duration) (Inspection, error) {
	described, content, err := from.manifest(ctx, asked)
	if err != nil {
		return Inspection{}, err
	}
	found := Inspection{Descriptor: described, Platforms: []ocispec.Platform{}}
	if isList(described.MediaType) {
		var index ocispec.Index
		if err := json.Unmarshal(content, &index); err != nil {
			return Inspection{}, err
		}
		for _, each := range index.Manifests {
			if each.Platform != nil {
				found.Platforms = append(found.Platforms, *each.Platform)
			}
		}
		return found, nil
	}
	manifest, err := parseImage(described.MediaType, content)
	if err != nil {
		return Inspection{}, err
	}
	config, err := readConfig(ctx, from, manifest.Config, retry)
	if err != nil {
		return Inspection{}, err
	}
	var platform ocispec.Platform
	if json.Unmarshal(config, &platform) == nil && platform.Architecture != "" {
		found.Platforms = append(found.Platforms, platform)
	}
	return found, nil
}
