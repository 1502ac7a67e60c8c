package registry

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// openBlob opens a repository's blob.
func (s *Store) openBlob(name string, digest Digest) (*os.File, error) {
	file, err := os.Open(s.place(name, "blobs", string(digest)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, blobUnknown.with("%s has no blob %s", name, digest)
	}
	return file, err
}

func (s *Store) hasBlob(name string, digest Digest) bool {
	return exists(s.place(name, "blobs", string(digest)))
}

// mountBlob gives a repository the blob of another one, or, if from is empty, whatever repository has it.
func (s *Store) mountBlob(name, from string, digest Digest) error {
	if from != "" && !s.hasBlob(from, digest) {
		return blobUnknown.with("%s has no blob %s", from, digest)
	}
	err := s.link(digest, name, "blobs", string(digest))
	if errors.Is(err, fs.ErrNotExist) {
		return blobUnknown.with("no repository has the blob %s", digest)
	}
	return err
}

// deleteBlob takes a blob from one repository. The garbage collection frees its bytes when no other one has it.
func (s *Store) deleteBlob(name string, digest Digest) error {
	err := os.Remove(s.place(name, "blobs", string(digest)))
	if errors.Is(err, fs.ErrNotExist) {
		return blobUnknown.with("%s has no blob %s", name, digest)
	}
	return err
}

// adopt makes a complete file the content that its digest names, in a repository.
func (s *Store) adopt(file *os.File, name string, digest Digest) error {
	if exists(s.content(digest)) {
		err := errors.Join(file.Close(), os.Remove(file.Name()))
		return errors.Join(err, s.link(digest, name, "blobs", string(digest)))
	}
	if err := settle(file, s.content(digest)); err != nil {
		return fmt.Errorf("storing the blob %s: %w", digest, err)
	}
	return s.link(digest, name, "blobs", string(digest))
}
