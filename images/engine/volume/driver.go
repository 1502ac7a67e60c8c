package volume

import (
	"context"
	"time"
)

// driver keeps volumes somewhere. The store calls it for one volume at a time.
type driver interface {
	create(ctx context.Context, name string, options map[string]string) error
	// get returns nil, without an error, for a volume that the driver does not have.
	get(ctx context.Context, name string) (*placed, error)
	list(ctx context.Context) ([]placed, error)
	remove(ctx context.Context, name string) error
	// mount makes a volume's files visible for a container and returns where.
	mount(ctx context.Context, name, containerID string) (string, error)
	unmount(ctx context.Context, name, containerID string) error
	// scope is "local", or "global" if all machines see the same volumes.
	scope(ctx context.Context) string
}

// placed is what a driver knows of a volume. Its mountpoint may be empty while no container has it mounted.
type placed struct {
	name       string
	mountpoint string
	createdAt  time.Time
	status     map[string]any
}
