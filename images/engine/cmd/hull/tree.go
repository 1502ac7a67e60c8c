package main

import (
	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
)

const (
	common     = "Common Commands"
	management = "Management Commands"
	// unlisted commands work, and the help does not show them.
	unlisted = "-"
	swarms   = "Swarm Commands"
)

// root is the program's tree of commands, in the order of its help.
var root = command.Command{
	Usage: []string{"[OPTIONS] COMMAND"}, Short: "A self-sufficient runtime for containers",
	Flags: flag.Set{globalFlags},
	Entries: []command.Entry{
		{Name: "run", Command: &runContainer, Section: common},
		{Name: "exec", Command: &execContainer, Section: common},
		{Name: "ps", Command: &listContainers, Section: common},
		{Name: "build", Command: &buildImage, Section: common},
		{Name: "pull", Command: &pullImage, Section: common},
		{Name: "push", Command: &pushImage, Section: common},
		{Name: "images", Command: &listImages, Section: common},
		{Name: "login", Command: &loginRegistry, Section: common},
		{Name: "logout", Command: &logoutRegistry, Section: common},
		{Name: "search", Command: &searchImages, Section: common},
		{Name: "version", Command: &showVersion, Section: common},
		{Name: "info", Command: &showInfo, Section: common},

		{Name: "builder", Command: &builderGroup, Section: management},
		{Name: "container", Command: &containerGroup, Section: management},
		{Name: "context", Command: &contextGroup, Section: management},
		{Name: "image", Command: &imageGroup, Section: management},
		{Name: "network", Command: &networkGroup, Section: management},
		{Name: "system", Command: &systemGroup, Section: management},
		{Name: "volume", Command: &volumeGroup, Section: management},

		{Name: "node", Command: &nodeGroup, Section: swarms},
		{Name: "service", Command: &serviceGroup, Section: swarms},
		{Name: "swarm", Command: &swarmGroup, Section: swarms},

		{Name: "stack", Command: &stackCommand, Section: unlisted},
		{Name: "secret", Command: &secretCommand, Section: unlisted},
		{Name: "config", Command: &configCommand, Section: unlisted},

		{Name: "attach", Command: &attachContainer},
		{Name: "commit", Command: &commitContainer},
		{Name: "cp", Command: &copyFiles},
		{Name: "create", Command: &createContainer},
		{Name: "diff", Command: &diffContainer},
		{Name: "events", Command: &showEvents},
		{Name: "export", Command: &exportContainer},
		{Name: "history", Command: &imageHistory},
		{Name: "import", Command: &importImage},
		{Name: "inspect", Command: &inspectAny},
		{Name: "kill", Command: &killContainers},
		{Name: "load", Command: &loadImages},
		{Name: "logs", Command: &containerLogs},
		{Name: "pause", Command: &pauseContainers},
		{Name: "port", Command: &portContainer},
		{Name: "rename", Command: &renameContainer},
		{Name: "restart", Command: &restartContainers},
		{Name: "rm", Command: &removeContainers},
		{Name: "rmi", Command: &removeImages},
		{Name: "save", Command: &saveImages},
		{Name: "start", Command: &startContainers},
		{Name: "stats", Command: &containerStats},
		{Name: "stop", Command: &stopContainers},
		{Name: "tag", Command: &tagImage},
		{Name: "top", Command: &topContainer},
		{Name: "unpause", Command: &unpauseContainers},
		{Name: "update", Command: &updateContainers},
		{Name: "wait", Command: &waitContainers},

		{Name: "completion", Command: &completion, Section: unlisted},
		{Name: "__complete", Command: &complete, Section: unlisted},
	},
}

