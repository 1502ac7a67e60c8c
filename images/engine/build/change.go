package build

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"

	"twinhull/engine/fault"
	"twinhull/engine/image"
)

// changing are the instructions that --change of `docker commit` and `docker import` knows.
var changing = []string{
	"cmd", "entrypoint", "env", "expose", "healthcheck", "label", "onbuild", "stopsignal", "user", "volume", "workdir",
}

// Change applies instructions of a Dockerfile to a configuration.
func Change(config *image.RunConfig, lines []string) error {
	if len(lines) == 0 {
		return nil
	}
	parsed, err := parser.Parse(strings.NewReader(strings.Join(lines, "\n")))
	if err != nil {
		return fault.As(fault.Invalid, err)
	}
	nothing := &run{Builder: &Builder{}, output: NewOutput(io.Discard), arguments: newArguments(nil)}
	changed := &stage{run: nothing, lexer: shell.NewLex(parsed.EscapeToken), config: cloneConfig(*config), dry: true}
	for _, node := range parsed.AST.Children {
		if !slices.Contains(changing, strings.ToLower(node.Value)) {
			return fault.New(fault.Invalid, "%s is not a valid change command", node.Value)
		}
		command, err := instructions.ParseCommand(node)
		if err != nil {
			return fault.As(fault.Invalid, err)
		}
		if err := changed.step(context.Background(), command); err != nil {
			return fault.As(fault.Invalid, err)
		}
	}
	*config = changed.config
	return nil
}
