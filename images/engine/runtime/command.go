package runtime

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// Delete makes the runtime forget a container, killing what may be left of it.
func (r *Runner) Delete(ctx context.Context, id string) error {
	return r.run(ctx, "delete", "--force", id)
}

// Pause freezes a container's processes.
func (r *Runner) Pause(ctx context.Context, id string) error { return r.run(ctx, "pause", id) }

// Resume thaws them.
func (r *Runner) Resume(ctx context.Context, id string) error { return r.run(ctx, "resume", id) }

func (r *Runner) run(ctx context.Context, subcommand string, arguments ...string) error {
	arguments = append(append(append([]string{}, r.RuntimeArgs...), subcommand), arguments...)
	command := exec.CommandContext(ctx, r.Runtime, arguments...)
	var complaint bytes.Buffer
	command.Stderr = &complaint
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", r.Runtime, subcommand, err, strings.TrimSpace(complaint.String()))
	}
	return nil
}
