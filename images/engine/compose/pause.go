package compose

import "context"

// Pause stops the processes of services' containers where they are, nil for all services.
func (p *Project) Pause(ctx context.Context, services []string) error {
	return p.eachStopping(ctx, selection{project: p.Name, services: services}, func(c *Container) error {
		return p.act(c, "pause", nil, "Pausing", "Paused")
	})
}

// Unpause lets the processes of services' containers go on, nil for all services.
func (p *Project) Unpause(ctx context.Context, services []string) error {
	return p.eachStopping(ctx, selection{project: p.Name, services: services}, func(c *Container) error {
		return p.act(c, "unpause", nil, "Unpausing", "Unpaused")
	})
}
