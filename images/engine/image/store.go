package image

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"

	"twinhull/engine/events"
	"twinhull/engine/fault"
)

// Store is the images of one engine.
type Store struct {
	places
	// Running tells whether a container that uses an image runs. Without it none does. Set it before others use the store.
	Running func(holder string) bool
	// Now is the clock that dates images and names. Who makes equal bytes twice sets it before others use the store.
	Now func() time.Time

	bus   *events.Bus
	mutex sync.Mutex
	index index
	// pins count who needs a layer that may belong to no image yet.
	pins map[digest.Digest]int
	// mountPoints are the images that have a folder of them.
	mountPoints map[digest.Digest]bool
	// holders are containers, with the image that each uses.
	holders map[string]digest.Digest

	// roots are the records of containers' file systems that were read or made before: a container's is asked for
	// several times in its life. They have a lock of their own, because some who hold the mutex ask.
	rootsMutex sync.Mutex
	roots      map[string]rootRecord
}

// Open opens the store below root, /var/lib/docker, and removes what was left incomplete there.
func Open(root string, bus *events.Bus) (*Store, error) {
	s := &Store{
		places: places{root}, bus: bus, Now: time.Now,
		pins: map[digest.Digest]int{}, mountPoints: map[digest.Digest]bool{}, holders: map[string]digest.Digest{},
		roots: map[string]rootRecord{},
	}
	for _, folder := range []string{filepath.Join("image", "configs"), filepath.Join("image", "journals")} {
		if err := os.MkdirAll(filepath.Join(root, folder), 0o700); err != nil {
			return nil, fmt.Errorf("open the image store: %w", err)
		}
	}
	// Users of a container with a map of its own pass through.
	if err := os.MkdirAll(s.overlay(), 0o711); err != nil {
		return nil, fmt.Errorf("open the image store: %w", err)
	}
	var err error
	if s.index, err = readIndex(s.places.index()); err != nil {
		return nil, err
	}
	if err := s.sweep(); err != nil {
		return nil, fmt.Errorf("clean the image store: %w", err)
	}
	return s, nil
}

// Get finds an image by name[:tag], name@digest, ID or the beginning of an ID that is no other image's.
func (s *Store) Get(ref string) (*Image, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	id, err := s.find(ref)
	if err != nil {
		return nil, err
	}
	return s.image(id)
}

// find is Get for the ID. Names as people write them are looked up without parsing, which costs more than all the rest.
func (s *Store) find(ref string) (digest.Digest, error) {
	for _, prefix := range []string{"docker.io/library/", "docker.io/"} {
		for _, tag := range []string{"", ":latest"} {
			if id, ok := s.index.Names[prefix+ref+tag]; ok {
				return id, nil
			}
		}
	}
	parsed, err := reference.ParseAnyReference(ref)
	if err != nil {
		return "", fault.As(fault.Invalid, err)
	}
	if named, ok := parsed.(reference.Named); ok {
		if id, ok := s.index.Names[fullName(named)]; ok {
			return id, nil
		}
		parsed = reference.TagNameOnly(named)
	} else if digested, ok := parsed.(reference.Digested); ok && s.index.Images[digested.Digest()] != nil {
		return digested.Digest(), nil
	}
	if id := s.byPrefix(ref); id != "" {
		return id, nil
	}
	return "", fault.New(fault.NotFound, "No such image: %s", reference.FamiliarString(parsed))
}

// fullName is a name's key in the index. Of a name with tag and digest the digest counts, because it cannot change.
func fullName(named reference.Named) string {
	if canonical, ok := named.(reference.Canonical); ok {
		return canonical.Name() + "@" + canonical.Digest().String()
	}
	return reference.TagNameOnly(named).String()
}

func (s *Store) byPrefix(prefix string) digest.Digest {
	prefix = strings.TrimPrefix(prefix, "sha256:")
	if prefix == "" {
		return ""
	}
	var found digest.Digest
	for id := range s.index.Images {
		if strings.HasPrefix(id.Encoded(), prefix) {
			if found != "" {
				return ""
			}
			found = id
		}
	}
	return found
}

