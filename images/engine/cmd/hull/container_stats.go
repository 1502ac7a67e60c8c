package main

import (
	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/stats"
)

var containerStats = command.Command{
	Usage: []string{"[OPTIONS] [CONTAINER...]"}, Short: "Display a live stream of container(s) resource usage statistics",
	Synonyms: "docker container stats, docker stats",
	Flags:    flag.Set{listFormatFlag, stats.Flags},
	Max:      command.Any, Complete: "container",
	Run: func(call *command.Call) error { return stats.Show(call, stats.OptionsOf(call, call.Args)) },
}
