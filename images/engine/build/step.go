package build

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/shell"

	"twinhull/engine/fault"
)

// step does what one line of a Dockerfile says.
func (s *stage) step(ctx context.Context, command instructions.Command) error {
	if err := s.expand(command); err != nil {
		return fault.As(fault.Invalid, err)
	}
	err := s.dispatch(ctx, command)
	s.removeContainers(context.WithoutCancel(ctx), s.options.ForceRemove || err == nil && !s.options.Keep)
	return err
}

func (s *stage) environment() []string {
	return slices.Concat(s.config.Env, s.arguments.beyond(s.config.Env))
}

// expand replaces variables where the instruction has them replaced.
func (s *stage) expand(command instructions.Command) error {
	known := shell.EnvsFromSlice(s.environment())
	if expandable, ok := command.(instructions.SupportsSingleWordExpansion); ok {
		err := expandable.Expand(func(word string) (string, error) {
			expanded, _, err := s.lexer.ProcessWord(word, known)
			return expanded, err
		})
		if err != nil {
			return err
		}
	}
	if expandable, ok := command.(instructions.SupportsSingleWordExpansionRaw); ok {
		// Here-documents of COPY and ADD, whose quotes are content.
		return expandable.ExpandRaw(func(word string) (string, error) {
			lexer := shell.NewLex('\\')
			lexer.SkipProcessQuotes = true
			expanded, _, err := lexer.ProcessWord(word, known)
			return expanded, err
		})
	}
	return nil
}

func (s *stage) dispatch(ctx context.Context, command instructions.Command) error {
	switch c := command.(type) {
	case *instructions.AddCommand:
		return s.add(ctx, c)
	case *instructions.ArgCommand:
		return s.arg(c)
	case *instructions.CmdCommand:
		return s.cmd(c)
	case *instructions.CopyCommand:
		return s.copy(ctx, c)
	case *instructions.EntrypointCommand:
		return s.entrypoint(c)
	case *instructions.EnvCommand:
		return s.env(c)
	case *instructions.ExposeCommand:
		return s.expose(c)
	case *instructions.HealthCheckCommand:
		return s.healthcheck(c)
	case *instructions.LabelCommand:
		return s.label(c)
	case *instructions.MaintainerCommand:
		s.author = c.Maintainer
		return s.commitMetadata("MAINTAINER " + c.Maintainer)
	case *instructions.OnbuildCommand:
		s.config.OnBuild = append(s.config.OnBuild, c.Expression)
		return s.commitMetadata("ONBUILD " + c.Expression)
	case *instructions.RunCommand:
		return s.execute(ctx, c)
	case *instructions.ShellCommand:
		s.config.Shell = c.Shell
		return s.commitMetadata(fmt.Sprintf("SHELL %v", c.Shell))
	case *instructions.StopSignalCommand:
		if !knownSignal(c.Signal) {
			return fault.New(fault.Invalid, "Invalid signal: %s", c.Signal)
		}
		s.config.StopSignal = c.Signal
		return s.commitMetadata("STOPSIGNAL " + c.Signal)
	case *instructions.UserCommand:
		s.config.User = c.User
		return s.commitMetadata("USER " + c.User)
	case *instructions.VolumeCommand:
		return s.volume(c)
	case *instructions.WorkdirCommand:
		return s.workdir(c)
	}
	return fault.New(fault.Invalid, "unsupported command type: %T", command)
}

func (s *stage) env(c *instructions.EnvCommand) error {
	comment := "ENV"
	for _, pair := range c.Env {
		comment += " " + pair.String()
		at := slices.IndexFunc(s.config.Env, func(variable string) bool {
			name, _, _ := strings.Cut(variable, "=")
			return name == pair.Key
		})
		if at < 0 {
			s.config.Env = append(s.config.Env, pair.String())
		} else {
			s.config.Env[at] = pair.String()
		}
	}
	return s.commitMetadata(comment)
}

func (s *stage) label(c *instructions.LabelCommand) error {
	if s.config.Labels == nil {
		s.config.Labels = map[string]string{}
	}
	comment := "LABEL"
	for _, pair := range c.Labels {
		s.config.Labels[pair.Key] = pair.Value
		comment += " " + pair.String()
	}
	return s.commitMetadata(comment)
}

