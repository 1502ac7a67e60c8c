package registry

import (
	"errors"
	"io/fs"
	"os"
	"strings"
)

// readManifest returns a manifest by its tag or digest. Nothing has a tag that is none.
func (s *Store) readManifest(name, reference string) ([]byte, error) {
	if !isDigest(reference) && !validTag(reference) {
		return nil, manifestUnknown.with("%q is not a tag", reference)
	}
	bytes, err := os.ReadFile(s.place(name, "manifests", reference))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, manifestUnknown.with("%s has no manifest %s", name, reference)
	}
	return bytes, err
}

// checkReference accepts a tag or a digest.
func checkReference(reference string) error {
	if strings.Contains(reference, ":") {
		_, err := ParseDigest(reference)
		return err
	}
	if !validTag(reference) {
		return tagInvalid.with("%q is not a tag: letters, digits, underscores, and inside also periods and dashes", reference)
	}
	return nil
}

func isDigest(reference string) bool { return strings.Contains(reference, ":") }

// PutManifest stores a manifest under a tag or under its digest. All that it names must be there, but for its subject
// and for layers that are elsewhere. declared is its media type, or empty.
func (s *Store) PutManifest(name, reference, declared string, bytes []byte) (Digest, error) {
	_, digest, err := s.putManifest(name, reference, declared, bytes)
	return digest, err
}

func (s *Store) putManifest(name, reference, declared string, bytes []byte) (*manifest, Digest, error) {
	if err := errors.Join(checkName(name), checkReference(reference)); err != nil {
		return nil, "", err
	}
	parsed, err := parseManifest(bytes, declared)
	if err != nil {
		return nil, "", err
	}
	digest := digestOf(bytes)
	if isDigest(reference) {
		if !Digest(reference).sameAs(bytes) {
			return nil, "", digestInvalid.with("the manifest has the digest %s, not %s", digest, reference)
		}
		digest = Digest(reference)
	}
	s.manifests.Lock()
	defer s.manifests.Unlock()
	if err := s.checkComplete(name, parsed); err != nil {
		return nil, "", err
	}
	if !exists(s.content(digest)) {
		if err := s.write(bytes, "blobs", digest.Algorithm(), digest.Hex()); err != nil {
			return nil, "", err
		}
	}
	// The subject's list comes before the manifest: a list that names too much is repaired by pushing again.
	if parsed.Subject != nil {
		if err := s.addReferrer(name, parsed.Subject.Digest, parsed.asReferrer(digest, len(bytes))); err != nil {
			return nil, "", err
		}
	}
	err = s.link(digest, name, "manifests", string(digest))
	if err == nil && !isDigest(reference) {
		err = s.link(digest, name, "manifests", reference)
	}
	return parsed, digest, err
}

func (s *Store) checkComplete(name string, parsed *manifest) error {
	for _, each := range parsed.blobs() {
		if len(each.URLs) == 0 && !s.hasBlob(name, each.Digest) {
			return manifestBlobUnknown.with("%s has no blob %s", name, each.Digest)
		}
	}
	if !parsed.isIndex() {
		return nil
	}
	for _, each := range parsed.Manifests {
		if !exists(s.place(name, "manifests", string(each.Digest))) {
			return manifestBlobUnknown.with("%s has no manifest %s", name, each.Digest)
		}
	}
	return nil
}

// deleteManifest removes a tag, or a manifest with all of its tags.
func (s *Store) deleteManifest(name, reference string) error {
	s.manifests.Lock()
	defer s.manifests.Unlock()
	bytes, err := s.readManifest(name, reference)
	if err != nil {
		return err
	}
	if !isDigest(reference) {
		return os.Remove(s.place(name, "manifests", reference))
	}
	tags, err := s.tags(name)
	if err != nil {
		return err
	}
	for _, tag := range tags {
		if tagged, err := s.readManifest(name, tag); err == nil && Digest(reference).sameAs(tagged) {
			if err := os.Remove(s.place(name, "manifests", tag)); err != nil {
				return err
			}
		}
	}
	if err := os.Remove(s.place(name, "manifests", reference)); err != nil {
		return err
	}
	if parsed, err := parseManifest(bytes, ""); err == nil && parsed.Subject != nil {
		return s.removeReferrer(name, parsed.Subject.Digest, Digest(reference))
	}
	return nil
}
