package registry

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Store is a folder of repositories. Its methods may be called at once, from one process.
type Store struct {
	root    string
	options Options
	uploads *uploads
	// manifests is held while manifests, tags and referrers of any repository change.
	manifests sync.Mutex
}

// Open opens a store, and makes it if it is not there and may be written. Uploads that an earlier process left open are
// thrown away: the hash of what they had was in its memory.
func Open(root string, options Options) (*Store, error) {
	options = options.withDefaults()
	store := &Store{root: root, options: options}
	if options.ReadOnly {
		if _, err := os.Stat(filepath.Join(root, "v2")); err != nil {
			return nil, fmt.Errorf("opening the registry's folder %s: %w", root, err)
		}
		return store, nil
	}
	staging := store.path("uploads")
	err := os.RemoveAll(staging)
	for _, folder := range []string{staging, store.path("v2"), store.path("blobs", sha256Name), store.path("blobs", sha512Name)} {
		if err == nil {
			err = os.MkdirAll(folder, 0o755)
		}
	}
	if err == nil {
		err = store.write([]byte(`{"imageLayoutVersion":"1.0.0"}`), "oci-layout")
	}
	if err != nil {
		return nil, fmt.Errorf("preparing the registry's folder %s: %w", root, err)
	}
	store.uploads = newUploads(staging, options)
	return store, nil
}

// Close throws away the uploads that are open.
func (s *Store) Close() {
	if s.uploads != nil {
		s.uploads.close()
	}
}

func (s *Store) path(elements ...string) string {
	return filepath.Join(append([]string{s.root}, elements...)...)
}

// place is the path of one of a repository's files: LAYOUT.md says what they are.
func (s *Store) place(name, kind, file string) string { return s.path("v2", name, kind, file) }

// content is the path of a blob's bytes, of which each repository that has it holds a hard link.
func (s *Store) content(digest Digest) string {
	return s.path("blobs", digest.Algorithm(), digest.Hex())
}

// write puts a whole file in its place, or none.
func (s *Store) write(bytes []byte, elements ...string) error {
	place := s.path(elements...)
	if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
		return err
	}
	beside, err := os.CreateTemp(s.path("uploads"), "write-")
	if err != nil {
		return err
	}
	defer os.Remove(beside.Name())
	_, err = beside.Write(bytes)
	return errors.Join(err, settle(beside, place))
}

// settle closes a complete file and gives it its name.
func settle(file *os.File, place string) error {
	err := file.Chmod(0o644)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), place)
}

// link gives a repository a blob or manifest that the store has, replacing what had the name before.
func (s *Store) link(digest Digest, name, kind, file string) error {
	content, place := s.content(digest), s.place(name, kind, file)
	if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
		return err
	}
	err := os.Link(content, place)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	beside := s.path("uploads", "link-"+rand.Text())
	if err := os.Link(content, beside); err != nil {
		return err
	}
	err = os.Rename(beside, place)
	// Of two links to the same file, rename does nothing and leaves both.
	_ = os.Remove(beside)
	return err
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
