package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker/go-units"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/format"
	"twinhull/engine/compose"
)

func (p *program) logsCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[OPTIONS] [SERVICE...]"}, Short: "View output from containers", Max: command.Any,
		Flags: flag.Set{{
			{Name: "follow", Short: "f", Usage: "Follow log output"},
			{Name: "index", Type: "int", Default: "0", Usage: "index of the container if service has multiple replicas"},
			{Name: "no-color", Usage: "Produce monochrome output"},
			{Name: "no-log-prefix", Usage: "Don't print prefix in logs"},
			{Name: "since", Type: "string", Usage: "Show logs since timestamp (e.g. 2013-01-02T13:23:37Z) or relative (e.g. 42m for 42 minutes)"},
			{Name: "tail", Short: "n", Type: "string", Default: "all", Usage: "Number of lines to show from the end of the logs for each container"},
			{Name: "timestamps", Short: "t", Usage: "Show timestamps"},
			{Name: "until", Type: "string", Usage: "Show logs before a timestamp (e.g. 2013-01-02T13:23:37Z) or relative (e.g. 42m for 42 minutes)"},
		}},
		Run: func(call *command.Call) error {
			project, err := p.existing(call.Args)
			if err != nil {
				return err
			}
			return project.Logs(compose.LogOptions{
				Services: named(call.Args), Number: int(call.Int("index")), Follow: call.Bool("follow"), Timestamps: call.Bool("timestamps"),
				NoPrefix: call.Bool("no-log-prefix"), Tail: call.String("tail"), Since: moment(call.String("since")),
				Until: moment(call.String("until")), Color: call.OutIsTerminal() && !call.Bool("no-color"),
			})
		},
	}
}

// moment turns "42m" into a time; anything else is the engine's to read.
func moment(text string) string {
	if ago, err := time.ParseDuration(text); err == nil {
		return strconv.FormatInt(time.Now().Add(-ago).Unix(), 10)
	}
	if when, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return strconv.FormatInt(when.Unix(), 10)
	}
	return text
}

func (p *program) psCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[OPTIONS] [SERVICE...]"}, Short: "List containers", Max: command.Any, Run: p.ps,
		Flags: flag.Set{{
			{Name: "all", Short: "a", Usage: "Show all stopped containers (including those created by the run command)"},
			{Name: "format", Type: "string", Default: "table", Usage: `Format output: "table" or "json"`},
			{Name: "no-trunc", Usage: "Don't truncate output"},
			{Name: "quiet", Short: "q", Usage: "Only display IDs"},
			{Name: "services", Usage: "Display services"},
			{Name: "status", Type: "list", Usage: "Filter services by status. Values: [paused | restarting | removing | running | dead | created | exited]"},
		}},
	}
}

func (p *program) ps(call *command.Call) error {
	project, err := p.existing(call.Args)
	if err != nil {
		return err
	}
	list, err := project.Ps(compose.PsOptions{All: call.Bool("all"), Services: named(call.Args), States: call.List("status")})
	if err != nil {
		return err
	}
	switch {
	case call.Bool("quiet"):
		for _, c := range list {
			fmt.Fprintln(call.Out, c.ID)
		}
		return nil
	case call.Bool("services"):
		seen := map[string]bool{}
		for _, c := range list {
			if !seen[c.Service()] {
				fmt.Fprintln(call.Out, c.Service())
			}
			seen[c.Service()] = true
		}
		return nil
	case call.String("format") == "json":
		for _, c := range list {
			if err := printJSON(call, psRow(project.Name, c)); err != nil {
				return err
			}
		}
		return nil
	case call.String("format") != "table":
		return fmt.Errorf("unsupported format %q: it is table or json", call.String("format"))
	}
	rows := [][]string{}
	for _, c := range list {
		text := strconv.Quote(c.Command)
		if !call.Bool("no-trunc") {
			text = strconv.Quote(format.Ellipsis(c.Command, 20))
		}
		created := units.HumanDuration(time.Since(time.Unix(c.Created, 0))) + " ago"
		rows = append(rows, []string{c.Name(), c.Image, text, c.Service(), created, c.Status, portsText(c)})
	}
	compose.Table(call.Out, []string{"NAME", "IMAGE", "COMMAND", "SERVICE", "CREATED", "STATUS", "PORTS"}, rows)
	return nil
}

// psJSON is a container in the JSON of `ps`.
type psJSON struct {
	Command    string
	CreatedAt  string
	ExitCode   int
	Health     string
	ID         string
	Image      string
	Labels     string
	Name       string
	Names      string
	Ports      string
	Project    string
	Publishers []compose.Publisher
	RunningFor string
	Service    string
	State      string
	Status     string
}