// List returns all images, the newest first. One whose configuration cannot be read is left out.
func (s *Store) List() []*Image {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	list := make([]*Image, 0, len(s.index.Images))
	for id := range s.index.Images {
		if img, err := s.image(id); err == nil {
			list = append(list, img)
		}
	}
	slices.SortFunc(list, func(a, b *Image) int {
		return cmp.Or(b.created().Compare(a.created()), strings.Compare(a.ID.String(), b.ID.String()))
	})
	return list
}

func (img *Image) created() time.Time {
	if img.Config.Created == nil {
		return time.Time{}
	}
	return *img.Config.Created
}

// image makes the Image of an ID. The mutex is held.
func (s *Store) image(id digest.Digest) (*Image, error) {
	record := s.index.Images[id]
	if record == nil {
		return nil, fault.New(fault.NotFound, "No such image: %s", id)
	}
	if record.parsed == nil {
		raw, err := os.ReadFile(s.config(id))
		if err != nil {
			return nil, fmt.Errorf("read the configuration of image %s: %w", id, err)
		}
		config, err := parseConfig(raw)
		if err != nil {
			return nil, err
		}
		record.parsed, record.raw = &config, raw
	}
	img := &Image{ID: id, Config: *record.parsed, RawConfig: record.raw, Parent: record.Parent, LastTagged: record.Tagged,
		RepoTags: []string{}, RepoDigests: []string{}}
	for _, diffID := range record.Layers {
		img.Size += s.index.Layers[diffID].Size
	}
	for name, of := range s.index.Names {
		if of == id && strings.Contains(name, "@") {
			img.RepoDigests = append(img.RepoDigests, familiar(name))
		} else if of == id {
			img.RepoTags = append(img.RepoTags, familiar(name))
		}
	}
	slices.Sort(img.RepoTags)
	slices.Sort(img.RepoDigests)
	return img, nil
}

// familiar is a full name as people write it.
func familiar(name string) string {
	rest := strings.TrimPrefix(name, "docker.io/")
	if short, isLibrary := strings.CutPrefix(rest, "library/"); isLibrary && rest != name && !strings.Contains(short, "/") {
		return short
	}
	return rest
}

// Tag gives an image a name, taking it from the image that has it. A name without a tag gets "latest".
func (s *Store) Tag(img *Image, ref reference.Named) error {
	if _, isDigest := ref.(reference.Digested); isDigest {
		return fault.New(fault.Invalid, "refusing to create a tag with a digest reference")
	}
	name := reference.TagNameOnly(ref).String()
	if err := s.addName(img.ID, name, s.Now()); err != nil {
		return err
	}
	s.publish("tag", img.ID, familiar(name), img.Config.Config.Labels)
	return nil
}

// nameOf is the image that has a name, "" if none.
func (s *Store) nameOf(ref reference.Named) digest.Digest {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.index.Names[fullName(ref)]
}

// AddDigest notes the digest of a manifest under which a repository has the image: after pull and push.
func (s *Store) AddDigest(img *Image, ref reference.Canonical) error {
	return s.addName(img.ID, ref.Name()+"@"+ref.Digest().String(), time.Time{})
}

func (s *Store) addName(id digest.Digest, name string, tagged time.Time) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	record := s.index.Images[id]
	if record == nil {
		return fault.New(fault.NotFound, "No such image: %s", id)
	}
	if !tagged.IsZero() {
		record.Tagged = tagged
	}
	s.index.Names[name] = id
	return s.save()
}

// save writes the index. The mutex is held.
func (s *Store) save() error {
	if err := s.index.write(s.places.index()); err != nil {
		return fmt.Errorf("write the index of images: %w", err)
	}
	return nil
}

func (s *Store) publish(action string, id digest.Digest, name string, labels map[string]string) {
	if s.bus == nil {
		return
	}
	attributes := map[string]string{"name": name}
	for key, value := range labels {
		if _, taken := attributes[key]; !taken {
			attributes[key] = value
		}
	}
	s.bus.Publish("image", action, id.String(), attributes)
}

// Use notes that a container uses an image, until Release.
func (s *Store) Use(id digest.Digest, holder string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.holders[holder] = id
}

// Release ends what Use began.
func (s *Store) Release(holder string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.holders, holder)
}
