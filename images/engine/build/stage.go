package build

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/distribution/reference"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"

	"twinhull/engine/fault"
	"twinhull/engine/image"
)

// defaultPath is the PATH of images that have none.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// stage is what is between one FROM and the next.
type stage struct {
	*run
	name string
	// image is the last step's, nil at the beginning of FROM scratch.
	image  *image.Image
	config image.RunConfig
	author string
	// commandSet says that this stage has a CMD, which an ENTRYPOINT therefore leaves alone.
	commandSet bool
	lexer      *shell.Lex
	// dry steps change the configuration, and make no image.
	dry bool
}

// stages are those that are finished.
type stages []*stage

func (s stages) named(name string) *stage {
	for _, stage := range s {
		if stage.name != "" && strings.EqualFold(stage.name, name) {
			return stage
		}
	}
	return nil
}

// find finds a finished stage by its name or number. nil: it is neither, and so may be an image.
func (s stages) find(nameOrNumber string) (*stage, error) {
	if found := s.named(nameOrNumber); found != nil {
		return found, nil
	}
	number, err := strconv.Atoi(nameOrNumber)
	switch {
	case err != nil:
		return nil, nil
	case number == len(s):
		return nil, fault.New(fault.Invalid, "refers to current build stage")
	case number < 0 || number > len(s):
		return nil, fault.New(fault.Invalid, "index out of bounds")
	}
	return s[number], nil
}

// stage goes through the steps of one.
func (r *run) stage(ctx context.Context, source *instructions.Stage, steps *steps) (*stage, error) {
	if source.Name != "" && r.stages.named(source.Name) != nil {
		return nil, fault.New(fault.Invalid, "%s stage name already used", source.Name)
	}
	r.arguments.beginStage()
	r.cache.reset()
	s := &stage{run: r, name: source.Name, lexer: shell.NewLex(r.escape)}
	steps.announce(source.SourceCode)
	if err := s.from(ctx, source); err != nil {
		return nil, err
	}
	s.tellImage()
	for _, command := range source.Commands {
		if ctx.Err() != nil {
			fmt.Fprint(r.output.Stdout(), "Build cancelled\n")
			return nil, errors.New("Build cancelled")
		}
		steps.announce(command)
		if err := s.step(ctx, command); err != nil {
			return nil, err
		}
		s.tellImage()
	}
	if s.image != nil {
		if err := r.output.Image(s.image.ID); err != nil {
			return nil, err
		}
	}
	r.stages = append(r.stages, s)
	return s, nil
}

func (s *stage) tellImage() {
	id := ""
	if s.image != nil {
		id = short(s.image.ID)
	}
	fmt.Fprintf(s.output.Stdout(), " ---> %s\n", id)
}

// from begins a stage with an image, an earlier stage, or nothing.
func (s *stage) from(ctx context.Context, source *instructions.Stage) error {
	known := shell.EnvsFromSlice(s.arguments.ofFrom())
	name, _, err := s.lexer.ProcessWord(source.BaseName, known)
	if err != nil {
		return fault.As(fault.Invalid, err)
	}
	if name == "" {
		return fault.New(fault.Invalid, "base name (%s) should not be blank", source.BaseName)
	}
	if source.Platform != "" {
		platform, _, err := s.lexer.ProcessWord(source.Platform, known)
		if err != nil {
			return fmt.Errorf("failed to process arguments for platform %s: %w", source.Platform, fault.As(fault.Invalid, err))
		}
		if err := checkPlatform(platform); err != nil {
			return err
		}
	}
	if earlier := s.stages.named(name); earlier != nil {
		s.image = earlier.image
	} else if name != "scratch" {
		if s.image, err = s.find(ctx, name); err != nil {
			return err
		}
	}
	if s.image != nil {
		s.config = cloneConfig(s.image.Config.Config)
	}
	if !hasVariable(s.config.Env, "PATH") {
		s.config.Env = append(s.config.Env, "PATH="+defaultPath)
	}
	return s.triggers(ctx)
}

// checkPlatform accepts what this machine can run.
func checkPlatform(platform string) error {
	switch platform {
	case "linux", "linux/386", "386", "linux/i386", "i386", "local":
		return nil
	}
	return fault.New(fault.Invalid, "this machine is linux/386, and there are no images of %s here: leave --platform out", platform)
}

// find finds an image, and pulls it if need be.
func (r *run) find(ctx context.Context, name string) (*image.Image, error) {
	found, err := r.Images.Get(name)
	missing := fault.Is(err, fault.NotFound)
	if err != nil && !missing || !missing && !r.options.PullAlways || r.options.Pull == nil {
		return found, err
	}
	parsed, parseErr := reference.ParseNormalizedNamed(name)
	if parseErr != nil {
		return found, err // An ID, which no registry knows.
	}
	parsed = reference.TagNameOnly(parsed)
	if err := r.options.Pull(ctx, parsed, r.output.Progress()); err != nil {
		return nil, err
	}
	return r.Images.Get(parsed.String())
}

// triggers runs what the image below has as ONBUILD.
func (s *stage) triggers(ctx context.Context) error {
	triggers := s.config.OnBuild
	s.config.OnBuild = nil
	if len(triggers) == 0 {
		return nil
	}
	plural := ""
	if len(triggers) > 1 {
		plural = "s"
	}
	fmt.Fprintf(s.output.Stdout(), "# Executing %d build trigger%s\n", len(triggers), plural)
	for _, trigger := range triggers {
		parsed, err := parser.Parse(strings.NewReader(trigger))
		if err != nil {
			return fault.As(fault.Invalid, err)
		}
		if len(parsed.AST.Children) != 1 {
			return fault.New(fault.Invalid, "onbuild trigger should be a single expression")
		}
		command, err := instructions.ParseCommand(parsed.AST.Children[0])
		if err != nil {
			return fault.As(fault.Invalid, err)
		}
		if err := s.step(ctx, command); err != nil {
			return err
		}
	}
	return nil
}

// shell returns what comes before commands that are not JSON.
func (s *stage) shell() []string {
	if len(s.config.Shell) == 0 {
		return []string{"/bin/sh", "-c"}
	}
	return slices.Clone(s.config.Shell)
}

// commandLine returns the words of RUN, CMD and ENTRYPOINT.
func (s *stage) commandLine(line instructions.ShellDependantCmdLine) []string {
	if line.PrependShell && line.CmdLine != nil {
		return append(s.shell(), line.CmdLine...)
	}
	return line.CmdLine
}
