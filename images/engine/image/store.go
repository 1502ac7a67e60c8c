package image

import (
	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"

	"twinhull/engine/events"
	"twinhull/engine/fault"
)

var errNotYet = fault.New(fault.NotImplemented, "not written yet")

// Store is the images of one engine.
type Store struct {
	root string
	bus  *events.Bus
}

// Open opens the store below root, /var/lib/docker, and removes what was left incomplete there.
func Open(root string, bus *events.Bus) (*Store, error) { return &Store{root: root, bus: bus}, nil }

// Get finds an image by name[:tag], name@digest, ID or the beginning of an ID that is no other image's.
func (s *Store) Get(ref string) (*Image, error) { return nil, errNotYet }

// List returns all images, the newest first.
func (s *Store) List() []*Image { return nil }

// Tag gives an image a name, taking it from the image that has it.
func (s *Store) Tag(img *Image, ref reference.Named) error { return errNotYet }

// AddDigest notes the digest of a manifest under which a repository has the image: after pull and push.
func (s *Store) AddDigest(img *Image, ref reference.Canonical) error { return errNotYet }

// Use notes that a container uses an image, until Release.
func (s *Store) Use(id digest.Digest, holder string) {}

// Release ends what Use began.
func (s *Store) Release(holder string) {}
