package image

import (
	"io"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Import makes an image of a root file system in a tar archive, compressed or not. Of config, layers and history are set
// here.
func (s *Store) Import(r io.Reader, config Config, comment string) (*Image, error) {
	ingest := s.Ingest()
	defer ingest.Close()
	layer, err := ingest.AddLayer("", ocispec.Descriptor{}, r)
	if err != nil {
		return nil, err
	}
	img, err := ingest.Derive(nil, config, ocispec.History{Comment: comment}, layer)
	if err != nil {
		return nil, err
	}
	s.publish("import", img.ID, img.ID.String(), img.Config.Config.Labels)
	return img, nil
}
