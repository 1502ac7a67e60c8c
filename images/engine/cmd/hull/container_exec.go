package main

import (
	"errors"
	"os"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/jsonlite"
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
	User                                    string
	Privileged, Tty, Detach                 bool
	AttachStdin, AttachStdout, AttachStderr bool
	ConsoleSize                             []int
	DetachKeys, WorkingDir                  string
	Env, Cmd                                []string
}

func (e *execRequest) WriteJSON(w *jsonlite.Writer) {
	w.Object("", func() {
		w.String("User", e.User)
		w.Bool("Privileged", e.Privileged)
		w.Bool("Tty", e.Tty)
		writeSize(w, e.ConsoleSize)
		w.Bool("AttachStdin", e.AttachStdin)
		w.Bool("AttachStderr", e.AttachStderr)
		w.Bool("AttachStdout", e.AttachStdout)
		w.Bool("Detach", e.Detach)
		w.String("DetachKeys", e.DetachKeys)
		w.Strings("Env", e.Env)
		w.String("WorkingDir", e.WorkingDir)
		w.Strings("Cmd", e.Cmd)
	})
}

func writeSize(w *jsonlite.Writer, size []int) {
	w.List("ConsoleSize", len(size), func(i int) { w.Number("", int64(size[i])) })
}

// execStart is the body of POST /exec/ID/start.
type execStart struct {
	Detach, Tty bool
	ConsoleSize []int
}

func (e *execStart) WriteJSON(w *jsonlite.Writer) {
	w.Object("", func() {
		w.Bool("Detach", e.Detach)
		w.Bool("Tty", e.Tty)
		writeSize(w, e.ConsoleSize)
	})
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
		request.ConsoleSize = []int{rows, columns}
	}
	var created created
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
		streams.restore()
		return err
	}
	status := 0
	reading := rest.Reading(func(r *jsonlite.Reader, field string) {
		if field == "ExitCode" {
			status = int(r.Int())
		} else {
			r.Skip()
		}
	})
	if err := call.Engine().Get("/exec/"+id+"/json", nil, reading); err != nil {
		if rest.IsConnectionError(err) {
			return command.Fail(-1, "%v", err)
		}
		return err
	}
	if status != 0 {
		return &command.Exit{Status: status}
	}
	return nil
}
