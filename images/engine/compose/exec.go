package compose

import (
	"errors"

	containertypes "github.com/moby/moby/api/types/container"

	"twinhull/engine/client/rest"
	"twinhull/engine/detach"
)

// ExecOptions are the flags of `docker compose exec`.
type ExecOptions struct {
	Service string
	// Number is which of the service's containers; 0 is the first.
	Number           int
	Command          []string
	Environment      []string
	User, WorkingDir string
	Detach           bool
	Privileged       bool
}

// Exec runs a command in a container of a service and returns its status.
func (p *Project) Exec(options ExecOptions, at *Terminal) (status int, err error) {
	c, err := p.one(options.Service, options.Number, false)
	if err != nil {
		return 1, err
	}
	request := containertypes.ExecCreateRequest{
		User: options.User, Privileged: options.Privileged, Tty: at.TTY, AttachStdin: at.In != nil && !options.Detach,
		AttachStdout: !options.Detach, AttachStderr: !options.Detach, Env: options.Environment,
		WorkingDir: options.WorkingDir, Cmd: options.Command,
	}
	var made struct {
		ID string `json:"Id"`
	}
	if err := p.engine.post(c.path()+"/exec", nil, request, &made); err != nil {
		return 1, err
	}
	path := "/exec/" + rest.Escape(made.ID)
	start := containertypes.ExecStartRequest{Detach: options.Detach, Tty: at.TTY}
	if options.Detach {
		return 0, p.engine.post(path+"/start", nil, start, nil)
	}
	remote, err := p.engine.first.Another().Hijack(path+"/start", nil, start)
	if err != nil {
		return 1, err
	}
	defer remote.Close()
	err = at.connect(remote, p.engine, path, func() error { return nil })
	if err != nil && !errors.Is(err, detach.Err) {
		return 1, err
	}
	var ended struct{ ExitCode *int }
	if err := p.engine.get(path+"/json", nil, &ended); err != nil || ended.ExitCode == nil {
		return 0, err
	}
	return *ended.ExitCode, nil
}
