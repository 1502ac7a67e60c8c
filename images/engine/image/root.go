package image

import (
	"io"

	"github.com/opencontainers/go-digest"
)

// IDMap is how the users of a container appear on the machine: user n inside is n + UID outside, for Size users, and so
// for groups.
type IDMap struct{ UID, GID, Size int }

// Root is a container's file system: the image's layers below, its own changes on top.
type Root struct {
	store *Store
	id    string
}

// CreateRoot makes the file system of a container with an ID. Without an image it is empty, without a map users are the
// machine's.
func (s *Store) CreateRoot(id string, img *Image, remap *IDMap) (*Root, error) { return nil, errNotYet }

// OpenRoot finds a file system that CreateRoot has made, perhaps before the engine was restarted.
func (s *Store) OpenRoot(id string) (*Root, error) { return nil, errNotYet }

// Mount mounts the file system, if it is not mounted yet, and says where.
func (r *Root) Mount() (path string, err error) { return "", errNotYet }

// Unmount ends Mount; what is not mounted stays so.
func (r *Root) Unmount() error { return errNotYet }

// Remove unmounts and deletes the file system.
func (r *Root) Remove() error { return errNotYet }

// Kinds of Change, with Docker's numbers.
const (
	Modified = 0
	Added    = 1
	Deleted  = 2
)

// Change is one path that differs from the image.
type Change struct {
	Path string `json:"Path"`
	Kind int    `json:"Kind"`
}

// Changes lists what differs from the image, sorted by path.
func (r *Root) Changes() ([]Change, error) { return nil, errNotYet }

// Diff writes the changes as a layer: a tar archive with whiteouts.
func (r *Root) Diff(w io.Writer) error { return errNotYet }

// Sizes returns the bytes of the changes, and of all files together.
func (r *Root) Sizes() (rw, rootFs int64, err error) { return 0, 0, errNotYet }

// Commit makes an image of a container's changes on top of its image. parent is that image, nil for scratch.
func (s *Store) Commit(root *Root, config Config, comment, author string, parent *Image) (*Image, error) {
	return nil, errNotYet
}

// LayerOf keeps a layer that write produces as a tar archive, for Ingest.Register. Equal bytes are one layer.
func (in *Ingest) LayerOf(write func(io.Writer) error) (diffID digest.Digest, err error) { return "", errNotYet }
