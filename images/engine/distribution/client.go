package distribution

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/distribution/reference"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Options say where images come from.
type Options struct {
	// Folder is a registry of static files, in which the images of docker.io are looked up if it exists.
	Folder string
	// Wire is a registry without TLS, host or host:port, that stands for docker.io before the folder does, if its name has an
	// address: then this machine is on a wire, and what it pulls can be seen there.
	Wire string
	// Insecure are registries that are spoken to without TLS, besides those of this machine: host, host:port, or a network
	// like 10.0.0.0/8.
	Insecure []string
	// Certificates has a folder for each registry, host or host:port, with the authority it is checked by: ca.crt.
	Certificates string
	// Platform of the images that are chosen from a list.
	Platform ocispec.Platform
	// Retry is the pause before the second attempt at a blob; each further one is longer by as much.
	Retry time.Duration
}

// Client pulls and pushes.
type Client struct {
	options Options
	// downloads and uploads have room for the layers that may be under way at once, in all pulls and pushes together.
	downloads, uploads chan struct{}

	mutex sync.Mutex
	// origins are the repositories that a layer was seen in, so that a push can mount it from there.
	origins map[origin]string
}

// origin is a layer at a registry.
type origin struct{ host, digest string }

// maxOrigins bounds what is remembered. Forgetting costs an upload.
const maxOrigins = 1024

// New makes a client. It keeps no connection between operations.
func New(options Options) *Client {
	if options.Platform.OS == "" {
		options.Platform = ocispec.Platform{OS: "linux", Architecture: "386"}
	}
	if options.Retry == 0 {
		options.Retry = 5 * time.Second
	}
	return &Client{
		options: options, origins: map[origin]string{},
		downloads: make(chan struct{}, atOnce), uploads: make(chan struct{}, atOnce),
	}
}

// open finds where a repository's images come from. The caller calls the function when it is done.
func (c *Client) open(name reference.Named, credentials Credentials) (source, func(), error) {
	if found := c.onWire(name, credentials); found != nil {
		return found, found.close, nil
	}
	if c.inFolder(name) {
		found, err := openFolder(c.options.Folder, reference.Path(name))
		if err != nil {
			return nil, nil, err
		}
		return found, found.close, nil
	}
	found, err := c.remote(name, credentials)
	if err != nil {
		return nil, nil, err
	}
	return found, found.close, nil
}

// inFolder tells whether the folder stands for a name's registry.
func (c *Client) inFolder(name reference.Named) bool {
	if c.options.Folder == "" || reference.Domain(name) != hub {
		return false
	}
	info, err := os.Stat(c.options.Folder)
	return err == nil && info.IsDir()
}

// remember notes that a repository has a layer.
func (c *Client) remember(host, digest, repository string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if len(c.origins) >= maxOrigins {
		clear(c.origins)
	}
	c.origins[origin{host, digest}] = repository
}

func (c *Client) recall(host, digest string) string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.origins[origin{host, digest}]
}

var errTooManyRedirects = errors.New("stopped after 10 redirects")

// checkRedirect follows some redirects, as blobs need them, but never from TLS to none.
func checkRedirect(next *http.Request, before []*http.Request) error {
	if len(before) >= 10 {
		return errTooManyRedirects
	}
	if before[len(before)-1].URL.Scheme == "https" && next.URL.Scheme != "https" {
		return errors.New("refusing a redirect from https to " + next.URL.Scheme)
	}
	return nil
}

// enter waits for room, and returns what makes it again.
func enter(ctx context.Context, room chan struct{}) (leave func(), err error) {
	select {
	case room <- struct{}{}:
		return func() { <-room }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// retryLine is what Docker prints before another attempt.
func retryLine(delay time.Duration) string {
	seconds := int(delay.Seconds())
	if seconds == 1 {
		return "Retrying in 1 second"
	}
	return fmt.Sprintf("Retrying in %d seconds", seconds)
}

// pause waits, unless the context ends first.
func pause(ctx context.Context, duration time.Duration) error {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
