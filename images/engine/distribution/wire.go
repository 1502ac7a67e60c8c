package distribution

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/distribution/reference"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// lookupPatience is for a machine that has a resolver which does not answer: its cable is out, and the folder is there.
const lookupPatience = time.Second

// onWire is a repository of docker.io at the registry of the wire, and behind it at Docker Hub; nil if there is no wire.
func (c *Client) onWire(name reference.Named, credentials Credentials) source {
	if c.options.Wire == "" || reference.Domain(name) != hub || !resolves(c.options.Wire) {
		return nil
	}
	near, err := c.endpoint(c.options.Wire)
	if err != nil {
		return nil
	}
	return &chain{
		source: &remote{&authorizer{endpoint: near}, c.options.Wire, reference.Path(name)},
		next: func() source {
			if !resolves(hubHost) {
				return nil
			}
			far, err := c.remote(name, credentials)
			if err != nil {
				return nil
			}
			return far
		},
	}
}

// resolves tells whether a registry's name has an address, without waiting long for it.
func resolves(host string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), lookupPatience)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupHost(ctx, hostname(host))
	return err == nil && len(addresses) > 0
}

// chain is a source, and another for what the first does not have. The second is opened when it is needed.
type chain struct {
	source
	next func() source
}

func (c *chain) manifest(ctx context.Context, reference string) (ocispec.Descriptor, []byte, error) {
	described, content, err := c.source.manifest(ctx, reference)
	if c.goOn(err) {
		return c.source.manifest(ctx, reference)
	}
	return described, content, err
}

func (c *chain) tags(ctx context.Context) ([]string, error) {
	tags, err := c.source.tags(ctx)
	if c.goOn(err) {
		return c.source.tags(ctx)
	}
	return tags, err
}

// goOn takes the next source if the first has said that it has not what was asked for.
func (c *chain) goOn(err error) bool {
	var told *refusal
	if c.next == nil || !errors.As(err, &told) || told.status != http.StatusNotFound && told.code != codeDenied {
		return false
	}
	further := c.next()
	c.next = nil
	if further == nil {
		return false
	}
	c.source.close()
	c.source = further
	return true
}
