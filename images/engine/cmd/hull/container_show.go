package main

import (
	"fmt"
	"net"
	"sort"
	"strconv"
	"strings"
	"text/tabwriter"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/rest"
)

var topContainer = command.Command{
	Usage: []string{"CONTAINER [ps OPTIONS]"}, Short: "Display the running processes of a container",
	Synonyms: "docker container top, docker top",
	Min:      1, Max: command.Any, Leading: true, Complete: "container", Run: containerTop,
}

var diffContainer = command.Command{
	Usage: []string{"CONTAINER"}, Short: "Inspect changes to files or directories on a container's filesystem",
	Synonyms: "docker container diff, docker diff",
	Min:      1, Max: 1, Complete: "container", Run: containerDiff,
}

var portContainer = command.Command{
	Usage: []string{"CONTAINER [PRIVATE_PORT[/PROTO]]"}, Short: "List port mappings or a specific mapping for the container",
	Synonyms: "docker container port, docker port",
	Min:      1, Max: 2, Complete: "container", Run: containerPort,
}

var commitContainer = command.Command{
	Usage: []string{"[OPTIONS] CONTAINER [REPOSITORY[:TAG]]"}, Short: "Create a new image from a container's changes",
	Synonyms: "docker container commit, docker commit",
	Flags: flag.Set{{
		{Name: "author", Short: "a", Type: "string", Usage: `Author (e.g., "John Hannibal Smith <hannibal@a-team.com>")`},
		{Name: "change", Short: "c", Type: "list", Usage: "Apply Dockerfile instruction to the created image"},
		{Name: "message", Short: "m", Type: "string", Usage: "Commit message"},
		{Name: "pause", Short: "p", Default: "true", Usage: "Pause container during commit"},
	}},
	Min: 1, Max: 2, Complete: "container", Run: containerCommit,
}

func containerTop(call *command.Call) error {
	var list struct {
		Titles    []string
		Processes [][]string
	}
	query := queryOf("ps_args", strings.Join(call.Args[1:], " "))
	if err := call.Engine().Get("/containers/"+rest.Escape(call.Args[0])+"/top", query, &list); err != nil {
		return err
	}
	out := tabwriter.NewWriter(call.Out, 20, 1, 3, ' ', 0)
	fmt.Fprintln(out, strings.Join(list.Titles, "\t"))
	for _, process := range list.Processes {
		fmt.Fprintln(out, strings.Join(process, "\t"))
	}
	return out.Flush()
}

// changeKinds are the letters of what happened to a file: changed, added, deleted.
const changeKinds = "CAD"

func containerDiff(call *command.Call) error {
	var changes []struct {
		Path string
		Kind int
	}
	if err := call.Engine().Get("/containers/"+rest.Escape(call.Args[0])+"/changes", nil, &changes); err != nil {
		return err
	}
	for _, change := range changes {
		kind := ""
		if change.Kind >= 0 && change.Kind < len(changeKinds) {
			kind = changeKinds[change.Kind : change.Kind+1]
		}
		fmt.Fprintln(call.Out, kind, change.Path)
	}
	return nil
}

func containerPort(call *command.Call) error {
	var container struct {
		NetworkSettings struct {
			Ports map[string][]struct{ HostIP, HostPort string }
		}
	}
	if err := call.Engine().Get("/containers/"+rest.Escape(call.Args[0])+"/json", nil, &container); err != nil {
		return err
	}
	wanted := ""
	if len(call.Args) > 1 {
		port, protocol, found := strings.Cut(call.Args[1], "/")
		if !found {
			protocol = "tcp"
		}
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return fmt.Errorf("Error: invalid port (%s): %w", port, err)
		}
		wanted = port + "/" + protocol
	}
	var lines []string
	for port, bindings := range container.NetworkSettings.Ports {
		for _, binding := range bindings {
			address := net.JoinHostPort(binding.HostIP, binding.HostPort)
			switch wanted {
			case "":
				lines = append(lines, port+" -> "+address)
			case port:
				lines = append(lines, address)
			}
		}
	}
	if wanted != "" && lines == nil {
		return fmt.Errorf("Error: No public port '%s' published for %s", call.Args[1], call.Args[0])
	}
	sort.Slice(lines, func(i, j int) bool { return natural(lines[i], lines[j]) })
	for _, line := range lines {
		fmt.Fprintln(call.Out, line)
	}
	return nil
}

func containerCommit(call *command.Call) error {
	query := queryOf("container", call.Args[0], "comment", call.String("message"), "author", call.String("author"))
	if len(call.Args) > 1 {
		name, tag, err := repositoryAndTag(call.Args[1])
		if err != nil {
			return err
		}
		query.Set("repo", name)
		query.Set("tag", tag)
	}
	for _, change := range call.List("change") {
		query.Add("changes", change)
	}
	if !call.Bool("pause") {
		query.Set("pause", "0")
	}
	var image struct {
		ID string `json:"Id"`
	}
	if err := call.Engine().Post("/commit", query, nil, &image); err != nil {
		return err
	}
	return printed(call, image.ID)
}
