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

// visitor does something for a service.
type visitor func(context.Context, types.ServiceConfig) error

// inOrder visits every service after those that it depends on; what does not depend on each other goes on at once.
func (p *Project) inOrder(ctx context.Context, visit visitor) error { return p.walk(ctx, visit) }

// inReverse visits every service before those that it depends on.
func (p *Project) inReverse(ctx context.Context, visit visitor) error {
	return p.walk(ctx, visit, graph.InReverseOrder)
}

// walk ends with the first error. The library tells of a visit that it is over before it tells that it failed, so what
// comes after it may have begun: it is turned away here.
func (p *Project) walk(ctx context.Context, visit visitor, options ...func(*graph.Options)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	err := graph.InDependencyOrder(ctx, p.Project, func(_ context.Context, _ string, service types.ServiceConfig) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		err := visit(ctx, service)
		if err != nil {
			cancel(err)
		}
		return err
	}, options...)
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return err
}
