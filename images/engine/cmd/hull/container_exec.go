package main

import (
	"errors"
	"os"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/options"
	"twinhull/engine/client/rest"
	"twinhull/engine/client/terminal"
)

var execContainer = command.Command{
	Usage: []string{"[OPTIONS] CONTAINER COMMAND [ARG...]"}, Short: "Execute a command in a running container",
	Synonyms: "docker container exec, docker exec",
	Flags: flag.Set{{
		{Name: "detach", Short: "d", Usage: "Detached mode: run command in the background"},
		{Name: "detach-keys", Type: "string", Usage: "Override the key sequence for detaching a container"},
		{Name: "env", Short: "e", Type: "list", Usage: "Set environment variables"},
		{Name: "env-file", Type: "list", Usage: "Read in a file of environment variables"},
		{Name: "interactive", Short: "i", Usage: "Keep STDIN open even if not attached"},
		{Name: "privileged", Usage: "Give extended privileges to the command"},
		{Name: "tty", Short: "t", Usage: "Allocate a pseudo-TTY"},
		{Name: "user", Short: "u", Type: "string", Usage: `Username or UID (format: "<name|uid>[:<group|gid>]")`},
		{Name: "workdir", Short: "w", Type: "string", Usage: "Working directory inside the container"},
	}},
	Min: 2, Max: command.Any, Leading: true, Complete: "container", Run: containerExec,
}

// execRequest is the body of POST /containers/NAME/exec.
type execRequest struct {
	User         string   `json:",omitempty"`
	Privileged   bool     `json:",omitempty"`
	Tty          bool     `json:",omitempty"`
	ConsoleSize  *[2]int  `json:",omitempty"`
	AttachStdin  bool     `json:",omitempty"`
	AttachStderr bool     `json:",omitempty"`
	AttachStdout bool     `json:",omitempty"`
	Detach       bool     `json:",omitempty"`
	DetachKeys   string   `json:",omitempty"`
	Env          []string `json:",omitempty"`
	WorkingDir   string   `json:",omitempty"`
	Cmd          []string
}

// execStart is the body of POST /exec/ID/start.
type execStart struct {
	Detach      bool    `json:",omitempty"`
	Tty         bool    `json:",omitempty"`
	ConsoleSize *[2]int `json:",omitempty"`
}

func containerExec(call *command.Call) error {
	keys, text, err := detachKeys(call)
	if err != nil {
		return err
	}
	env, err := options.Environment(call.List("env-file"), call.List("env"))
	if err != nil {
		return err
	}
	request := execRequest{
		User: call.String("user"), Privileged: call.Bool("privileged"), Tty: call.Bool("tty"), DetachKeys: text,
		Env: env, WorkingDir: call.String("workdir"), Cmd: call.Args[1:],
	}
	detach := call.Bool("detach")
	request.Detach = detach
	if !detach {
		request.AttachStdout, request.AttachStderr = true, true
		request.AttachStdin = call.Bool("interactive")
	}
	// A container that is not there is told before a terminal that is not one.
	if _, err := inspectState(call.Engine(), call.Args[0]); err != nil {
		return err
	}
	if !detach {
		if err := checkTerminal(call, request.AttachStdin, request.Tty); err != nil {
			return err
		}
	}
	if rows, columns := terminal.Size(int(os.Stdout.Fd())); rows > 0 || columns > 0 {
		request.ConsoleSize = &[2]int{rows, columns}
	}
	var created struct {
		ID string `json:"Id"`
	}
	if err := call.Engine().Post("/containers/"+rest.Escape(call.Args[0])+"/exec", nil, &request, &created); err != nil {
		return err
	}
	if created.ID == "" {
		return errors.New("exec ID empty")
	}
	start := execStart{Detach: detach, Tty: request.Tty, ConsoleSize: request.ConsoleSize}
	if detach {
		return call.Engine().Post("/exec/"+created.ID+"/start", nil, &start, nil)
	}
	return execAttached(call, &request, &start, created.ID, keys)
}

func execAttached(call *command.Call, request *execRequest, start *execStart, id string, keys []byte) error {
	streams := &streams{call: call, tty: request.Tty, keys: keys, out: call.Out, err: call.Err}
	if request.AttachStdin {
		streams.in = call.In
	}
	remote, err := call.Engine().Hijack("/exec/"+id+"/start", nil, start)
	if err != nil {
		return err
	}
	defer remote.Close()
	streams.remote = remote
	if err := streams.prepare(); err != nil {
		return err
	}
	defer streams.restore()
	ended := streams.begin()
	if request.Tty && call.InIsTerminal() {
		followSize(call, "/exec/"+id)
	}
	if err := <-ended; err != nil {
		if errors.Is(err, terminal.ErrDetached) {
			return nil
		}
		return err
	}
	var result struct{ ExitCode int }
	if err := call.Engine().Get("/exec/"+id+"/json", nil, &result); err != nil {
		if rest.IsConnectionError(err) {
			return command.Fail(-1, "%v", err)
		}
		return err
	}
	if result.ExitCode != 0 {
		return &command.Exit{Status: result.ExitCode}
	}
	return nil
}
