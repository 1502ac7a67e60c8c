package main

import (
	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
)

const (
	common     = "Common Commands"
	management = "Management Commands"
)

// root is the program's tree of commands, in the order of its help.
var root = command.Command{
	Usage: []string{"[OPTIONS] COMMAND"},
	Short: "A self-sufficient runtime for containers",
	Flags: flag.Set{globalFlags},
	Entries: []command.Entry{
		{Name: "run", Command: &runContainer, Section: common},
		{Name: "ps", Command: &listContainers, Section: common},
		{Name: "images", Command: &listImages, Section: common},
		{Name: "version", Command: &showVersion, Section: common},
		{Name: "logs", Command: &containerLogs},
		{Name: "rm", Command: &removeContainers},
	},
}
