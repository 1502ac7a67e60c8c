package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/jsonlite"
	"twinhull/engine/client/options"
	"twinhull/engine/client/rest"
	"twinhull/engine/detach"
)

var runContainer = command.Command{
	Usage: []string{"[OPTIONS] IMAGE [COMMAND] [ARG...]"}, Short: "Create and run a new container from an image",
	Synonyms: "docker container run, docker run",
	Flags: flag.Set{options.Flags, createFlags, {
		{Name: "detach", Short: "d", Usage: "Run container in background and print container ID"},
		{Name: "detach-keys", Type: "string", Usage: "Override the key sequence for detaching a container"},
		{Name: "pull", Type: "string", Default: "missing", Usage: `Pull image before running ("always", "missing", "never")`},
		{Name: "sig-proxy", Default: "true", Usage: "Proxy received signals to the process"},
	}},
	Min: 1, Max: command.Any, Leading: true, Complete: "image", Run: containerRun,
}

func containerRun(call *command.Call) error {
	request, err := requestOf(call)
	if err != nil {
		return withHelp(125, err, "run")
	}
	if call.Bool("detach") {
		if call.Has("attach") {
			return errors.New("conflicting options: cannot specify both --attach and --detach")
		}
		request.AttachStdin, request.AttachStdout, request.AttachStderr, request.StdinOnce = false, false, false, false
	} else if err := checkTerminal(call, request.AttachStdin, request.Tty); err != nil {
		return err
	}
	keys, text, err := detachKeys(call)
	if err != nil {
		return err
	}
	id, err := create(call, request)
	if err != nil {
		return runFailed(err)
	}
	if !request.AttachStdin && !request.AttachStdout && !request.AttachStderr {
		fmt.Fprintln(call.Out, id)
		if err := startContainer(call.Engine(), id, ""); err != nil {
			return runFailed(err)
		}
		return nil
	}
	if call.Bool("sig-proxy") {
		if err := forwardSignals(call, id); err != nil {
			return fmt.Errorf("forward signals: %w", err)
		}
	}
	return runAttached(call, request, id, keys, text)
}

// runAttached attaches before it starts the container, so that no output is missed.
func runAttached(call *command.Call, request *options.Request, id string, keys []byte, text string) error {
	streams := &streams{call: call, tty: request.Tty, keys: keys}
	query := url.Values{"stream": {"1"}}
	if text != "" {
		query.Set("detachKeys", text)
	}
	if request.AttachStdin {
		query.Set("stdin", "1")
		streams.in = call.In
	}
	if request.AttachStdout {
		query.Set("stdout", "1")
		streams.out = call.Out
	}
	if request.AttachStderr {
		query.Set("stderr", "1")
		streams.err = call.Err
		if request.Tty && streams.out == nil {
			streams.out = call.Out
		}
	}
	remote, err := call.Engine().Hijack("/containers/"+id+"/attach", query, nil)
	if err != nil {
		return err
	}
	defer remote.Close()
	streams.remote = remote
	condition := "next-exit"
	if request.HostConfig.AutoRemove {
		condition = "removed"
	}
	exit, err := waitFor(call, id, condition)
	if err != nil {
		return err
	}
	if err := streams.prepare(); err != nil {
		return err
	}
	defer streams.restore()
	ended := streams.begin()
	if err := startContainer(call.Engine(), id, ""); err != nil {
		if request.HostConfig.AutoRemove {
			<-exit
		}
		return runFailed(err)
	}
	if request.Tty && call.OutIsTerminal() {
		followSize(call, "/containers/"+id)
	}
	return outcome(streams, ended, exit)
}

// outcome waits for the end of the output and for the container's, and makes its status this program's.
func outcome(streams *streams, ended <-chan error, exit <-chan int) error {
	status := 0
	select {
	case err := <-ended:
		if errors.Is(err, detach.Err) {
			return nil
		}
		if err != nil {
			return err
		}
		status = <-exit
	case status = <-exit:
		// The last output may still be on its way. Without output only the input could go on, for nobody.
		if streams.out != nil || streams.err != nil {
			<-ended
		}
	}
	if status != 0 {
		return &command.Exit{Status: status}
	}
	return nil
}

// waitFor asks for a container's end. It returns when the engine has begun to wait; the status comes later.
func waitFor(call *command.Call, id, condition string) (<-chan int, error) {
	response, err := call.Engine().Another().Do(&rest.Request{
		Method: "POST", Path: "/containers/" + rest.Escape(id) + "/wait", Query: queryOf("condition", condition),
	})
	if err != nil {
		return nil, err
	}
	exit := make(chan int, 1)
	go func() {
		defer response.Body.Close()
		var ended ending
		err := response.Decode(&ended)
		if err == nil && ended.failure != "" {
			err = errors.New(ended.failure)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "Error waiting for container:", err)
			ended.status = 125
		}
		exit <- ended.status
	}()
	return exit, nil
}

// ending is the answer to POST /containers/NAME/wait.
type ending struct {
	status  int
	failure string
}

func (e *ending) ReadJSON(r *jsonlite.Reader) {
	r.Object(func(field string) {
		switch field {
		case "StatusCode":
			e.status = int(r.Int())
		case "Error":
			r.Object(func(field string) {
				if field == "Message" {
					e.failure = r.String()
				} else {
					r.Skip()
				}
			})
		default:
			r.Skip()
		}
	})
}

func startContainer(client *rest.Client, id, keys string) error {
	query := url.Values{}
	if keys != "" {
		query.Set("detachKeys", keys)
	}
	return client.Post("/containers/"+rest.Escape(id)+"/start", query, nil, nil)
}

// runFailed gives the status that shells use for a command that is not there (127) or cannot be run (126).
func runFailed(err error) error {
	text := err.Error()
	status := 125
	switch {
	case strings.Contains(text, "executable file not found"), strings.Contains(text, "no such file or directory"):
		status = 127
	case strings.Contains(text, "permission denied"), strings.Contains(text, "is a directory"):
		status = 126
	}
	return withHelp(status, err, "run")
}
