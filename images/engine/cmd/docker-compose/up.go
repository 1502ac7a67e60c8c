package main

import (
	"context"
	"fmt"
	"time"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/compose"
)

// imageFlags and containerFlags are what `up` and `create` have in common.
var imageFlags = []flag.Flag{
	{Name: "build", Usage: "Build images before starting containers"},
	{Name: "no-build", Usage: "Don't build an image, even if it's policy"},
	{Name: "pull", Type: "string", Default: "policy", Usage: `Pull image before running ("always"|"missing"|"never")`},
	{Name: "quiet-pull", Usage: "Pull without printing progress information"},
}

var containerFlags = []flag.Flag{
	{Name: "force-recreate", Usage: "Recreate containers even if their configuration and image haven't changed"},
	{Name: "no-recreate", Usage: "If containers already exist, don't recreate them. Incompatible with --force-recreate"},
	{Name: "remove-orphans", Usage: "Remove containers for services not defined in the Compose file"},
	{Name: "scale", Type: "list", Usage: "Scale SERVICE to NUM instances. Overrides the scale setting in the Compose file if present"},
}

func (p *program) upCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[OPTIONS] [SERVICE...]"}, Short: "Create and start containers", Max: command.Any, Run: p.up,
		Flags: flag.Set{imageFlags, containerFlags, {
			{Name: "abort-on-container-exit", Usage: "Stops all containers if any container was stopped. Incompatible with -d"},
			{Name: "always-recreate-deps", Usage: "Recreate dependent containers. Incompatible with --no-recreate"},
			{Name: "detach", Short: "d", Usage: "Detached mode: Run containers in the background"},
			{Name: "exit-code-from", Type: "string", Usage: "Return the exit code of the selected service container. Implies --abort-on-container-exit"},
			{Name: "no-color", Usage: "Produce monochrome output"},
			{Name: "no-deps", Usage: "Don't start linked services"},
			{Name: "no-log-prefix", Usage: "Don't print prefix in logs"},
			{Name: "no-start", Usage: "Don't start the services after creating them"},
			{Name: "renew-anon-volumes", Short: "V", Usage: "Recreate anonymous volumes instead of retrieving data from the previous containers"},
			{Name: "timeout", Short: "t", Type: "int", Default: "0", Usage: "Use this timeout in seconds for container shutdown when attached or when containers are already running"},
			{Name: "timestamps", Usage: "Show timestamps"},
			{Name: "wait", Usage: "Wait for services to be running|healthy. Implies detached mode"},
			{Name: "wait-timeout", Type: "int", Default: "0", Usage: "Maximum duration to wait for the project to be running|healthy"},
		}},
	}
}

func (p *program) createCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[OPTIONS] [SERVICE...]"}, Short: "Creates containers for a service", Max: command.Any,
		Flags: flag.Set{imageFlags, containerFlags},
		Run: func(call *command.Call) error {
			_, err := p.create(call, false)
			return err
		},
	}
}

func (p *program) create(call *command.Call, alone bool) (*compose.Project, error) {
	options := compose.CreateOptions{
		Services: named(call.Args), RemoveOrphans: call.Bool("remove-orphans"),
		Images: compose.ImageOptions{
			Pull: call.String("pull"), Build: call.Bool("build"), NoBuild: call.Bool("no-build"), Quiet: call.Bool("quiet-pull"),
		},
	}
	switch {
	case call.Bool("force-recreate") && call.Bool("no-recreate"):
		return nil, fmt.Errorf("--force-recreate and --no-recreate are incompatible")
	case call.Bool("build") && call.Bool("no-build"):
		return nil, fmt.Errorf("--build and --no-build are incompatible")
	case call.Bool("force-recreate"):
		options.Recreation = compose.RecreateAlways
	case call.Bool("no-recreate"):
		options.Recreation, options.Dependencies = compose.RecreateNever, compose.RecreateNever
	}
	scale, err := numbers(call.List("scale"))
	if err != nil {
		return nil, err
	}
	project, err := p.load(call.Args, alone)
	if err != nil {
		return nil, err
	}
	if err := compose.Scale(project.Project, scale); err != nil {
		return nil, err
	}
	if call.Path == "docker compose up" || call.Path == "docker-compose up" {
		options.RenewVolumes, options.StopSeconds = call.Bool("renew-anon-volumes"), seconds(call)
		if call.Bool("always-recreate-deps") {
			options.Dependencies = compose.RecreateAlways
		}
	}
	return project, project.Create(p.context, options)
}

func (p *program) up(call *command.Call) error {
	wait := call.Bool("wait")
	if aborts(call) && (call.Bool("detach") || wait) {
		return fmt.Errorf("--abort-on-container-exit and --exit-code-from are incompatible with -d and --wait")
	}
	project, err := p.create(call, call.Bool("no-deps"))
	if err != nil || call.Bool("no-start") {
		return err
	}
	if !call.Bool("detach") && !wait {
		return p.attached(call, project)
	}
	if err := project.Start(p.context); err != nil || !wait {
		return err
	}
	ctx := p.context
	if limit := call.Int("wait-timeout"); limit > 0 {
		timed, cancel := context.WithTimeoutCause(ctx, time.Duration(limit)*time.Second, fmt.Errorf("application not healthy after %ds", limit))
		defer cancel()
		ctx = timed
	}
	return project.Wait(ctx)
}
