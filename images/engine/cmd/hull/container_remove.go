package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/rest"
)

var removeContainers = command.Command{
	Usage: []string{"[OPTIONS] CONTAINER [CONTAINER...]"}, Short: "Remove one or more containers",
	Synonyms: "docker container rm, docker container remove, docker rm",
	Flags: flag.Set{{
		{Name: "force", Short: "f", Usage: "Force the removal of a running container (uses SIGKILL)"},
		{Name: "link", Short: "l", Usage: "Remove the specified link"},
		{Name: "volumes", Short: "v", Usage: "Remove anonymous volumes associated with the container"},
	}},
	Min: 1, Max: command.Any, Complete: "container", Run: containerRemove,
}

func containerRemove(call *command.Call) error {
	query := url.Values{}
	for flag, parameter := range map[string]string{"force": "force", "link": "link", "volumes": "v"} {
		if call.Bool(flag) {
			query.Set(parameter, "1")
		}
	}
	return each(call, call.Args, func(name string) error {
		name = strings.Trim(name, "/")
		if name == "" {
			return errors.New("container name cannot be empty")
		}
		err := call.Engine().Delete("/containers/"+rest.Escape(name), query, nil)
		if call.Bool("force") && rest.IsNotFound(err) {
			fmt.Fprintln(call.Err, err)
			return errSilent
		}
		return err
	})
}

// errSilent is for an object that is neither done nor worth a word.
var errSilent = errors.New("")

// each does something to objects one after another and prints the names of those for which it worked. The errors of
// the others are reported together, at the end.
func each(call *command.Call, names []string, do func(name string) error) error {
	var failed []error
	for _, name := range names {
		if err := do(name); err == nil {
			fmt.Fprintln(call.Out, name)
		} else if err != errSilent {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}
