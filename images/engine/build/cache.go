package build

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"twinhull/engine/fault"
	"twinhull/engine/image"
)

// cache finds the image that an earlier build has made of the same step. After the first step for which there is none,
// it is of no use for the rest of the stage.
type cache struct {
	images *image.Store
	busted bool
	// children are the images that builds have made here, by parent, the newest first.
	children map[digest.Digest][]*image.Image
	// sources are --cache-from's images. If there are any, only what they are made of counts.
	sources []*image.Image
}

func (r *run) openCache() (cache, error) {
	opened := cache{images: r.Images}
	for _, name := range r.options.CacheFrom {
		source, err := r.Images.Get(name)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return cache{}, err
		}
		opened.sources = append(opened.sources, source)
	}
	if r.options.NoCache || len(r.options.CacheFrom) > 0 && len(opened.sources) == 0 {
		opened.images = nil
	}
	return opened, nil
}

// reset begins a stage.
func (c *cache) reset() {
	if c.images == nil {
		return
	}
	c.busted = false
	c.children = map[digest.Digest][]*image.Image{}
	for _, known := range c.images.List() {
		if known.Config.ContainerConfig != nil {
			c.children[known.Parent] = append(c.children[known.Parent], known)
		}
	}
}

// cached makes an earlier build's image the present one, if there is one for a step.
func (s *stage) cached(container image.RunConfig) bool {
	if s.cache.images == nil || s.cache.busted {
		return false
	}
	found := s.findCached(container)
	if found == nil {
		s.cache.busted = true
		return false
	}
	fmt.Fprintln(s.output.Stdout(), " ---> Using cache")
	s.image = found
	return true
}

func (s *stage) findCached(wanted image.RunConfig) *image.Image {
	parent := digest.Digest("")
	if s.image != nil {
		parent = s.image.ID
	}
	for _, child := range s.cache.children[parent] {
		if sameConfig(*child.Config.ContainerConfig, wanted) && s.cache.allows(child) {
			return child
		}
	}
	for _, source := range s.cache.sources {
		if found, err := s.restore(source, wanted); err == nil {
			return found
		}
	}
	return nil
}

// sameConfig compares what makes a difference to a step. That is all of it, but not whether a list is nil or empty.
func sameConfig(a, b image.RunConfig) bool {
	first, errFirst := json.Marshal(a)
	second, errSecond := json.Marshal(b)
	return errFirst == nil && errSecond == nil && bytes.Equal(first, second)
}

// allows tells whether an image is one of --cache-from's, or on the way to one.
func (c *cache) allows(child *image.Image) bool {
	if len(c.sources) == 0 {
		return true
	}
	return slices.ContainsFunc(c.sources, func(source *image.Image) bool {
		return source.ID == child.ID || extends(source, child)
	})
}

// extends tells whether an image has another's history and layers, and more.
func extends(img, below *image.Image) bool {
	if below == nil {
		return len(img.Config.History) > 0
	}
	history, layers := below.Config.History, below.Config.RootFS.DiffIDs
	if len(history) >= len(img.Config.History) || len(layers) > len(img.Config.RootFS.DiffIDs) ||
		!slices.Equal(layers, img.Config.RootFS.DiffIDs[:len(layers)]) {
		return false
	}
	for i, step := range history {
		other := img.Config.History[i]
		sameTime := step.Created == other.Created || step.Created != nil && other.Created != nil && step.Created.Equal(*other.Created)
		if !sameTime || step.CreatedBy != other.CreatedBy || step.EmptyLayer != other.EmptyLayer {
			return false
		}
	}
	return true
}

var errNotCached = errors.New("the image has no such step")

// restore makes the image of a step of one that came from elsewhere, by its history.
func (s *stage) restore(source *image.Image, container image.RunConfig) (*image.Image, error) {
	if !extends(source, s.image) {
		return nil, errNotCached
	}
	done, layers := 0, 0
	if s.image != nil {
		done, layers = len(s.image.Config.History), len(s.image.Config.RootFS.DiffIDs)
	}
	step := source.Config.History[done]
	if step.CreatedBy != strings.Join(container.Cmd, " ") {
		return nil, errNotCached
	}
	if done == len(source.Config.History)-1 {
		return source, nil
	}
	layer := digest.Digest("")
	if !step.EmptyLayer {
		if layers >= len(source.Config.RootFS.DiffIDs) {
			return nil, errNotCached
		}
		layer = source.Config.RootFS.DiffIDs[layers]
	}
	ingest := s.Images.Ingest()
	defer ingest.Close()
	if layer != "" && !ingest.HasLayer(layer) {
		return nil, errNotCached
	}
	config := image.Config{
		Platform: source.Config.Platform, Author: source.Config.Author, ContainerConfig: &container,
		Config: cloneConfig(s.config),
	}
	return ingest.Derive(s.image, config, step, layer)
}