func (s *stage) arg(c *instructions.ArgCommand) error {
	words := make([]string, len(c.Args))
	for i, argument := range c.Args {
		words[i] = argument.Key
		if argument.Value != nil {
			words[i] += "=" + *argument.Value
		}
		s.arguments.declare(argument.Key, argument.Value)
	}
	return s.commitMetadata("ARG " + strings.Join(words, " "))
}

func (s *stage) cmd(c *instructions.CmdCommand) error {
	s.config.Cmd = s.commandLine(c.ShellDependantCmdLine)
	s.commandSet = s.commandSet || len(c.CmdLine) > 0
	return s.commitMetadata(fmt.Sprintf("CMD %q", s.config.Cmd))
}

func (s *stage) entrypoint(c *instructions.EntrypointCommand) error {
	s.config.Entrypoint = s.commandLine(c.ShellDependantCmdLine)
	if !s.commandSet {
		s.config.Cmd = nil
	}
	return s.commitMetadata(fmt.Sprintf("ENTRYPOINT %q", s.config.Entrypoint))
}

func (s *stage) expose(c *instructions.ExposeCommand) error {
	known := shell.EnvsFromSlice(s.environment())
	var words []string
	for _, port := range c.Ports {
		// The one instruction in which a variable may become several words.
		expanded, err := s.lexer.ProcessWords(port, known)
		if err != nil {
			return fault.As(fault.Invalid, err)
		}
		words = append(words, expanded...)
	}
	if s.config.ExposedPorts == nil {
		s.config.ExposedPorts = map[string]struct{}{}
	}
	for _, word := range words {
		ports, err := parsePorts(word)
		if err != nil {
			return err
		}
		for _, port := range ports {
			s.config.ExposedPorts[port] = struct{}{}
		}
	}
	return s.commitMetadata("EXPOSE " + strings.Join(words, " "))
}

func (s *stage) healthcheck(c *instructions.HealthCheckCommand) error {
	if old := s.config.Healthcheck; old != nil && len(old.Test) > 0 && old.Test[0] != "NONE" {
		fmt.Fprintf(s.output.Stdout(), "Note: overriding previous HEALTHCHECK: %v\n", old.Test)
	}
	s.config.Healthcheck = c.Health
	h := c.Health
	return s.commitMetadata(fmt.Sprintf("HEALTHCHECK &{%q %q %q %q %q %q}",
		h.Test, h.Interval, h.Timeout, h.StartPeriod, h.StartInterval, rune(h.Retries)))
}

func (s *stage) volume(c *instructions.VolumeCommand) error {
	if s.config.Volumes == nil {
		s.config.Volumes = map[string]struct{}{}
	}
	for _, place := range c.Volumes {
		if place == "" {
			return fault.New(fault.Invalid, "VOLUME specified can not be an empty string")
		}
		s.config.Volumes[place] = struct{}{}
	}
	return s.commitMetadata(fmt.Sprintf("VOLUME %v", c.Volumes))
}

func (s *stage) workdir(c *instructions.WorkdirCommand) error {
	if c.Path == "" {
		return fault.New(fault.Invalid, "cannot normalize nothing")
	}
	s.config.WorkingDir = s.absolute(c.Path)
	container := s.containerConfig(append(s.shell(), "#(nop) WORKDIR "+s.config.WorkingDir))
	if s.dry || s.cached(container) {
		return nil
	}
	id := newID()
	fmt.Fprintf(s.output.Stdout(), " ---> Running in %s\n", shortID(id))
	err := s.change(id, container, func(root *tree) error { return root.makeDirectories(s.config.WorkingDir, nil) })
	s.tellRemoved(id)
	return err
}

// absolute makes a path of a Dockerfile one from the root, by way of WORKDIR.
func (s *stage) absolute(place string) string {
	if path.IsAbs(place) {
		return path.Clean(place)
	}
	return path.Join("/", s.config.WorkingDir, place)
}
