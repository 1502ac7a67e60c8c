package compose

import (
	"context"
	"io"

	"github.com/compose-spec/compose-go/v2/graph"
	"github.com/compose-spec/compose-go/v2/types"

	"twinhull/engine/client/config"
)

// Project is a project on an engine: what every command of this package works on.
type Project struct {
	*types.Project
	engine   *Engine
	progress *Progress
	// Credentials finds what to tell a registry of the user.
	Credentials *config.File
	// Out is where results go; progress goes elsewhere.
	Out io.Writer
}

// On puts a project on an engine.
func On(engine *Engine, project *types.Project, out io.Writer, progress *Progress, credentials *config.File) *Project {
	return &Project{Project: project, engine: engine, progress: progress, Credentials: credentials, Out: out}
}

// inOrder visits every service after those that it depends on; what does not depend on each other goes on at once.
func (p *Project) inOrder(ctx context.Context, visit func(context.Context, types.ServiceConfig) error) error {
	return graph.InDependencyOrder(ctx, p.Project, func(ctx context.Context, _ string, service types.ServiceConfig) error {
		return visit(ctx, service)
	})
}

// inReverse visits every service before those that it depends on.
func (p *Project) inReverse(ctx context.Context, visit func(context.Context, types.ServiceConfig) error) error {
	return graph.InDependencyOrder(ctx, p.Project, func(ctx context.Context, _ string, service types.ServiceConfig) error {
		return visit(ctx, service)
	}, graph.InReverseOrder)
}
