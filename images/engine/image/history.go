package image

import (
	"slices"

	"github.com/opencontainers/go-digest"

	"twinhull/engine/fault"
)

// Step is one line of an image's history, the last first.
type Step struct {
	// ID is that of the image after this step, if it is known here, or "<missing>".
	ID        string   `json:"Id"`
	Created   int64    `json:"Created"`
	CreatedBy string   `json:"CreatedBy"`
	Tags      []string `json:"Tags"`
	Size      int64    `json:"Size"`
	Comment   string   `json:"Comment"`
}

// History lists the steps in which an image was made.
func (s *Store) History(img *Image) ([]Step, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	steps := []Step{}
	layers := img.Config.RootFS.DiffIDs
	for _, entry := range img.Config.History {
		step := Step{ID: "<missing>", CreatedBy: entry.CreatedBy, Comment: entry.Comment}
		if entry.Created != nil {
			step.Created = entry.Created.Unix()
		}
		if !entry.EmptyLayer {
			if len(layers) == 0 {
				return nil, fault.New(fault.Invalid, "too many non-empty layers in History section")
			}
			if record := s.index.Layers[layers[0]]; record != nil {
				step.Size = record.Size
			}
			layers = layers[1:]
		}
		steps = append(steps, step)
	}
	slices.Reverse(steps)
	id := img.ID
	for i := range steps {
		steps[i].ID = id.String()
		if known, err := s.image(id); err == nil && len(known.RepoTags) > 0 {
			steps[i].Tags = known.RepoTags
		}
		record := s.index.Images[id]
		if record == nil || record.Parent == "" || s.index.Images[record.Parent] == nil {
			break
		}
		id = record.Parent
	}
	return steps, nil
}

// Folders are where overlayfs finds an image, as `docker inspect` shows it.
func (s *Store) Folders(layers []digest.Digest) (lower []string, upper string) {
	for i := len(layers) - 2; i >= 0; i-- {
		lower = append(lower, s.files(layers[i]))
	}
	if len(layers) > 0 {
		upper = s.layer(layers[len(layers)-1])
	}
	return lower, upper
}
