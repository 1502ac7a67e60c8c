package api

import (
	"io"
	"net/http"

	containertypes "github.com/moby/moby/api/types/container"

	"twinhull/engine/container"
	"twinhull/engine/detach"
	"twinhull/engine/fault"
)

// AddExec adds the routes of further processes in containers.
func (r *Router) AddExec(manager *container.Manager) {
	routes := execs{manager}
	r.Handle("POST /containers/{name}/exec", routes.create)
	r.Handle("POST /exec/{id}/start", routes.start)
	r.Handle("POST /exec/{id}/resize", routes.resize)
	r.Handle("GET /exec/{id}/json", routes.inspect)
}

type execs struct{ manager *container.Manager }

func (a execs) create(w http.ResponseWriter, r *http.Request) error {
	var body containertypes.ExecCreateRequest
	if err := readJSON(r, &body); err != nil {
		return err
	}
	c, err := a.manager.Get(r.PathValue("name"))
	if err != nil {
		return err
	}
	keys, err := detach.ParseKeys(body.DetachKeys)
	if err != nil {
		return fault.New(fault.Invalid, "Invalid escape keys (%s) provided", body.DetachKeys)
	}
	exec, err := a.manager.CreateExec(c, container.ExecRequest{
		Command: body.Cmd, Env: body.Env, User: body.User, Directory: body.WorkingDir,
		Terminal: body.Tty, Privileged: body.Privileged, ConsoleSize: body.ConsoleSize, DetachKeys: keys,
		Streams: container.Streams{Stdin: body.AttachStdin, Stdout: body.AttachStdout, Stderr: body.AttachStderr},
	})
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusCreated, containertypes.ExecCreateResponse{ID: exec.ID})
	return nil
}

func (a execs) start(w http.ResponseWriter, r *http.Request) error {
	var body containertypes.ExecStartRequest
	if err := readJSON(r, &body); err != nil {
		return err
	}
	exec, err := a.manager.GetExec(r.PathValue("id"))
	if err != nil {
		return err
	}
	if body.Detach {
		if _, err := a.manager.StartExec(exec, container.Streams{}, body.ConsoleSize); err != nil {
			return err
		}
		w.WriteHeader(http.StatusOK)
		return nil
	}
	return a.attach(w, r, exec, body.ConsoleSize)
}

// attach starts a process with its streams on this connection. Why it does not start is told where its output would be:
// clients expect that, and ask for the exit code then.
func (a execs) attach(w http.ResponseWriter, r *http.Request, exec *container.Exec, size *[2]uint) error {
	if err := a.manager.CheckExec(exec); err != nil {
		return err
	}
	request := &exec.Request
	client, early, err := hijack(w, r, request.Terminal)
	if err != nil {
		return nil
	}
	defer client.Close()
	process, err := a.manager.StartExec(exec, request.Streams, size)
	if err != nil {
		return say(client, err.Error()+"\r\n", request.Terminal)
	}
	if process == nil {
		<-exec.Over()
		return nil
	}
	keys := request.DetachKeys
	if !request.Terminal {
		keys = nil
	}
	if join(client, early, process, request.Streams.Stdin, keys) {
		// The client asks for the exit code as soon as the output ends.
		<-exec.Over()
	}
	endOutput(client)
	return nil
}

// say writes words of the engine into a stream of a process's output.
func say(to io.Writer, text string, terminal bool) error {
	if terminal {
		_, _ = io.WriteString(to, text)
		return nil
	}
	_, _ = to.Write(frame(standardOutput, []byte(text)))
	return nil
}

func (a execs) resize(w http.ResponseWriter, r *http.Request) error {
	rows, columns, err := sizeOf(r)
	if err != nil {
		return err
	}
	exec, err := a.manager.GetExec(r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := a.manager.ResizeExec(exec, rows, columns); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

func (a execs) inspect(w http.ResponseWriter, r *http.Request) error {
	exec, err := a.manager.GetExec(r.PathValue("id"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, a.manager.InspectExec(exec))
	return nil
}
