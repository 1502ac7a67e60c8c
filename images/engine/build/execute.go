package build

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/moby/api/types/container"

	"twinhull/engine/fault"
)

func needsBuildKit(option string) error {
	return fault.New(fault.Invalid, "the --%s option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ to learn "+
		"how to build images with BuildKit enabled", option)
}

// execute is RUN.
func (s *stage) execute(ctx context.Context, c *instructions.RunCommand) error {
	if len(c.FlagsUsed) > 0 {
		return needsBuildKit(c.FlagsUsed[0])
	}
	line, err := withDocuments(c.ShellDependantCmdLine)
	if err != nil {
		return err
	}
	words := s.commandLine(line)
	if len(words) == 0 {
		return fault.New(fault.Invalid, "RUN requires a command")
	}
	arguments := s.arguments.beyond(s.config.Env)
	container := s.containerConfig(s.withArguments(words, arguments))
	container.Entrypoint = nil
	if s.cached(container) {
		return nil
	}
	id, err := s.create(ctx, words, arguments)
	if err != nil {
		return err
	}
	code, err := s.Containers.Run(ctx, id, s.output.Stdout(), s.output.Stderr())
	if err != nil {
		return err
	}
	if code != 0 {
		return &CommandError{Command: strings.Join(words, " "), Code: code}
	}
	root, err := s.Images.OpenRoot(id)
	if err != nil {
		return err
	}
	return s.commitRoot(root, id, container)
}

func (s *stage) create(ctx context.Context, words, arguments []string) (id string, err error) {
	config := &container.Config{
		Cmd: words, Env: slices.Concat(s.config.Env, arguments),
		// [""] is how clients say that there is none.
		Entrypoint:  []string{""},
		Healthcheck: &container.HealthConfig{Test: []string{"NONE"}},
		User:        s.config.User, WorkingDir: s.config.WorkingDir, Labels: s.config.Labels, Volumes: s.config.Volumes,
		Shell: s.config.Shell, StopSignal: s.config.StopSignal, AttachStdout: true, AttachStderr: true,
	}
	if s.image == nil {
		return "", fault.New(fault.Invalid, "there is nothing to run a command with: FROM scratch is empty, COPY a program first")
	}
	config.Image = s.image.ID.String()
	host := s.options.Host
	id, warnings, err := s.Containers.Create(ctx, config, &host)
	if err != nil {
		return "", err
	}
	s.containers = append(s.containers, id)
	for _, warning := range warnings {
		fmt.Fprintf(s.output.Stdout(), " ---> [Warning] %s\n", warning)
	}
	fmt.Fprintf(s.output.Stdout(), " ---> Running in %s\n", shortID(id))
	return id, nil
}

// withArguments puts the arguments that a command was run with before it: |NUMBER NAME=value... COMMAND. So another value
// is another step, and a command cannot be mistaken for an argument.
func (s *stage) withArguments(words, arguments []string) []string {
	if len(arguments) == 0 {
		return words
	}
	kept := slices.DeleteFunc(slices.Clone(arguments), func(argument string) bool {
		name, _, _ := strings.Cut(argument, "=")
		return !s.arguments.inHistory(name)
	})
	return slices.Concat([]string{"|" + strconv.Itoa(len(kept))}, kept, words)
}

// withDocuments puts here-documents back into the command that the shell gets.
func withDocuments(line instructions.ShellDependantCmdLine) (instructions.ShellDependantCmdLine, error) {
	if len(line.Files) == 0 {
		return line, nil
	}
	if len(line.CmdLine) != 1 || !line.PrependShell {
		return line, fault.New(fault.Invalid, "a here-document needs a shell: write RUN without brackets")
	}
	first := line.Files[0]
	if document, err := parser.ParseHeredoc(line.CmdLine[0]); err != nil || document == nil {
		// A command with documents: shells know what to do.
		command := line.CmdLine[0]
		for _, file := range line.Files {
			command += "\n" + file.Data + file.Name
		}
		line.CmdLine = []string{command}
		return line, nil
	}
	// The document is the command.
	if strings.HasPrefix(first.Data, "#!") {
		return line, fault.New(fault.Invalid, "a RUN whose here-document begins with #! requires BuildKit: COPY the script, "+
			"or write RUN interpreter <<%s", first.Name)
	}
	data := first.Data
	if first.Chomp {
		data = parser.ChompHeredocContent(data)
	}
	line.CmdLine = []string{data}
	return line, nil
}
