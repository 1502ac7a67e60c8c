package image

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"

	"twinhull/engine/fault"
)

// Removed is one thing that Remove did: a name that was taken away, or an image or a layer that was deleted.
type Removed struct {
	Untagged string `json:"Untagged,omitempty"`
	Deleted  string `json:"Deleted,omitempty"`
}

// removal is one call of Remove. The store's mutex is held by whoever has one.
type removal struct {
	*Store
	// running tells of each container that uses an image whether it runs.
	running map[string]bool
	done    []Removed
	events  []func()
}

// Remove takes a name away, and deletes the image if it was the last. An ID takes all names away if they are of one
// repository. Containers that use the image, and images made from it, are in the way; force ignores stopped containers and
// names. With prune, parents that nobody needs any more go too. These are Docker's rules, and its words.
func (s *Store) Remove(ref string, force, prune bool) ([]Removed, error) {
	r := s.removal()
	defer func() {
		s.mutex.Unlock()
		for _, publish := range r.events {
			publish()
		}
	}()
	id, err := s.find(ref)
	if err != nil {
		return nil, err
	}
	err = r.remove(id, ref, force, prune)
	return r.done, err
}

// removal locks the store, after it has asked which containers run.
func (s *Store) removal() *removal {
	s.mutex.Lock()
	holders := slices.Collect(maps.Keys(s.holders))
	s.mutex.Unlock()
	r := &removal{Store: s, running: map[string]bool{}}
	if s.Running != nil {
		for _, holder := range holders {
			r.running[holder] = s.Running(holder)
		}
	}
	s.mutex.Lock()
	return r
}

func (r *removal) remove(id digest.Digest, ref string, force, prune bool) error {
	names := r.names(id)
	if isIDPrefix(id, ref) {
		if isOfOneRepository(names) {
			if err := r.conflict(id, force, true); err != nil {
				return err
			}
			if err := r.untag(id, names...); err != nil {
				return err
			}
		}
		return r.delete(id, force, prune, false)
	}
	if holder := r.holder(id, nil); holder != "" && !force && isOfOneRepository(names) {
		return fault.New(fault.Conflict, "conflict: unable to remove repository reference %q (must force) - container %s is using "+
			"its referenced image %s", ref, short(holder), short(id.Encoded()))
	}
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return fault.As(fault.Invalid, err)
	}
	if err := r.untag(id, fullName(named)); err != nil {
		return err
	}
	// Digests alone do not keep an image in a repository whose last tag has gone.
	if _, byDigest := named.(reference.Canonical); !byDigest {
		ofRepository := func(name string) bool { return repository(name) == named.Name() }
		left := slices.DeleteFunc(r.names(id), func(name string) bool { return !ofRepository(name) })
		if !slices.ContainsFunc(left, func(name string) bool { return !isDigestName(name) }) {
			if err := r.untag(id, left...); err != nil {
				return err
			}
		}
	}
	if len(r.names(id)) > 0 {
		return nil
	}
	return r.delete(id, force, prune, true)
}

