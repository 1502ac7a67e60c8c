package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"twinhull/engine/client/command"
	"twinhull/engine/client/copying"
	"twinhull/engine/client/flag"
	"twinhull/engine/compose"
)

func (p *program) pauseCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[SERVICE...]"}, Short: "Pause services", Max: command.Any,
		Run: func(call *command.Call) error {
			project, err := p.existing(call.Args)
			if err != nil {
				return err
			}
			return project.Pause(p.context, named(call.Args))
		},
	}
}

func (p *program) unpauseCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[SERVICE...]"}, Short: "Unpause services", Max: command.Any,
		Run: func(call *command.Call) error {
			project, err := p.existing(call.Args)
			if err != nil {
				return err
			}
			return project.Unpause(p.context, named(call.Args))
		},
	}
}

func (p *program) copyCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[OPTIONS] SERVICE:SRC_PATH DEST_PATH|-", "[OPTIONS] SRC_PATH|- SERVICE:DEST_PATH"},
		Short: "Copy files/folders between a service container and the local filesystem", Min: 2, Max: 2, Run: p.copy,
		Flags: flag.Set{copying.Flags, {
			{Name: "all", Usage: "Include containers created by the run command", Hidden: true},
			{Name: "index", Type: "int", Default: "0", Usage: "Index of the container if service has multiple replicas"},
		}},
	}
}

// copy goes from the first container of a service, or one that was asked for; to all of them, unless one was.
func (p *program) copy(call *command.Call) error {
	from, to := copying.PlaceOf(call.Args[0]), copying.PlaceOf(call.Args[1])
	service := from.Container
	if service == "" {
		service = to.Container
	}
	if service == "" {
		return errors.New("unknown copy direction: one of the paths is SERVICE:PATH")
	}
	project, err := p.existing([]string{service})
	if err != nil {
		return err
	}
	list, err := project.ContainersOf(service, int(call.Int("index")))
	if err != nil {
		return err
	}
	if from.Container != "" {
		from.Container = list[0].ID
		return copying.Copy(call, from, to)
	}
	if len(list) > 1 && from.Path == "-" {
		return fmt.Errorf("service %s has %d containers, and standard input can be read once: say which with --index", service, len(list))
	}
	for _, c := range list {
		if err := copying.Copy(call, from, copying.Place{Container: c.ID, Path: to.Path}); err != nil {
			return err
		}
	}
	return nil
}

func (p *program) pushCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[OPTIONS] [SERVICE...]"}, Short: "Push service images", Max: command.Any,
		Flags: flag.Set{{
			{Name: "ignore-push-failures", Usage: "Push what it can and ignores images with push failures"},
			{Name: "include-deps", Usage: "Also push images of services declared as dependencies"},
			{Name: "quiet", Short: "q", Usage: "Push without printing progress information"},
		}},
		Run: func(call *command.Call) error {
			project, err := p.load(call.Args, !call.Bool("include-deps"))
			if err != nil {
				return err
			}
			return project.Push(call.Bool("ignore-push-failures"), call.Bool("quiet"))
		},
	}
}

func (p *program) eventsCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[OPTIONS] [SERVICE...]"}, Short: "Receive real time events from containers", Max: command.Any,
		Flags: flag.Set{{
			{Name: "json", Usage: "Output events as a stream of json objects"},
			{Name: "since", Type: "string", Usage: "Show all events created since timestamp"},
			{Name: "until", Type: "string", Usage: "Stream events until this timestamp"},
		}},
		Run: func(call *command.Call) error {
			project, err := p.existing(call.Args)
			if err != nil {
				return err
			}
			options := compose.EventOptions{
				Services: named(call.Args), Since: moment(call.String("since")), Until: moment(call.String("until")),
			}
			return project.Events(options, func(event compose.Event) error {
				if call.Bool("json") {
					return printJSON(call, event)
				}
				_, err := fmt.Fprintln(call.Out, eventText(event))
				return err
			})
		},
	}
}

func eventText(event compose.Event) string {
	words := make([]string, 0, len(event.Attributes))
	for _, name := range slices.Sorted(maps.Keys(event.Attributes)) {
		words = append(words, name+"="+event.Attributes[name])
	}
	const layout = "2006-01-02 15:04:05.000000"
	return fmt.Sprintf("%s %s %s %s (%s)", event.Time.Format(layout), event.Type, event.Action, event.ID, strings.Join(words, ", "))
}

func (p *program) scaleCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[OPTIONS] [SERVICE=REPLICAS...]"}, Short: "Scale services", Min: 1, Max: command.Any,
		Flags: flag.Set{{{Name: "no-deps", Usage: "Don't start linked services"}}},
		Run: func(call *command.Call) error {
			scale, err := numbers(call.Args)
			if err != nil {
				return err
			}
			services := slices.Sorted(maps.Keys(scale))
			project, err := p.load(services, call.Bool("no-deps"))
			if err != nil {
				return err
			}
			if err := compose.Scale(project.Project, scale); err != nil {
				return err
			}
			if err := project.Create(p.context, compose.CreateOptions{Services: services}); err != nil {
				return err
			}
			return project.Start(p.context)
		},
	}
}

// watchCommand says why there is none: what it is for needs more than one read of the files.
func (p *program) watchCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[SERVICE...]"}, Short: "Watch build context for service and rebuild/refresh containers when files are updated",
		Max: command.Any,
		Run: func(*command.Call) error {
			return errors.New("compose watch is not in this plugin: run `docker compose up -d --build` after a change")
		},
	}
}