func psRow(project string, c *compose.Container) psJSON {
	var labels []string
	for name, value := range c.Labels {
		labels = append(labels, name+"="+value)
	}
	slices.Sort(labels)
	created := time.Unix(c.Created, 0)
	return psJSON{
		Command: strconv.Quote(c.Command), CreatedAt: created.Format("2006-01-02 15:04:05 -0700 MST"), ExitCode: c.Exited(), Health: c.HealthText(),
		ID: format.ShortID(c.ID), Image: c.Image, Labels: strings.Join(labels, ","), Name: c.Name(), Names: c.Name(), Ports: portsText(c),
		Project: project, Publishers: c.Publishers(), RunningFor: units.HumanDuration(time.Since(created)) + " ago",
		Service: c.Service(), State: string(c.State), Status: c.Status,
	}
}

func portsText(c *compose.Container) string {
	var list []string
	for _, port := range c.Publishers() {
		if port.PublishedPort == 0 {
			list = append(list, fmt.Sprintf("%d/%s", port.TargetPort, port.Protocol))
		} else {
			list = append(list, fmt.Sprintf("%s:%d->%d/%s", port.URL, port.PublishedPort, port.TargetPort, port.Protocol))
		}
	}
	return strings.Join(list, ", ")
}

func printJSON(call *command.Call, value any) error {
	encoder := json.NewEncoder(call.Out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

func (p *program) topCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[SERVICES...]"}, Short: "Display the running processes", Max: command.Any,
		Run: func(call *command.Call) error {
			project, err := p.existing(call.Args)
			if err != nil {
				return err
			}
			return project.Top(named(call.Args), func(c *compose.Container, titles []string, processes [][]string) error {
				fmt.Fprintln(call.Out, c.Name())
				compose.Table(call.Out, titles, processes)
				fmt.Fprintln(call.Out)
				return nil
			})
		},
	}
}

func (p *program) portCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[OPTIONS] SERVICE PRIVATE_PORT"}, Short: "Print the public port for a port binding.", Min: 2, Max: 2,
		Flags: flag.Set{{
			{Name: "index", Type: "int", Default: "0", Usage: "Index of the container if service has multiple replicas"},
			{Name: "protocol", Type: "string", Default: "tcp", Usage: "tcp or udp"},
		}},
		Run: func(call *command.Call) error {
			port, err := strconv.ParseUint(call.Args[1], 10, 16)
			if err != nil {
				return fmt.Errorf("invalid port %q: %w", call.Args[1], err)
			}
			project, err := p.existing(call.Args[:1])
			if err != nil {
				return err
			}
			return project.Port(call.Args[0], int(port), call.String("protocol"), int(call.Int("index")))
		},
	}
}

func (p *program) lsCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[OPTIONS]"}, Short: "List running compose projects",
		Flags: flag.Set{{
			{Name: "all", Short: "a", Usage: "Show all stopped Compose projects"},
			{Name: "format", Type: "string", Default: "table", Usage: "Format the output. Values: [table | json]."},
			{Name: "quiet", Short: "q", Usage: "Only display IDs."},
		}},
		Run: func(call *command.Call) error {
			list, err := p.on().Stacks(call.Bool("all"))
			if err != nil {
				return err
			}
			if call.String("format") == "json" {
				return printJSON(call, list)
			}
			rows := [][]string{}
			for _, stack := range list {
				if call.Bool("quiet") {
					fmt.Fprintln(call.Out, stack.Name)
				}
				rows = append(rows, []string{stack.Name, stack.Status, stack.ConfigFiles})
			}
			if !call.Bool("quiet") {
				compose.Table(call.Out, []string{"NAME", "STATUS", "CONFIG FILES"}, rows)
			}
			return nil
		},
	}
}

func (p *program) versionCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[OPTIONS]"}, Short: "Show the Docker Compose version information", Run: p.version,
		Flags: flag.Set{{
			{Name: "format", Short: "f", Type: "string", Usage: "Format the output. Values: [pretty | json]. (Default: pretty)"},
			{Name: "short", Usage: "Shows only Compose's version number."},
		}},
	}
}

func (p *program) version(call *command.Call) error {
	short := call.Command.Run != nil && len(call.Command.Entries) == 0 && call.Bool("short")
	switch {
	case short:
		fmt.Fprintln(call.Out, compose.Version)
	case len(call.Command.Entries) == 0 && call.String("format") == "json":
		return printJSON(call, map[string]string{"version": "v" + compose.Version})
	default:
		fmt.Fprintln(call.Out, "Docker Compose version v"+compose.Version)
	}
	return nil
}
