// Package stats shows what containers use, as `docker stats` does.
package stats

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/format"
)

// Flags are those of every command that shows statistics, but for the format's.
var Flags = []flag.Flag{
	{Name: "all", Short: "a", Usage: "Show all containers (default shows just running)"},
	{Name: "no-stream", Usage: "Disable streaming stats and only pull the first result"},
	{Name: "no-trunc", Usage: "Do not truncate output"},
}

// Options are what a caller's line says.
type Options struct {
	// Containers that are shown; without any, all that are and that come.
	Containers []string
	// All are shown, not only those that run, where none is named.
	All bool
	// Once shows the first samples and ends.
	Once   bool
	Format string
	Whole  bool
}

// OptionsOf reads Flags and the format.
func OptionsOf(call *command.Call, containers []string) Options {
	return Options{
		Containers: containers, All: call.Bool("all"), Once: call.Bool("no-stream"), Format: call.String("format"), Whole: call.Bool("no-trunc"),
	}
}

// refresh is how often the table is drawn again.
const refresh = 500 * time.Millisecond

// Show draws the table until its caller is interrupted, or once.
func Show(call *command.Call, options Options) error {
	board := &board{call: call, options: options}
	all := len(options.Containers) == 0
	names := options.Containers
	if all {
		if !options.Once {
			if err := board.followEvents(); err != nil {
				return err
			}
		}
		var containers []struct {
			ID string `json:"Id"`
		}
		query := url.Values{}
		if options.All {
			query.Set("all", "1")
		}
		if err := call.Engine().Get("/containers/json", query, &containers); err != nil {
			return err
		}
		for _, container := range containers {
			names = append(names, container.ID)
		}
	}
	var begun sync.WaitGroup
	for _, name := range names {
		begun.Add(1)
		board.add(name, begun.Done)
	}
	begun.Wait()
	if !all {
		var failed []error
		for _, container := range board.snapshot() {
			_, err := container.get()
			failed = append(failed, err)
		}
		if err := errors.Join(failed...); err != nil {
			return err
		}
	}
	if options.Once {
		return board.print(call.Out.Write)
	}
	for {
		if err := board.draw(); err != nil {
			return err
		}
		time.Sleep(refresh)
	}
}

func (b *board) print(write func([]byte) (int, error)) error {
	var text bytes.Buffer
	layout := b.options.Format
	if layout == "" {
		layout = b.call.Config().StatsFormat
	}
	table := format.Table("ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs")
	if err := statsView.Print(&text, layout, table, b.snapshot(), !b.options.Whole); err != nil {
		return err
	}
	_, err := write(text.Bytes())
	return err
}

// draw prints over what was drawn before, clearing the rest of each line and what is below.
func (b *board) draw() error {
	return b.print(func(text []byte) (int, error) {
		lines := strings.ReplaceAll(string(text), "\n", "\x1b[K\n")
		return fmt.Fprint(b.call.Out, "\x1b[H"+lines+"\x1b[K\x1b[J")
	})
}
