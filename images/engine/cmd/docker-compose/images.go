package main

import (
	"fmt"

	"github.com/docker/go-units"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/format"
	"twinhull/engine/compose"
)

func (p *program) pullCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[OPTIONS] [SERVICE...]"}, Short: "Pull service images", Max: command.Any,
		Flags: flag.Set{{
			{Name: "ignore-buildable", Usage: "Ignore images that can be built."},
			{Name: "ignore-pull-failures", Usage: "Pull what it can and ignores images with pull failures."},
			{Name: "include-deps", Usage: "Also pull services declared as dependencies."},
			{Name: "quiet", Short: "q", Usage: "Pull without printing progress information."},
		}},
		Run: func(call *command.Call) error {
			project, err := p.load(call.Args, !call.Bool("include-deps"))
			if err != nil {
				return err
			}
			return project.Pull(call.Bool("ignore-pull-failures"), call.Bool("ignore-buildable"), call.Bool("quiet"))
		},
	}
}

func (p *program) buildCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[OPTIONS] [SERVICE...]"}, Short: "Build or rebuild services", Max: command.Any,
		Flags: flag.Set{{
			{Name: "build-arg", Type: "list", Usage: "Set build-time variables for services."},
			{Name: "no-cache", Usage: "Do not use cache when building the image"},
			{Name: "pull", Usage: "Always attempt to pull a newer version of the image."},
			{Name: "quiet", Short: "q", Usage: "Don't print anything to STDOUT"},
			{Name: "with-dependencies", Usage: "Also build dependencies (transitively)."},
		}},
		Run: func(call *command.Call) error {
			project, err := p.load(call.Args, !call.Bool("with-dependencies"))
			if err != nil {
				return err
			}
			return project.Build(compose.BuildOptions{
				NoCache: call.Bool("no-cache"), Pull: call.Bool("pull"), Quiet: call.Bool("quiet"), Arguments: call.List("build-arg"),
			})
		},
	}
}

func (p *program) imagesCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[OPTIONS] [SERVICE...]"}, Short: "List images used by the created containers", Max: command.Any,
		Flags: flag.Set{{
			{Name: "format", Type: "string", Default: "table", Usage: "Format the output. Values: [table | json]."},
			{Name: "quiet", Short: "q", Usage: "Only display IDs"},
		}},
		Run: p.images,
	}
}

func (p *program) images(call *command.Call) error {
	project, err := p.existing(call.Args)
	if err != nil {
		return err
	}
	list, err := project.Images(named(call.Args))
	if err != nil {
		return err
	}
	if call.Bool("quiet") {
		seen := map[string]bool{}
		for _, image := range list {
			if !seen[image.ID] {
				fmt.Fprintln(call.Out, hexOf(image.ID))
			}
			seen[image.ID] = true
		}
		return nil
	}
	if call.String("format") == "json" {
		return printJSON(call, list)
	}
	rows := [][]string{}
	for _, image := range list {
		rows = append(rows, []string{
			image.ContainerName, image.Repository, image.Tag, format.ShortID(hexOf(image.ID)), units.HumanSizeWithPrecision(float64(image.Size), 3),
		})
	}
	compose.Table(call.Out, []string{"CONTAINER", "REPOSITORY", "TAG", "IMAGE ID", "SIZE"}, rows)
	return nil
}
