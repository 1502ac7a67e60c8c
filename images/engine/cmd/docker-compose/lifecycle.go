package main

import (
	"bufio"
	"fmt"
	"strings"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/compose"
)

var timeoutFlag = []flag.Flag{{Name: "timeout", Short: "t", Type: "int", Default: "0", Usage: "Specify a shutdown timeout in seconds"}}

func (p *program) downCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[OPTIONS] [SERVICES]"}, Short: "Stop and remove containers, networks", Max: command.Any,
		Flags: flag.Set{timeoutFlag, {
			{Name: "remove-orphans", Usage: "Remove containers for services not defined in the Compose file"},
			{Name: "rmi", Type: "string", Usage: `Remove images used by services. "local" remove only images that don't have a custom tag ("local"|"all")`},
			{Name: "volumes", Short: "v", Usage: `Remove named volumes declared in the "volumes" section of the Compose file and anonymous volumes attached to containers`},
		}},
		Run: p.down,
	}
}

// down works from the file where there is one, so that it knows orphans; otherwise from the project's name alone.
func (p *program) down(call *command.Call) error {
	options := compose.DownOptions{
		Volumes: call.Bool("volumes"), Images: call.String("rmi"), RemoveOrphans: call.Bool("remove-orphans"),
		StopSeconds: seconds(call), Services: named(call.Args),
	}
	if options.Images != "" && options.Images != "all" && options.Images != "local" {
		return fmt.Errorf("invalid value for --rmi: %q", options.Images)
	}
	project, err := p.load(nil, false)
	if err != nil {
		if p.source.Name == "" || len(p.source.Files) > 0 {
			return err
		}
		if project, err = p.existing(nil); err != nil {
			return err
		}
	}
	return project.Down(p.context, options)
}

func (p *program) startCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[SERVICE...]"}, Short: "Start services", Max: command.Any,
		Run: func(call *command.Call) error {
			project, err := p.existing(call.Args)
			if err != nil {
				return err
			}
			if len(call.Args) > 0 {
				if project.Project, err = compose.Select(project.Project, call.Args, false); err != nil {
					return err
				}
			}
			return project.Start(p.context)
		},
	}
}

func (p *program) stopCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[OPTIONS] [SERVICE...]"}, Short: "Stop services", Flags: flag.Set{timeoutFlag}, Max: command.Any,
		Run: func(call *command.Call) error {
			project, err := p.existing(call.Args)
			if err != nil {
				return err
			}
			return project.Stop(p.context, named(call.Args), seconds(call))
		},
	}
}

func (p *program) restartCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[OPTIONS] [SERVICE...]"}, Short: "Restart service containers", Max: command.Any,
		Flags: flag.Set{timeoutFlag, {{Name: "no-deps", Usage: "Don't restart dependent services"}}},
		Run: func(call *command.Call) error {
			project, err := p.existing(call.Args)
			if err != nil {
				return err
			}
			return project.Restart(p.context, named(call.Args), seconds(call))
		},
	}
}

func (p *program) killCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[OPTIONS] [SERVICE...]"}, Short: "Force stop service containers", Max: command.Any,
		Flags: flag.Set{{
			{Name: "remove-orphans", Usage: "Remove containers for services not defined in the Compose file", Hidden: true},
			{Name: "signal", Short: "s", Type: "string", Default: "SIGKILL", Usage: "SIGNAL to send to the container"},
		}},
		Run: func(call *command.Call) error {
			project, err := p.existing(call.Args)
			if err != nil {
				return err
			}
			return project.Kill(p.context, named(call.Args), call.String("signal"))
		},
	}
}

func (p *program) rmCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[OPTIONS] [SERVICE...]"}, Short: "Removes stopped service containers", Max: command.Any,
		Flags: flag.Set{{
			{Name: "force", Short: "f", Usage: "Don't ask to confirm removal"},
			{Name: "stop", Short: "s", Usage: "Stop the containers, if required, before removing"},
			{Name: "volumes", Short: "v", Usage: "Remove any anonymous volumes attached to containers"},
		}},
		Run: p.rm,
	}
}

func (p *program) rm(call *command.Call) error {
	project, err := p.existing(call.Args)
	if err != nil {
		return err
	}
	if call.Bool("stop") {
		if err := project.Stop(p.context, named(call.Args), nil); err != nil {
			return err
		}
	}
	list, err := project.Stopped(named(call.Args))
	if err != nil {
		return err
	}
	if len(list) == 0 {
		fmt.Fprintln(call.Err, "No stopped containers")
		return nil
	}
	if !call.Bool("force") {
		var names []string
		for _, c := range list {
			names = append(names, c.Name())
		}
		fmt.Fprintf(call.Err, "? Going to remove %s [yN] ", strings.Join(names, ", "))
		answer, _ := bufio.NewReader(call.In).ReadString('\n')
		if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
			return nil
		}
	}
	return project.Remove(list, call.Bool("volumes"))
}