// names lists an image's names in full, sorted.
func (s *Store) names(id digest.Digest) []string {
	var names []string
	for name, of := range s.index.Names {
		if of == id {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func isDigestName(name string) bool { return strings.Contains(name, "@") }

// repository is a full name without its tag or digest.
func repository(name string) string {
	if before, _, found := strings.Cut(name, "@"); found {
		return before
	}
	return name[:strings.LastIndexByte(name, ':')]
}

// isOfOneRepository tells whether names are one tag at most, and digests in its repository alone.
func isOfOneRepository(names []string) bool {
	if len(names) <= 1 {
		return len(names) == 1
	}
	tags := 0
	for _, name := range names {
		if repository(name) != repository(names[0]) {
			return false
		}
		if !isDigestName(name) {
			tags++
		}
	}
	return tags <= 1
}

func isIDPrefix(id digest.Digest, ref string) bool {
	return strings.HasPrefix(id.String(), ref) || strings.HasPrefix(id.Encoded(), ref)
}

// short is the beginning of an ID that Docker prints.
func short(id string) string { return id[:min(12, len(id))] }

// holder finds a container that uses an image; running, if given, is what it must be.
func (r *removal) holder(id digest.Digest, running *bool) string {
	for _, holder := range slices.Sorted(maps.Keys(r.holders)) {
		if r.holders[holder] == id && (running == nil || r.running[holder] == *running) {
			return holder
		}
	}
	return ""
}

func (r *removal) untag(id digest.Digest, names ...string) error {
	for _, name := range names {
		delete(r.index.Names, name)
		r.done = append(r.done, Removed{Untagged: familiar(name)})
		r.tell("untag", id)
	}
	return r.save()
}

func (r *removal) tell(action string, id digest.Digest) {
	var labels map[string]string
	if img, err := r.image(id); err == nil {
		labels = img.Config.Config.Labels
	}
	r.events = append(r.events, func() { r.publish(action, id, id.String(), labels) })
}

// conflictError says what is in the way of deleting an image.
type conflictError struct {
	error
	// isUse is set for containers.
	isUse bool
}

func (c conflictError) Unwrap() error { return c.error }

// conflict finds what is in the way of deleting an image. byID leaves names out of account.
func (s *removal) conflict(id digest.Digest, force, byID bool) error {
	inTheWay := func(how, format string, arguments ...any) error {
		what := fmt.Sprintf(format, arguments...)
		return fault.New(fault.Conflict, "conflict: unable to delete %s (%s) - %s", short(id.Encoded()), how, what)
	}
	yes, no := true, false
	if s.hasChildren(id) {
		return inTheWay("cannot be forced", "image has dependent child images")
	}
	if holder := s.holder(id, &yes); holder != "" {
		return conflictError{inTheWay("cannot be forced", "image is being used by running container %s", short(holder)), true}
	}
	if force {
		return nil
	}
	if !byID && len(s.names(id)) > 0 {
		return inTheWay("must be forced", "image is referenced in multiple repositories")
	}
	if holder := s.holder(id, &no); holder != "" {
		return conflictError{inTheWay("must be forced", "image is being used by stopped container %s", short(holder)), true}
	}
	return nil
}

// hasChildren tells whether an image was made from this one. The mutex is held.
func (s *Store) hasChildren(id digest.Digest) bool {
	for _, record := range s.index.Images {
		if record.Parent == id {
			return true
		}
	}
	return false
}

// delete deletes an image. If quiet, what is in the way is an error only if the image would be left behind nameless.
func (r *removal) delete(id digest.Digest, force, prune, quiet bool) error {
	if err := r.conflict(id, force, false); err != nil {
		use, _ := err.(conflictError)
		isDangling := len(r.names(id)) == 0 && !r.hasChildren(id)
		if quiet && (!isDangling || use.isUse) {
			return nil
		}
		return err
	}
	if err := r.untag(id, r.names(id)...); err != nil {
		return err
	}
	record := r.index.Images[id]
	r.tell("delete", id)
	delete(r.index.Images, id)
	if err := r.save(); err != nil {
		return err
	}
	if err := os.Remove(r.config(id)); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("delete image %s: %w", id, err)
	}
	r.done = append(r.done, Removed{Deleted: id.String()})
	if err := r.collect(); err != nil {
		return fmt.Errorf("delete the layers of image %s: %w", id, err)
	}
	chain := chainIDs(record.Layers)
	for i := len(record.Layers) - 1; i >= 0; i-- {
		if r.index.Layers[record.Layers[i]] == nil {
			r.done = append(r.done, Removed{Deleted: chain[i].String()})
		}
	}
	if !prune || record.Parent == "" || r.index.Images[record.Parent] == nil {
		return nil
	}
	return r.delete(record.Parent, false, true, true)
}

// chainIDs are what Docker calls the layers of an image: each depends on those below it.
func chainIDs(layers []digest.Digest) []digest.Digest {
	chain := make([]digest.Digest, len(layers))
	for i, diffID := range layers {
		if chain[i] = diffID; i > 0 {
			chain[i] = digest.FromString(chain[i-1].String() + " " + diffID.String())
		}
	}
	return chain
}
