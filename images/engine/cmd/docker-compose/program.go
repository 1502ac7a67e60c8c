package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/compose"
)

// program is what all commands share: the flags before the command's name.
type program struct {
	session *command.Session
	context context.Context
	source  compose.Source
	quiet   bool
	engine  *compose.Engine
}

var globalFlags = []flag.Flag{
	{Name: "all-resources", Usage: "Include all resources, even those not used by services", Hidden: true},
	{Name: "ansi", Type: "string", Default: "auto", Usage: `Control when to print ANSI control characters ("never"|"always"|"auto")`},
	{Name: "compatibility", Usage: "Run compose in backward compatibility mode", Hidden: true},
	{Name: "env-file", Type: "list", Usage: "Specify an alternate environment file"},
	{Name: "file", Short: "f", Type: "list", Usage: "Compose configuration files"},
	{Name: "parallel", Type: "int", Default: "-1", Usage: "Control max parallelism, -1 for unlimited", Hidden: true},
	{Name: "profile", Type: "list", Usage: "Specify a profile to enable"},
	{Name: "progress", Type: "string", Default: "auto", Usage: "Set type of progress output (auto, tty, plain, quiet)"},
	{Name: "project-directory", Type: "string", Usage: "Specify an alternate working directory\n(default: the path of the, first specified, Compose file)"},
	{Name: "project-name", Short: "p", Type: "string", Usage: "Project name"},
	{Name: "version", Short: "v", Usage: "Show the Docker Compose version information"},
}

// read takes the global flags.
func (p *program) read(values *flag.Values) {
	p.source = compose.Source{
		Files: values.List("file"), Name: values.String("project-name"), Directory: values.String("project-directory"),
		EnvFiles: values.List("env-file"), Profiles: values.List("profile"),
	}
	p.quiet = values.String("progress") == "quiet"
}

func (p *program) on() *compose.Engine {
	if p.engine == nil {
		p.engine = compose.NewEngine(p.session.Engine())
	}
	return p.engine
}

func (p *program) progress() *compose.Progress {
	if p.quiet {
		return compose.NewProgress(io.Discard)
	}
	return compose.NewProgress(p.session.Err)
}

// load reads the file and narrows the project to some services, with what they depend on unless alone.
func (p *program) load(services []string, alone bool) (*compose.Project, error) {
	project, err := p.source.Load(p.context, services...)
	if err != nil {
		return nil, err
	}
	if len(services) > 0 {
		if project, err = compose.Select(project, services, alone); err != nil {
			return nil, err
		}
	}
	return compose.On(p.on(), project, p.session.Out, p.progress(), p.session.Config()), nil
}

// existing is the project as the engine has it. The file is only needed for the project's name, and to know the names
// of services that have no container.
func (p *program) existing(services []string) (*compose.Project, error) {
	name, loadError := p.source.ProjectName(p.context)
	if loadError != nil {
		return nil, loadError
	}
	project, err := compose.FromEngine(p.on(), name)
	if err != nil {
		return nil, err
	}
	for _, service := range services {
		if _, known := project.Services[service]; known {
			continue
		}
		file, err := p.source.Load(p.context)
		if err != nil || !slices.Contains(append(file.ServiceNames(), file.DisabledServiceNames()...), service) {
			return nil, fmt.Errorf("no such service: %s", service)
		}
	}
	return compose.On(p.on(), project, p.session.Out, p.progress(), p.session.Config()), nil
}

// named is a list of services as commands take it: nil, not empty, stands for all.
func named(services []string) []string {
	if len(services) == 0 {
		return nil
	}
	return services
}

// seconds is a timeout if one was given.
func seconds(call *command.Call) *int {
	if !call.Has("timeout") {
		return nil
	}
	value := int(call.Int("timeout"))
	return &value
}

// numbers reads SERVICE=NUM words.
func numbers(words []string) (map[string]int, error) {
	list := map[string]int{}
	for _, word := range words {
		name, text, found := strings.Cut(word, "=")
		number, err := strconv.Atoi(text)
		if !found || name == "" || err != nil || number < 0 {
			return nil, fmt.Errorf("invalid scale %q: it is SERVICE=NUM", word)
		}
		list[name] = number
	}
	return list, nil
}
