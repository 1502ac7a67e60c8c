package container

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/moby/moby/api/types/container"

	"twinhull/engine/fault"
	"twinhull/engine/image"
)

// Changes lists what differs from the container's image.
func (m *Manager) Changes(c *Container) ([]image.Change, error) {
	root, err := m.Images.OpenRoot(c.ID)
	if err != nil {
		return nil, err
	}
	return root.Changes()
}

// Export writes the container's file system, without its volumes, as a tar archive.
func (m *Manager) Export(c *Container, w io.Writer) error {
	root, err := m.Images.OpenRoot(c.ID)
	if err != nil {
		return err
	}
	c.life.Lock()
	defer c.life.Unlock()
	mounted, err := root.Mount()
	if err != nil {
		return err
	}
	if !c.isRunning() {
		defer func() { c.logFailure("unmount its files", root.Unmount()) }()
	}
	if err := image.Pack(w, mounted, image.PackOptions{IDs: root.IDs}); err != nil {
		return fmt.Errorf("export container %s: %w", c.ID, err)
	}
	m.Events.Publish("container", "export", c.ID, c.attributes())
	return nil
}

// CommitOptions say what an image made of a container is like.
type CommitOptions struct {
	Comment, Author string
	// Pause freezes the container meanwhile, so that its files belong together.
	Pause bool
	// Config completes the container's; Change, if there is one, comes last.
	Config *container.Config
	Change func(*image.RunConfig) error
}

// Commit makes an image of a container's changes and configuration.
func (m *Manager) Commit(ctx context.Context, c *Container, options CommitOptions) (*image.Image, error) {
	config, err := m.committed(c, options)
	if err != nil {
		return nil, err
	}
	root, err := m.Images.OpenRoot(c.ID)
	if err != nil {
		return nil, err
	}
	var parent *image.Image
	if id := c.Record().Image; id != "" {
		if parent, err = m.Images.Get(id.String()); err != nil {
			return nil, fmt.Errorf("commit container %s: %w", c.ID, err)
		}
	}
	if options.Pause && c.State().Status == running {
		if err := m.Pause(ctx, c); err != nil && !fault.Is(err, fault.Conflict) {
			return nil, err
		} else if err == nil {
			defer func() { c.logFailure("go on after a commit", m.Unpause(context.WithoutCancel(ctx), c)) }()
		}
	}
	made, err := m.Images.Commit(root, image.Config{Config: config}, options.Comment, options.Author, parent)
	if err != nil {
		return nil, err
	}
	m.Events.Publish("container", "commit", c.ID,
		c.attributes("comment", options.Comment, "imageID", made.ID.String(), "imageRef", ""))
	return made, nil
}

// committed is the configuration of the image: what the request says, and where it is silent, the container's.
func (m *Manager) committed(c *Container, options CommitOptions) (image.RunConfig, error) {
	ours, err := runConfig(c.Record().Config)
	if err != nil {
		return image.RunConfig{}, err
	}
	asked := container.Config{}
	if options.Config != nil {
		asked = *options.Config
	}
	if err := merge(&asked, ours); err != nil {
		return image.RunConfig{}, err
	}
	if asked.Volumes == nil {
		asked.Volumes = c.Record().Config.Volumes
	}
	made, err := runConfig(&asked)
	if err != nil || options.Change == nil {
		return made, err
	}
	return made, options.Change(&made)
}

// runConfig keeps what an image has of a container's configuration: both are written with the same names.
func runConfig(config *container.Config) (made image.RunConfig, err error) {
	text, err := json.Marshal(config)
	if err == nil {
		err = json.Unmarshal(text, &made)
	}
	if err != nil {
		return made, fmt.Errorf("make an image's configuration of a container's: %w", err)
	}
	made.Env = slices.Clone(made.Env)
	return made, nil
}
