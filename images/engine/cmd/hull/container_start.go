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

var startContainers = command.Command{
	Usage: []string{"[OPTIONS] CONTAINER [CONTAINER...]"}, Short: "Start one or more stopped containers",
	Synonyms: "docker container start, docker start",
	Flags: flag.Set{{
		{Name: "attach", Short: "a", Usage: "Attach STDOUT/STDERR and forward signals"},
		{Name: "detach-keys", Type: "string", Usage: "Override the key sequence for detaching a container"},
		{Name: "interactive", Short: "i", Usage: "Attach container's STDIN"},
		{Name: "sig-proxy", Default: "true", Hidden: true},
	}},
	Min: 1, Max: command.Any, Complete: "container", Run: containerStart,
}

var attachContainer = command.Command{
	Usage: []string{"[OPTIONS] CONTAINER"}, Short: "Attach local standard input, output, and error streams to a running container",
	Synonyms: "docker container attach, docker attach",
	Flags: flag.Set{{
		{Name: "detach-keys", Type: "string", Usage: "Override the key sequence for detaching a container"},
		{Name: "no-stdin", Usage: "Do not attach STDIN"},
		{Name: "sig-proxy", Default: "true", Usage: "Proxy all received signals to the process"},
	}},
	Min: 1, Max: 1, Complete: "container", Run: containerAttach,
}

func containerStart(call *command.Call) error {
	if call.Bool("attach") || call.Bool("interactive") {
		if len(call.Args) > 1 {
			return errors.New("you cannot start and attach multiple containers at once")
		}
		return startAttached(call)
	}
	var failed []string
	for _, name := range call.Args {
		if err := startContainer(call.Engine(), name, ""); err != nil {
			fmt.Fprintln(call.Err, err)
			failed = append(failed, name)
			continue
		}
		fmt.Fprintln(call.Out, name)
	}
	if failed != nil {
		return fmt.Errorf("Error: failed to start containers: %s", strings.Join(failed, ", "))
	}
	return nil
}

// startAttached attaches, waits and starts, in this order, so that nothing is missed.
func startAttached(call *command.Call) error {
	container, err := inspectState(call.Engine(), call.Args[0])
	if err != nil {
		return err
	}
	keys, text, err := detachKeys(call)
	if err != nil {
		return err
	}
	if call.Bool("sig-proxy") && !container.Config.Tty {
		if err := forwardSignals(call, container.ID); err != nil {
			return fmt.Errorf("forward signals: %w", err)
		}
	}
	stdin := call.Bool("interactive") && container.Config.OpenStdin
	streams := &streams{call: call, tty: container.Config.Tty, keys: keys, out: call.Out, err: call.Err}
	query := url.Values{"stream": {"1"}, "stdout": {"1"}, "stderr": {"1"}}
	if stdin {
		query.Set("stdin", "1")
		streams.in = call.In
	}
	if text != "" {
		query.Set("detachKeys", text)
	}
	remote, err := call.Engine().Hijack("/containers/"+container.ID+"/attach", query, nil)
	if err != nil {
		return err
	}
	defer remote.Close()
	streams.remote = remote
	condition := "next-exit"
	if container.HostConfig.AutoRemove {
		condition = "removed"
	}
	exit, err := waitFor(call, container.ID, condition)
	if err != nil {
		return err
	}
	if err := streams.prepare(); err != nil {
		return err
	}
	defer streams.restore()
	ended := streams.begin()
	if err := startContainer(call.Engine(), container.ID, ""); err != nil {
		return err
	}
	if container.Config.Tty && call.OutIsTerminal() {
		followSize(call, "/containers/"+container.ID)
	}
	return outcome(streams, ended, exit)
}

func containerAttach(call *command.Call) error {
	exit, err := waitFor(call, call.Args[0], "")
	if err != nil {
		return err
	}
	container, err := inspectState(call.Engine(), call.Args[0])
	if err != nil {
		return err
	}
	switch {
	case !container.State.Running:
		return errors.New("cannot attach to a stopped container, start it first")
	case container.State.Paused:
		return errors.New("cannot attach to a paused container, unpause it first")
	case container.State.Restarting:
		return errors.New("cannot attach to a restarting container, wait until it is running")
	}
	stdin := !call.Bool("no-stdin") && container.Config.OpenStdin
	if err := checkTerminal(call, !call.Bool("no-stdin"), container.Config.Tty); err != nil {
		return err
	}
	keys, text, err := detachKeys(call)
	if err != nil {
		return err
	}
	if call.Bool("sig-proxy") && !container.Config.Tty {
		if err := forwardSignals(call, container.ID); err != nil {
			return fmt.Errorf("forward signals: %w", err)
		}
	}
	query := url.Values{"stream": {"1"}, "stdout": {"1"}, "stderr": {"1"}}
	streams := &streams{call: call, tty: container.Config.Tty, keys: keys, out: call.Out, err: call.Err}
	if stdin {
		query.Set("stdin", "1")
		streams.in = call.In
	}
	if text != "" {
		query.Set("detachKeys", text)
	}
	remote, err := call.Engine().Hijack("/containers/"+rest.Escape(call.Args[0])+"/attach", query, nil)
	if err != nil {
		return err
	}
	defer remote.Close()
	streams.remote = remote
	if container.Config.Tty && call.OutIsTerminal() {
		followSize(call, "/containers/"+container.ID)
	}
	if err := streams.prepare(); err != nil {
		return err
	}
	defer streams.restore()
	return outcome(streams, streams.begin(), exit)
}
