package registry

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
)

// referrers are the manifests of a repository whose subject is the given one, which need not exist.
func (s *Store) referrers(name string, subject Digest) ([]descriptor, error) {
	bytes, err := os.ReadFile(s.place(name, "referrers", string(subject)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list index
	if err := json.Unmarshal(bytes, &list); err != nil {
		return nil, err
	}
	return list.Manifests, nil
}

func (s *Store) addReferrer(name string, subject Digest, referrer descriptor) error {
	list, err := s.referrers(name, subject)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(list, func(d descriptor) bool { return d.Digest == referrer.Digest }) {
		return nil
	}
	return s.writeReferrers(name, subject, append(list, referrer))
}

func (s *Store) removeReferrer(name string, subject, referrer Digest) error {
	list, err := s.referrers(name, subject)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(d descriptor) bool { return d.Digest == referrer })
	if len(list) == 0 {
		err := os.Remove(s.place(name, "referrers", string(subject)))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	return s.writeReferrers(name, subject, list)
}

func (s *Store) writeReferrers(name string, subject Digest, list []descriptor) error {
	bytes, err := json.Marshal(newIndex(list))
	if err != nil {
		return err
	}
	if len(bytes) > maxManifest {
		return manifestInvalid.with("its subject %s has too many referrers for one list of %d bytes", subject, maxManifest)
	}
	return s.write(bytes, "v2", name, "referrers", string(subject))
}
