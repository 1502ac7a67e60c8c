package container

import (
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/api/types/container"

	"twinhull/engine/fault"
	"twinhull/engine/runtime"
)

// Exec is a further process in a running container.
type Exec struct {
	ID string
	// Request is what create said. It never changes.
	Request ExecRequest

	container *Container
	dir       string
	// over is closed when the process has ended or could not be started.
	over chan struct{}

	mutex sync.Mutex
	phase execPhase
	shim  *runtime.Shim
	// size is the terminal's, rows and columns, as far as it is known before the start.
	size     [2]uint
	exitCode int
	endedAt  time.Time
}

// ExecRequest is what POST /containers/{id}/exec says.
type ExecRequest struct {
	Command    []string
	Env        []string
	User       string
	Directory  string
	Terminal   bool
	Privileged bool
	Streams    Streams
	// DetachKeys are bytes that end the connection and not the process.
	DetachKeys  []byte
	ConsoleSize *[2]uint
	// Probe is a health check's, which nobody waits for when the engine has gone.
	Probe bool `json:",omitempty"`
}

type execPhase int

const (
	execCreated execPhase = iota
	execStarting
	execRunning
	execEnded
)

// CreateExec remembers a process that StartExec will start.
func (m *Manager) CreateExec(c *Container, request ExecRequest) (*Exec, error) {
	if len(request.Command) == 0 {
		return nil, fault.New(fault.Invalid, "No exec command specified")
	}
	if err := c.canExec(); err != nil {
		return nil, err
	}
	record := c.Record()
	if request.User == "" {
		request.User = record.Config.User
	} else if err := m.checkUser(c, request.User); err != nil {
		return nil, err
	}
	if request.Directory == "" {
		request.Directory = record.Config.WorkingDir
	}
	exec := m.newExec(newID(), c, request)
	if request.ConsoleSize != nil {
		exec.size = *request.ConsoleSize
	}
	if err := m.execs.add(exec); err != nil {
		return nil, err
	}
	m.execEvent(exec, "exec_create: "+exec.words())
	return exec, nil
}

func (m *Manager) newExec(id string, c *Container, request ExecRequest) *Exec {
	// Beside the containers' and not in them: a socket's path has 107 bytes.
	dir := filepath.Join(filepath.Dir(m.RunDir), "execs", id)
	return &Exec{ID: id, Request: request, container: c, dir: dir, over: make(chan struct{})}
}

// canExec says why a container cannot run a further process.
func (c *Container) canExec() error {
	switch state := c.State(); {
	case state.Status == paused:
		return fault.New(fault.Conflict, "Container %s is paused, unpause the container before exec", c.ID)
	case state.Status == restarting:
		return fault.New(fault.Conflict, "Container %s is restarting, wait until the container is running", c.ID)
	case !state.Running():
		return fault.New(fault.Conflict, "container %s is not running", c.ID)
	}
	return nil
}

func (m *Manager) checkUser(c *Container, user string) error {
	root, err := m.Images.OpenRoot(c.ID)
	if err != nil {
		return err
	}
	mounted, err := root.Mount()
	if err != nil {
		return err
	}
	_, _, err = resolveUser(mounted, user, nil)
	return err
}

// GetExec finds a process by its ID, for some time even after its end.
func (m *Manager) GetExec(id string) (*Exec, error) {
	if exec := m.execs.get(id); exec != nil {
		return exec, nil
	}
	return nil, fault.New(fault.NotFound, "No such exec instance: %s", id)
}

// InspectExec tells about it in the API's words.
func (m *Manager) InspectExec(exec *Exec) container.ExecInspectResponse {
	exec.mutex.Lock()
	defer exec.mutex.Unlock()
	request := &exec.Request
	answer := container.ExecInspectResponse{
		ID: exec.ID, ContainerID: exec.container.ID, Running: exec.phase == execStarting || exec.phase == execRunning,
		OpenStdin: request.Streams.Stdin, OpenStdout: request.Streams.Stdout, OpenStderr: request.Streams.Stderr,
		DetachKeys: slices.Concat([]byte{}, request.DetachKeys),
		ProcessConfig: &container.ExecProcessConfig{
			Tty: request.Terminal, Entrypoint: request.Command[0], Arguments: slices.Concat([]string{}, request.Command[1:]),
			Privileged: &request.Privileged, User: request.User,
		},
	}
	if exec.shim != nil {
		answer.Pid = exec.shim.Pid()
	}
	if exec.phase == execEnded {
		code := exec.exitCode
		answer.ExitCode = &code
	}
	return answer
}

// ResizeExec sets the size of the process's terminal; before its start it is remembered.
func (m *Manager) ResizeExec(exec *Exec, rows, columns int) error {
	exec.mutex.Lock()
	shim, phase := exec.shim, exec.phase
	exec.size = [2]uint{uint(rows), uint(columns)}
	exec.mutex.Unlock()
	if phase == execEnded {
		return fault.New(fault.Conflict, "exec %s is not running", exec.ID)
	}
	if shim == nil {
		return nil
	}
	return shim.Resize(rows, columns)
}

// quit kills the process.
func (e *Exec) quit() {
	e.mutex.Lock()
	shim := e.shim
	e.mutex.Unlock()
	if shim != nil {
		// A shim that cannot be told has ended.
		_ = shim.Quit()
	}
}

// Over is closed when the process has ended, and InspectExec knows how.
func (e *Exec) Over() <-chan struct{} { return e.over }

func (e *Exec) words() string { return strings.Join(e.Request.Command, " ") }

func (m *Manager) execEvent(exec *Exec, action string, more ...string) {
	m.Events.Publish("container", action, exec.container.ID,
		exec.container.attributes(append(more, "execID", exec.ID)...))
}