var containerGroup = command.Command{
	Short: "Manage containers",
	Entries: []command.Entry{
		{Name: "attach", Command: &attachContainer},
		{Name: "commit", Command: &commitContainer},
		{Name: "cp", Command: &copyFiles},
		{Name: "create", Command: &createContainer},
		{Name: "diff", Command: &diffContainer},
		{Name: "exec", Command: &execContainer},
		{Name: "export", Command: &exportContainer},
		{Name: "inspect", Command: &inspectContainers},
		{Name: "kill", Command: &killContainers},
		{Name: "logs", Command: &containerLogs},
		{Name: "ls", Aliases: []string{"ps", "list"}, Command: &listContainers},
		{Name: "pause", Command: &pauseContainers},
		{Name: "port", Command: &portContainer},
		{Name: "prune", Command: &pruneContainers},
		{Name: "rename", Command: &renameContainer},
		{Name: "restart", Command: &restartContainers},
		{Name: "rm", Aliases: []string{"remove"}, Command: &removeContainers},
		{Name: "run", Command: &runContainer},
		{Name: "start", Command: &startContainers},
		{Name: "stats", Command: &containerStats},
		{Name: "stop", Command: &stopContainers},
		{Name: "top", Command: &topContainer},
		{Name: "unpause", Command: &unpauseContainers},
		{Name: "update", Command: &updateContainers},
		{Name: "wait", Command: &waitContainers},
	},
}

var imageGroup = command.Command{
	Short: "Manage images",
	Entries: []command.Entry{
		{Name: "build", Command: &buildImage},
		{Name: "history", Command: &imageHistory},
		{Name: "import", Command: &importImage},
		{Name: "inspect", Command: &inspectImages},
		{Name: "load", Command: &loadImages},
		{Name: "ls", Aliases: []string{"list"}, Command: &listImages},
		{Name: "prune", Command: &pruneImages},
		{Name: "pull", Command: &pullImage},
		{Name: "push", Command: &pushImage},
		{Name: "rm", Aliases: []string{"rmi", "remove"}, Command: &removeImages},
		{Name: "save", Command: &saveImages},
		{Name: "tag", Command: &tagImage},
	},
}

var networkGroup = command.Command{
	Short: "Manage networks",
	Entries: []command.Entry{
		{Name: "connect", Command: &connectNetwork},
		{Name: "create", Command: &createNetwork},
		{Name: "disconnect", Command: &disconnectNetwork},
		{Name: "inspect", Command: &inspectNetworks},
		{Name: "ls", Aliases: []string{"list"}, Command: &listNetworks},
		{Name: "prune", Command: &pruneNetworks},
		{Name: "rm", Aliases: []string{"remove"}, Command: &removeNetworks},
	},
}

var volumeGroup = command.Command{
	Short: "Manage volumes",
	Entries: []command.Entry{
		{Name: "create", Command: &createVolume},
		{Name: "inspect", Command: &inspectVolumes},
		{Name: "ls", Aliases: []string{"list"}, Command: &listVolumes},
		{Name: "prune", Command: &pruneVolumes},
		{Name: "rm", Aliases: []string{"remove"}, Command: &removeVolumes},
	},
}

var systemGroup = command.Command{
	Short: "Manage Docker",
	Entries: []command.Entry{
		{Name: "df", Command: &showDiskUsage},
		{Name: "events", Command: &showEvents},
		{Name: "info", Command: &showInfo},
		{Name: "prune", Command: &pruneSystem},
	},
}

var contextGroup = command.Command{
	Short: "Manage contexts",
	Entries: []command.Entry{
		{Name: "create", Command: &createContext},
		{Name: "inspect", Command: &inspectContexts},
		{Name: "ls", Aliases: []string{"list"}, Command: &listContexts},
		{Name: "rm", Aliases: []string{"remove"}, Command: &removeContexts},
		{Name: "show", Command: &showContext},
		{Name: "update", Command: &updateContext},
		{Name: "use", Command: &useContext},
	},
}

var builderGroup = command.Command{
	Short: "Manage builds",
	Entries: []command.Entry{
		{Name: "build", Command: &buildImage},
		{Name: "prune", Command: &pruneBuilds},
	},
}
