package build

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	api "github.com/moby/moby/api/types/container"

	"twinhull/engine/container"
)

// InEngine runs commands in containers of the engine's own.
func InEngine(manager *container.Manager) Containers { return inEngine{manager} }

type inEngine struct{ manager *container.Manager }

func (e inEngine) Create(ctx context.Context, config *api.Config, host *api.HostConfig) (string, []string, error) {
	host.LogConfig.Type = "none" // The output goes to whoever builds.
	created, warnings, err := e.manager.Create(ctx, container.CreateRequest{Config: config, Host: host})
	if err != nil {
		return "", nil, err
	}
	return created.ID, warnings, nil
}

func (e inEngine) Run(ctx context.Context, id string, stdout, stderr io.Writer) (exitCode int, err error) {
	running, err := e.manager.Get(id)
	if err != nil {
		return 0, err
	}
	attachment, err := e.manager.Attach(running, container.Streams{Stdout: true, Stderr: true})
	if err != nil {
		return 0, err
	}
	exited, err := running.Wait(ctx, api.WaitConditionNextExit)
	if err != nil {
		attachment.Cancel()
		return 0, err
	}
	if err := e.manager.Start(ctx, running); err != nil {
		attachment.Cancel()
		return 0, err
	}
	connection, err := attachment.Connection(ctx)
	if err != nil {
		return 0, err
	}
	if connection == nil {
		return 0, fmt.Errorf("container %s has no output", id)
	}
	defer connection.Close()
	// Who leaves ends the command with its output.
	defer context.AfterFunc(ctx, func() { connection.Close() })()
	err = splitFrames(connection, stdout, stderr)
	if ctx.Err() != nil {
		return 0, errors.New("build cancelled")
	}
	if err != nil {
		return 0, fmt.Errorf("reading the output of container %s: %w", id, err)
	}
	select {
	case code := <-exited:
		return code, nil
	case <-ctx.Done():
		return 0, errors.New("build cancelled")
	}
}

func (e inEngine) Remove(ctx context.Context, id string) error {
	found, err := e.manager.Get(id)
	if err != nil {
		return err
	}
	return e.manager.Remove(ctx, found, container.RemoveOptions{Force: true, Volumes: true})
}

// splitFrames takes apart the stream of a container without a terminal: [1 or 2, 0, 0, 0, length as big-endian uint32],
// bytes.
func splitFrames(r io.Reader, stdout, stderr io.Writer) error {
	var header [8]byte
	buffer := make([]byte, 16<<10)
	for {
		if _, err := io.ReadFull(r, header[:]); err != nil {
			if err == io.EOF {
				return nil
			}
			return err
		}
		to := stdout
		if header[0] == 2 {
			to = stderr
		}
		frame := io.LimitReader(r, int64(binary.BigEndian.Uint32(header[4:])))
		if _, err := io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{frame}, buffer); err != nil {
			return err
		}
	}
}
