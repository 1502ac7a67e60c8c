package build

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"twinhull/engine/image"
)

// newID is what a container of a step is called.
func newID() string {
	var bytes [32]byte
	_, _ = rand.Read(bytes[:]) // Never fails: crypto/rand ends the program before that.
	return hex.EncodeToString(bytes[:])
}

// cloneConfig copies a configuration, so that a change of one stage is none of another.
func cloneConfig(config image.RunConfig) image.RunConfig {
	config.Env, config.Cmd = slices.Clone(config.Env), slices.Clone(config.Cmd)
	config.Entrypoint, config.OnBuild = slices.Clone(config.Entrypoint), slices.Clone(config.OnBuild)
	config.ExposedPorts, config.Volumes = maps.Clone(config.ExposedPorts), maps.Clone(config.Volumes)
	config.Labels, config.Shell = maps.Clone(config.Labels), slices.Clone(config.Shell)
	return config
}

// commitMetadata makes the image of a step that changes the configuration alone. Docker makes a container for it, and
// says so; here there is only its name.
func (s *stage) commitMetadata(comment string) error {
	container := s.containerConfig(append(s.shell(), "#(nop) ", comment))
	if s.dry || s.cached(container) {
		return nil
	}
	id := newID()
	fmt.Fprintf(s.output.Stdout(), " ---> Running in %s\n", shortID(id))
	ingest := s.Images.Ingest()
	defer ingest.Close()
	if err := s.derive(ingest, id, container, ""); err != nil {
		return err
	}
	s.tellRemoved(id)
	return nil
}

func (s *stage) tellRemoved(id string) {
	if !s.options.Keep || s.options.ForceRemove {
		fmt.Fprintf(s.output.Stdout(), " ---> Removed intermediate container %s\n", shortID(id))
	}
}

// change makes the image of a step that changes files without running anything.
func (s *stage) change(id string, container image.RunConfig, change func(root *tree) error) (err error) {
	root, err := s.Images.CreateRoot(id, s.image, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Remove()) }()
	mounted, err := root.Mount()
	if err != nil {
		return err
	}
	files, err := openTree(mounted)
	if err != nil {
		return err
	}
	err = change(files)
	files.close()
	if err != nil {
		return err
	}
	return s.commitRoot(root, id, container)
}

// commitRoot makes the image of a step of what the step has changed.
func (s *stage) commitRoot(root *image.Root, containerID string, container image.RunConfig) error {
	ingest := s.Images.Ingest()
	defer ingest.Close()
	layer, err := ingest.LayerOf(root.Diff)
	if err != nil {
		return err
	}
	return s.derive(ingest, containerID, container, layer)
}

// derive makes the next image. The container's command is what the image's history has.
func (s *stage) derive(ingest *image.Ingest, containerID string, container image.RunConfig, layer digest.Digest) error {
	config := image.Config{
		Author: s.author, Container: containerID, ContainerConfig: &container, Config: cloneConfig(s.config),
	}
	step := ocispec.History{CreatedBy: strings.Join(container.Cmd, " "), Author: s.author}
	made, err := ingest.Derive(s.image, config, step, layer)
	if err != nil {
		return err
	}
	s.image = made
	return nil
}

// containerConfig is the configuration of the container that a step is made in.
func (s *stage) containerConfig(words []string) image.RunConfig {
	config := cloneConfig(s.config)
	config.Cmd = words
	return config
}
