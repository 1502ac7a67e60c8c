package container

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"twinhull/engine/fault"
	"twinhull/engine/runtime"
)

// execRecord is what a later engine has to know of an exec.
type execRecord struct {
	ID, Container string
	Request       ExecRequest
}

const (
	execRecordFile = "exec.json"
	processFile    = "process.json"
)

// StartExec lets a process run that CreateExec has made. Unless streams is zero, the connection has them; the caller
// closes it.
func (m *Manager) StartExec(exec *Exec, streams Streams, size *[2]uint) (*net.UnixConn, error) {
	if err := exec.begin(size); err != nil {
		return nil, err
	}
	c := exec.container
	m.execEvent(exec, "exec_start: "+exec.words())
	if err := c.canExec(); err != nil {
		m.endExec(exec, exitCannotRun)
		return nil, err
	}
	connection, err := m.runExec(exec, streams)
	if err != nil {
		code := exitCannotRun
		var failed *runtime.StartError
		if errors.As(err, &failed) {
			code = exitCodeOf(err)
			err = fault.New(fault.Invalid,
				"OCI runtime exec failed: exec failed: unable to start container process: %w", err)
		}
		m.endExec(exec, code)
		return nil, err
	}
	go m.watchExec(exec)
	return connection, nil
}

// CheckExec says why an exec cannot be started, as far as that is known before.
func (m *Manager) CheckExec(exec *Exec) error {
	exec.mutex.Lock()
	err := exec.startable()
	exec.mutex.Unlock()
	if err != nil {
		return err
	}
	return exec.container.canExec()
}

// begin claims an exec: it is started once.
func (e *Exec) begin(size *[2]uint) error {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if err := e.startable(); err != nil {
		return err
	}
	e.phase = execStarting
	if size != nil {
		e.size = *size
	}
	return nil
}

func (e *Exec) startable() error {
	switch e.phase {
	case execEnded:
		return fault.New(fault.Conflict, "exec command %s has already run", e.ID)
	case execStarting, execRunning:
		return fault.New(fault.Conflict, "exec command %s is already running", e.ID)
	case execCreated:
	}
	return nil
}

// runExec starts the shim and the process. What it leaves when it fails, endExec removes.
func (m *Manager) runExec(exec *Exec, streams Streams) (*net.UnixConn, error) {
	if err := m.describeExec(exec); err != nil {
		return nil, err
	}
	trace, tell := m.trace(exec.container, exec.dir)
	defer tell()
	shim, err := m.Runner.Launch(runtime.Launch{
		Dir: exec.dir, ID: exec.container.ID, Exec: filepath.Join(exec.dir, processFile), Trace: trace,
		Terminal: exec.Request.Terminal, OpenStdin: streams.Stdin, StdinOnce: true,
	})
	if err != nil {
		return nil, err
	}
	exec.mutex.Lock()
	exec.shim = shim
	size := exec.size
	exec.mutex.Unlock()
	if exec.Request.Terminal && size != [2]uint{} {
		if err := shim.Resize(int(size[0]), int(size[1])); err != nil {
			return nil, err
		}
	}
	var connection *net.UnixConn
	if streams != (Streams{}) {
		if connection, err = shim.Attach(streams.Stdin, streams.Stdout, streams.Stderr); err != nil {
			return nil, err
		}
	}
	if err := shim.Start(); err != nil {
		if connection != nil {
			connection.Close()
		}
		return nil, err
	}
	exec.mutex.Lock()
	exec.phase = execRunning
	exec.mutex.Unlock()
	return connection, nil
}

// describeExec writes what the runtime and a later engine have to know.
func (m *Manager) describeExec(exec *Exec) error {
	c, request := exec.container, &exec.Request
	record := c.Record()
	root, err := m.Images.OpenRoot(c.ID)
	if err != nil {
		return err
	}
	rootfs, err := root.Mount()
	if err != nil {
		return err
	}
	config := *record.Config
	config.Tty, config.WorkingDir = request.Terminal, request.Directory
	config.Env = mergeEnv(config.Env, request.Env)
	wanted := runtime.Wanted{Args: request.Command, Config: &config, Host: record.HostConfig}
	var home string
	if wanted.User, home, err = resolveUser(rootfs, request.User, record.HostConfig.GroupAdd); err != nil {
		return err
	}
	config.Env = environment(&config, home)
	process, err := runtime.Process(wanted, request.Privileged)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(exec.dir, 0o700); err != nil {
		return fmt.Errorf("make a directory for exec %s: %w", exec.ID, err)
	}
	if err := runtime.WriteProcess(filepath.Join(exec.dir, processFile), process); err != nil {
		return err
	}
	return writeJSON(filepath.Join(exec.dir, execRecordFile), execRecord{exec.ID, c.ID, *request})
}

// watchExec waits until the process is gone.
func (m *Manager) watchExec(exec *Exec) {
	exit, err := exec.shim.Exit()
	if err != nil {
		log.Printf("exec %s in container %s: %v", exec.ID, exec.container.ID, err)
	}
	m.endExec(exec, exit.Status)
}

func (m *Manager) endExec(exec *Exec, code int) {
	exec.mutex.Lock()
	if exec.shim != nil {
		exec.shim.Close()
	}
	exec.phase, exec.exitCode, exec.shim, exec.endedAt = execEnded, code, nil, time.Now()
	exec.mutex.Unlock()
	if err := os.RemoveAll(exec.dir); err != nil {
		log.Printf("exec %s: remove its files: %v", exec.ID, err)
	}
	close(exec.over)
	m.execEvent(exec, "exec_die", "exitCode", strconv.Itoa(code))
}

// adoptExecs finds the processes that an earlier engine started, of containers that run, and forgets the others.
func (m *Manager) adoptExecs() {
	parent := filepath.Join(filepath.Dir(m.RunDir), "execs")
	entries, err := os.ReadDir(parent)
	if err != nil {
		return // there was none
	}
	for _, entry := range entries {
		dir := filepath.Join(parent, entry.Name())
		var record execRecord
		if err := readJSON(filepath.Join(dir, execRecordFile), &record); err == nil && record.ID == entry.Name() {
			if m.adoptExec(&record) {
				continue
			}
		}
		if err := os.RemoveAll(dir); err != nil {
			log.Printf("remove %s: %v", dir, err)
		}
	}
}

func (m *Manager) adoptExec(record *execRecord) bool {
	c, err := m.Get(record.Container)
	if err != nil || !c.isRunning() || len(record.Request.Command) == 0 {
		return false
	}
	exec := m.newExec(record.ID, c, record.Request)
	shim, err := runtime.Reconnect(exec.dir)
	if err != nil {
		return false
	}
	exec.shim, exec.phase = shim, execRunning
	if err := m.execs.add(exec); err != nil {
		shim.Close()
		return false
	}
	if exec.Request.Probe {
		exec.quit()
	}
	go m.watchExec(exec)
	return true
}

// endExecs waits until the execs of a container that has ended are gone as well: the runtime has killed them.
func (m *Manager) endExecs(ctx context.Context, c *Container) {
	for _, exec := range m.execs.of(c) {
		if !exec.isActive() {
			continue
		}
		select {
		case <-exec.over:
		case <-ctx.Done():
			log.Printf("exec %s does not end with container %s", exec.ID, c.ID)
		}
	}
	m.execs.forgetCreated(c)
}
