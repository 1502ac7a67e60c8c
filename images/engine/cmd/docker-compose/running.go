package main

import (
	"fmt"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/stats"
	"twinhull/engine/compose"
	"twinhull/engine/detach"
)

func (p *program) attachCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[OPTIONS] SERVICE"}, Short: "Attach local standard input, output, and error streams to a service's running container",
		Min: 1, Max: 1, Run: p.attach,
		Flags: flag.Set{{
			{Name: "detach-keys", Type: "string", Usage: "Override the key sequence for detaching from a container."},
			{Name: "index", Type: "int", Default: "0", Usage: "index of the container if service has multiple replicas."},
			{Name: "no-stdin", Usage: "Do not attach STDIN"},
			{Name: "sig-proxy", Default: "true", Usage: "Proxy all received signals to the process"},
		}},
	}
}

func (p *program) attach(call *command.Call) error {
	project, err := p.existing(call.Args)
	if err != nil {
		return err
	}
	keys, err := detach.ParseKeys(call.String("detach-keys"))
	if err != nil {
		return err
	}
	options := compose.AttachOptions{
		Service: call.Args[0], Number: int(call.Int("index")), NoStdin: call.Bool("no-stdin"), Signals: call.Bool("sig-proxy"),
	}
	return exit(project.Attach(options, &compose.Terminal{In: call.In, Out: call.Out, Err: call.Err, Keys: keys}))
}

func (p *program) statsCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[OPTIONS] [SERVICE...]"}, Short: "Display a live stream of container(s) resource usage statistics", Max: command.Any,
		Flags: flag.Set{stats.Flags, {
			{Name: "format", Type: "string", Usage: "Format output using a custom template: 'table', 'table TEMPLATE', 'json' or 'TEMPLATE'"},
		}},
		Run: func(call *command.Call) error {
			project, err := p.existing(call.Args)
			if err != nil {
				return err
			}
			list, err := project.Shown(named(call.Args), call.Bool("all"))
			if err != nil {
				return err
			}
			return stats.Show(call, stats.OptionsOf(call, list))
		},
	}
}

func (p *program) waitCommand() *command.Command {
	return &command.Command{
		Usage: []string{"SERVICE [SERVICE...] [OPTIONS]"}, Short: "Block until containers of all (or specified) services stop.",
		Min: 1, Max: command.Any,
		Flags: flag.Set{{{Name: "down-project", Usage: "Drops project when the first container stops"}}},
		Run: func(call *command.Call) error {
			project, err := p.existing(call.Args)
			if err != nil {
				return err
			}
			status, err := project.WaitFor(call.Args, call.Bool("down-project"))
			if err == nil && call.Bool("down-project") {
				err = project.Down(p.context, compose.DownOptions{RemoveOrphans: true})
			}
			return exit(status, err)
		},
	}
}

func (p *program) volumesCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[OPTIONS] [SERVICE...]"}, Short: "List volumes", Max: command.Any, Run: p.volumes,
		Flags: flag.Set{{
			{Name: "format", Type: "string", Default: "table", Usage: `Format output: "table" or "json"`},
			{Name: "quiet", Short: "q", Usage: "Only display volume names"},
		}},
	}
}

func (p *program) volumes(call *command.Call) error {
	project, err := p.existing(call.Args)
	if err != nil {
		return err
	}
	list, err := project.VolumesOf(call.Args)
	if err != nil {
		return err
	}
	layout := call.String("format")
	if layout != "table" && layout != "json" {
		return fmt.Errorf("unsupported format %q: it is table or json", layout)
	}
	rows := [][]string{}
	for _, volume := range list {
		switch {
		case call.Bool("quiet"):
			fmt.Fprintln(call.Out, volume.Name)
		case layout == "json":
			if err := printJSON(call, volume); err != nil {
				return err
			}
		default:
			rows = append(rows, []string{volume.Driver, volume.Name})
		}
	}
	if layout == "table" && !call.Bool("quiet") {
		compose.Table(call.Out, []string{"DRIVER", "VOLUME NAME"}, rows)
	}
	return nil
}
