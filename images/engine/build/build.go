// Package build makes images from Dockerfiles, as Docker's classic builder does: one image a step, each made from the one
// before it. BuildKit's parser reads the Dockerfile; everything else is here.
package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/distribution/reference"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
	"github.com/moby/moby/api/types/container"

	"twinhull/engine/fault"
	"twinhull/engine/image"
)

// Containers runs the commands of RUN.
type Containers interface {
	// Create makes a container whose file system is that of an image.
	Create(ctx context.Context, config *container.Config, host *container.HostConfig) (id string, warnings []string, err error)
	// Run starts a container and returns when it has ended and all its output was written.
	Run(ctx context.Context, id string, stdout, stderr io.Writer) (exitCode int, err error)
	Remove(ctx context.Context, id string) error
}

// Pull fetches an image that is not here, or a newer one.
type Pull func(ctx context.Context, name reference.Named, progress io.Writer) error

// Builder builds images.
type Builder struct {
	Images     *image.Store
	Containers Containers
	// Scratch is the directory in which contexts are unpacked: /var/lib/docker/tmp.
	Scratch string
	// Limits bound contexts, archives and downloads. Zero values are the image store's defaults.
	Limits image.Limits
}

// Options are the parameters of POST /build.
type Options struct {
	Dockerfile string
	Tags       []string
	Target     string
	// Arguments are --build-arg's. A nil value was named without one.
	Arguments map[string]*string
	Labels    map[string]string
	CacheFrom []string
	NoCache   bool
	// PullAlways is --pull. Pull may be nil: then images must be here.
	PullAlways bool
	Pull       Pull
	// Keep leaves containers of successful steps (--rm=false). ForceRemove removes those of failed ones as well.
	Keep, ForceRemove bool
	// Host is what containers of RUN get beyond the defaults: memory, network...
	Host container.HostConfig
}

// CommandError is a RUN that failed. Clients exit with its code.
type CommandError struct {
	Command string
	Code    int
}

func (e *CommandError) Error() string {
	return fmt.Sprintf("The command '%s' returned a non-zero code: %d", e.Command, e.Code)
}

// run is one build on its way.
type run struct {
	*Builder
	options   Options
	output    Output
	context   *tree
	arguments *arguments
	escape    rune
	cache     cache
	stages    stages
	// containers are those that have not been removed.
	containers []string
	// warnings come from the parser.
	parsed *parser.Result
}

// Build builds an image from a context, a tar archive with the Dockerfile in it, and returns the image's ID. Errors
// before the first output are of the request; whoever calls can answer with their status.
func (b *Builder) Build(ctx context.Context, options Options, archive io.Reader, output Output) (id string, err error) {
	tags, err := parseTags(options.Tags)
	if err != nil {
		return "", err
	}
	directory, err := b.receive(archive)
	if err != nil {
		return "", err
	}
	defer directory.discard()
	build := &run{
		Builder: b, options: options, output: output, context: directory.tree,
		arguments: newArguments(options.Arguments),
	}
	defer build.removeContainers(context.WithoutCancel(ctx), options.ForceRemove)
	if build.parsed, err = directory.dockerfile(options.Dockerfile); err != nil {
		return "", err
	}
	built, err := build.dockerfile(ctx)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(output.Stdout(), "Successfully built %s\n", short(built.ID))
	for _, tag := range tags {
		if err := b.Images.Tag(built, tag); err != nil {
			return "", err
		}
		fmt.Fprintf(output.Stdout(), "Successfully tagged %s\n", reference.FamiliarString(tag))
	}
	return built.ID.String(), nil
}

func parseTags(names []string) (tags []reference.Named, err error) {
	seen := map[string]bool{}
	for _, name := range names {
		if name == "" {
			continue
		}
		parsed, err := reference.ParseNormalizedNamed(name)
		if err != nil {
			return nil, fault.As(fault.Invalid, err)
		}
		if _, isDigest := parsed.(reference.Digested); isDigest {
			return nil, fault.New(fault.Invalid, "build tag cannot contain a digest")
		}
		tag := reference.TagNameOnly(parsed)
		if !seen[tag.String()] {
			seen[tag.String()] = true
			tags = append(tags, tag)
		}
	}
	return tags, nil
}

// dockerfile goes through all steps.
func (r *run) dockerfile(ctx context.Context) (*image.Image, error) {
	r.escape = r.parsed.EscapeToken
	parsed, metaArguments, err := instructions.Parse(r.parsed.AST, nil)
	if err != nil {
		return nil, fault.As(fault.Invalid, err)
	}
	if len(parsed) == 0 {
		return nil, errors.New("No image was generated. Is your Dockerfile empty?")
	}
	if r.options.Target != "" {
		last, found := instructions.HasStage(parsed, r.options.Target)
		if !found {
			return nil, fault.New(fault.Invalid, "target stage %q could not be found", r.options.Target)
		}
		parsed = parsed[:last+1]
	}
	for _, key := range slices.Sorted(maps.Keys(r.options.Labels)) {
		parsed[len(parsed)-1].AddCommand(instructions.NewLabelCommand(key, r.options.Labels[key], true))
	}
	r.parsed.PrintWarnings(r.output.Stderr())
	if r.cache, err = r.openCache(); err != nil {
		return nil, err
	}
	steps := &steps{output: r.output, total: len(metaArguments) + len(parsed)}
	for _, stage := range parsed {
		steps.total += len(stage.Commands)
	}
	for i := range metaArguments {
		steps.announce(&metaArguments[i])
		if err := r.metaArgument(metaArguments[i]); err != nil {
			return nil, err
		}
	}
	var last *stage
	for i := range parsed {
		if last, err = r.stage(ctx, &parsed[i], steps); err != nil {
			return nil, err
		}
	}
	r.arguments.warn(r.output.Stdout())
	if last.image == nil {
		return nil, errors.New("No image was generated. Is your Dockerfile empty?")
	}
	return last.image, nil
}

// metaArgument is an ARG before the first FROM.
func (r *run) metaArgument(command instructions.ArgCommand) error {
	lexer := shell.NewLex(r.escape)
	known := shell.EnvsFromSlice(r.arguments.allowed())
	err := command.Expand(func(word string) (string, error) {
		expanded, _, err := lexer.ProcessWord(word, known)
		return expanded, err
	})
	if err != nil {
		return fault.As(fault.Invalid, err)
	}
	for _, argument := range command.Args {
		r.arguments.declareMeta(argument.Key, argument.Value)
	}
	return nil
}

// steps counts them.
type steps struct {
	output         Output
	current, total int
}

func (s *steps) announce(command any) {
	s.current++
	fmt.Fprintf(s.output.Stdout(), "Step %d/%d : %v", s.current, s.total, command)
	fmt.Fprintln(s.output.Stdout())
}

func (r *run) removeContainers(ctx context.Context, wanted bool) {
	if !wanted {
		return
	}
	for _, id := range r.containers {
		if err := r.Containers.Remove(ctx, id); err != nil && !fault.Is(err, fault.NotFound) {
			fmt.Fprintf(r.output.Stdout(), "Removing intermediate container %s: %v\n", shortID(id), err)
			continue
		}
		fmt.Fprintf(r.output.Stdout(), " ---> Removed intermediate container %s\n", shortID(id))
	}
	r.containers = nil
}
