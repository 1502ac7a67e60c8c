package main

import (
	"fmt"
	"strings"

	"twinhull/engine/client/command"
	"twinhull/engine/client/reference"
)

var completion = command.Command{
	Usage: []string{"[bash]"}, Short: "Generate the autocompletion script for the specified shell",
	Min: 1, Max: 1, Run: printCompletion,
}

// complete is what the script asks: the words so far, of which the last is to be completed.
var complete = command.Command{Min: 0, Max: command.Any, Leading: true, Run: printCandidates}

const bashScript = `# bash completion for docker. Load it with: source <(docker completion bash)
_docker() {
    local word=${COMP_WORDS[COMP_CWORD]}
    local found
    found=$(docker __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    if [ "$found" = :file ]; then
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
    fi
    mapfile -t COMPREPLY < <(compgen -W "$found" -- "$word")
}
complete -F _docker docker
`

func printCompletion(call *command.Call) error {
	if call.Args[0] != "bash" {
		return fmt.Errorf("there is a completion for bash, and none for %s", call.Args[0])
	}
	_, err := fmt.Fprint(call.Out, bashScript)
	return err
}

func printCandidates(call *command.Call) error {
	found, kind := call.Root.Candidates(call.Args)
	if kind == "file" {
		return printed(call, ":file")
	}
	return printed(call, strings.Join(append(found, namesOf(call, kind)...), "\n"))
}

// namesOf asks the engine for the names of objects of a kind. Without an answer there is nothing to propose.
func namesOf(call *command.Call, kind string) []string {
	var names []string
	switch kind {
	case "container":
		var containers containerSummaries
		_ = call.Engine().Get("/containers/json", queryOf("all", "1"), &containers)
		for _, container := range containers {
			names = append(names, containerNames(container, true))
		}
	case "image":
		var images imageSummaries
		_ = call.Engine().Get("/images/json", nil, &images)
		for _, image := range images {
			for _, name := range image.RepoTags {
				base, tag, _ := reference.Split(name)
				names = append(names, reference.Join(base, tag, ""))
			}
		}
	case "network":
		var networks []networkRow
		_ = call.Engine().Get("/networks", nil, &networks)
		for i := range networks {
			names = append(names, networks[i].Name)
		}
	case "volume":
		var list struct{ Volumes []volumeRow }
		_ = call.Engine().Get("/volumes", nil, &list)
		for i := range list.Volumes {
			names = append(names, list.Volumes[i].Name)
		}
	case "node":
		var nodes []nodeRow
		_ = call.Engine().Get("/nodes", nil, &nodes)
		for i := range nodes {
			names = append(names, nodes[i].Description.Hostname)
		}
	case "service":
		var services []serviceRow
		_ = call.Engine().Get("/services", nil, &services)
		for i := range services {
			names = append(names, services[i].Spec.Name)
		}
	case "context":
		list, _ := contexts(call).List()
		for _, context := range append(list, defaultContext()) {
			names = append(names, context.Name)
		}
	}
	return names
}
