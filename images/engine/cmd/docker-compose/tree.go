package main

import (
	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
)

// tree makes the commands. Its own Run is for lines that begin with a flag.
func (p *program) tree() *command.Command {
	root := &command.Command{
		Usage: []string{"[OPTIONS] COMMAND"}, Short: "Define and run multi-container applications with Docker",
		Flags: flag.Set{globalFlags}, Max: command.Any, Leading: true,
		Entries: []command.Entry{
			{Name: "attach", Command: p.attachCommand()},
			{Name: "build", Command: p.buildCommand()},
			{Name: "config", Aliases: []string{"convert"}, Command: p.configCommand()},
			{Name: "cp", Command: p.copyCommand()},
			{Name: "create", Command: p.createCommand()},
			{Name: "down", Command: p.downCommand()},
			{Name: "events", Command: p.eventsCommand()},
			{Name: "exec", Command: p.execCommand()},
			{Name: "images", Command: p.imagesCommand()},
			{Name: "kill", Command: p.killCommand()},
			{Name: "logs", Command: p.logsCommand()},
			{Name: "ls", Command: p.lsCommand()},
			{Name: "pause", Command: p.pauseCommand()},
			{Name: "port", Command: p.portCommand()},
			{Name: "ps", Command: p.psCommand()},
			{Name: "pull", Command: p.pullCommand()},
			{Name: "push", Command: p.pushCommand()},
			{Name: "restart", Command: p.restartCommand()},
			{Name: "rm", Command: p.rmCommand()},
			{Name: "run", Command: p.runCommand()},
			{Name: "scale", Command: p.scaleCommand()},
			{Name: "start", Command: p.startCommand()},
			{Name: "stats", Command: p.statsCommand()},
			{Name: "stop", Command: p.stopCommand()},
			{Name: "top", Command: p.topCommand()},
			{Name: "unpause", Command: p.unpauseCommand()},
			{Name: "up", Command: p.upCommand()},
			{Name: "version", Command: p.versionCommand()},
			{Name: "volumes", Command: p.volumesCommand()},
			{Name: "wait", Command: p.waitCommand()},
			{Name: "watch", Command: p.watchCommand()},
		},
	}
	commands := *root
	root.Run = func(call *command.Call) error {
		p.read(call.Values)
		if call.Bool("version") {
			return p.version(call)
		}
		return commands.Execute(call.Session, call.Path, call.Args)
	}
	return root
}
