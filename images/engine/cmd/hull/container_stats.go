package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/format"
)

var containerStats = command.Command{
	Usage: []string{"[OPTIONS] [CONTAINER...]"}, Short: "Display a live stream of container(s) resource usage statistics",
	Synonyms: "docker container stats, docker stats",
	Flags: flag.Set{listFormatFlag, {
		{Name: "all", Short: "a", Usage: "Show all containers (default shows just running)"},
		{Name: "no-stream", Usage: "Disable streaming stats and only pull the first result"},
		{Name: "no-trunc", Usage: "Do not truncate output"},
	}},
	Max: command.Any, Complete: "container", Run: stats,
}

// refresh is how often the table is drawn again.
const refresh = 500 * time.Millisecond

func stats(call *command.Call) error {
	board := &board{call: call, stream: !call.Bool("no-stream")}
	all := len(call.Args) == 0
	names := call.Args
	if all {
		if board.stream {
			if err := board.followEvents(); err != nil {
				return err
			}
		}
		var containers []struct {
			ID string `json:"Id"`
		}
		if err := call.Engine().Get("/containers/json", queryOf("all", truth(call.Bool("all"))), &containers); err != nil {
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
	if !board.stream {
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
	layout := b.call.String("format")
	if layout == "" {
		layout = b.call.Config().StatsFormat
	}
	table := format.Table("ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs")
	if err := statsView.Print(&text, layout, table, b.snapshot(), !b.call.Bool("no-trunc")); err != nil {
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
