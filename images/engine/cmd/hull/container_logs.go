package main

import (
	"io"
	"net/url"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/jsonlite"
	"twinhull/engine/client/rest"
)

var containerLogs = command.Command{
	Usage: []string{"[OPTIONS] CONTAINER"}, Short: "Fetch the logs of a container",
	Synonyms: "docker container logs, docker logs",
	Flags: flag.Set{{
		{Name: "details", Usage: "Show extra details provided to logs"},
		{Name: "follow", Short: "f", Usage: "Follow log output"},
		{Name: "since", Type: "string", Usage: `Show logs since timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" for 42 minutes)`},
		{Name: "tail", Short: "n", Type: "string", Default: "all", Usage: "Number of lines to show from the end of the logs"},
		{Name: "timestamps", Short: "t", Usage: "Show timestamps"},
		{Name: "until", Type: "string", Usage: `Show logs before a timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" for 42 minutes)`},
	}},
	Min: 1, Max: 1, Complete: "container", Run: logs,
}

// containerState is what commands that attach need to know of a container.
type containerState struct {
	ID     string
	Config struct{ Tty, OpenStdin bool }
	State  struct{ Running, Paused, Restarting bool }

	HostConfig struct{ AutoRemove bool }
}

func (c *containerState) ReadJSON(r *jsonlite.Reader) {
	r.Object(func(field string) {
		switch field {
		case "Id":
			c.ID = r.String()
		case "Config":
			readFlags(r, map[string]*bool{"Tty": &c.Config.Tty, "OpenStdin": &c.Config.OpenStdin})
		case "State":
			readFlags(r, map[string]*bool{"Running": &c.State.Running, "Paused": &c.State.Paused, "Restarting": &c.State.Restarting})
		case "HostConfig":
			readFlags(r, map[string]*bool{"AutoRemove": &c.HostConfig.AutoRemove})
		default:
			r.Skip()
		}
	})
}

// readFlags reads some truth values of an object.
func readFlags(r *jsonlite.Reader, flags map[string]*bool) {
	r.Object(func(field string) {
		if flag := flags[field]; flag != nil {
			*flag = r.Bool()
		} else {
			r.Skip()
		}
	})
}

func inspectState(client *rest.Client, name string) (*containerState, error) {
	state := new(containerState)
	err := client.Get("/containers/"+rest.Escape(name)+"/json", nil, state)
	return state, err
}

func logs(call *command.Call) error {
	container, err := inspectState(call.Engine(), call.Args[0])
	if err != nil {
		return err
	}
	query := url.Values{"stdout": {"1"}, "stderr": {"1"}, "tail": {call.String("tail")}}
	for _, name := range [...]string{"details", "follow", "timestamps"} {
		if call.Bool(name) {
			query.Set(name, "1")
		}
	}
	for _, name := range [...]string{"since", "until"} {
		if text := call.String(name); text != "" {
			moment, err := timestamp(name, text)
			if err != nil {
				return err
			}
			query.Set(name, moment)
		}
	}
	response, err := call.Engine().Do(&rest.Request{Method: "GET", Path: "/containers/" + rest.Escape(container.ID) + "/logs", Query: query})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if container.Config.Tty {
		_, err = io.Copy(call.Out, response.Body)
		return err
	}
	return rest.Frames(call.Out, call.Err, response.Body)
}
