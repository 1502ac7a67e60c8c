package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"twinhull/engine/fault"
	"twinhull/engine/image"
	"twinhull/engine/network"
	"twinhull/engine/runtime"
)

// Start runs a container's process. What it took is given back when starting fails or the process ends.
func (m *Manager) Start(ctx context.Context, c *Container) error {
	c.life.Lock()
	defer c.life.Unlock()
	return m.start(ctx, c, false)
}

// start expects life to be held. again is for restart policies: the count goes on.
func (m *Manager) start(ctx context.Context, c *Container, again bool) error {
	state := c.State()
	switch {
	case state.Status == paused:
		return fault.New(fault.Conflict, "cannot start a paused container, try unpause instead")
	case state.Running():
		return fault.New(fault.NotModified, "container is already running")
	case c.isRemoving() || state.Status == dead:
		return fault.New(fault.Conflict, "container is marked for removal and cannot be started")
	}
	c.restart.cancel()
	shim, err := m.launch(ctx, c)
	if err != nil {
		m.tidy(context.WithoutCancel(ctx), c)
		m.failedToStart(c, err)
		return startFault(err)
	}
	err = c.setState(func(state *State) {
		state.Status, state.Pid = running, shim.Pid()
		state.ExitCode, state.Error, state.OOMKilled = 0, "", false
		state.StartedAt = time.Now().UTC()
		state.ManuallyStopped = false
		if !again {
			state.RestartCount = 0
		}
	})
	c.logFailure("remember its start", err)
	m.Events.Publish("container", "start", c.ID, c.attributes())
	m.startHealth(c)
	m.watch(c, shim)
	return nil
}

// launch makes everything that a process needs, and lets it run.
func (m *Manager) launch(ctx context.Context, c *Container) (*runtime.Shim, error) {
	record := c.Record()
	root, err := m.Images.OpenRoot(c.ID)
	if err != nil {
		return nil, err
	}
	rootfs, err := root.Mount()
	if err != nil {
		return nil, fmt.Errorf("mount the container's file system: %w", err)
	}
	if err := os.MkdirAll(c.runDir, 0o711); err != nil {
		return nil, err
	}
	os.Remove(filepath.Join(c.runDir, "exit"))
	if parent := record.HostConfig.CgroupParent; parent != "" {
		if err := prepareParent(parent); err != nil {
			return nil, err
		}
	}
	wanted := runtime.Wanted{
		ID: c.ID, Root: rootfs, Args: append([]string{record.Path}, record.Args...),
		Config: record.Config, Host: record.HostConfig, Join: map[specs.LinuxNamespaceType]string{},
		IDMap: idMappings(m.remap(record.HostConfig)),
	}
	if err := m.join(record.HostConfig, wanted.Join); err != nil {
		return nil, err
	}
	if err := m.connect(c, &record, wanted.Join); err != nil {
		return nil, err
	}
	if _, joined := wanted.Join[specs.UTSNamespace]; !joined && !record.HostConfig.UTSMode.IsHost() {
		wanted.Hostname = record.Config.Hostname
	}
	var home string
	wanted.User, home, err = resolveUser(rootfs, record.Config.User, record.HostConfig.GroupAdd)
	if err != nil {
		return nil, err
	}
	// The client gets to see what it asked for; the process gets that and what every process has.
	config := *record.Config
	config.Env = environment(record.Config, home)
	wanted.Config = &config
	if wanted.Mounts, err = m.mountVolumes(ctx, c); err != nil {
		return nil, err
	}
	files, err := m.writeFiles(c, &record)
	if err != nil {
		return nil, err
	}
	wanted.Mounts = append(wanted.Mounts, files...)
	if init := record.HostConfig.Init; init != nil && *init {
		wanted.Init = m.Init
	}
	return m.spawn(c, &record, wanted)
}

func (m *Manager) spawn(c *Container, record *Record, wanted runtime.Wanted) (*runtime.Shim, error) {
	spec, err := runtime.Spec(wanted)
	if err != nil {
		return nil, err
	}
	if err := runtime.WriteSpec(filepath.Join(c.runDir, "bundle"), spec); err != nil {
		return nil, err
	}
	log, err := logOf(record.HostConfig.LogConfig, c.logPath())
	if err != nil {
		return nil, err
	}
	trace, tell := m.trace(c, c.runDir)
	defer tell()
	shim, err := m.Runner.Launch(runtime.Launch{
		Dir: c.runDir, ID: c.ID, Log: log, Trace: trace,
		Terminal: record.Config.Tty, OpenStdin: record.Config.OpenStdin, StdinOnce: record.Config.StdinOnce,
	})
	if err != nil {
		return nil, err
	}
	c.mutex.Lock()
	c.shim = shim
	c.mutex.Unlock()
	c.connectPending(shim)
	return shim, shim.Start()
}

// trace is where the runtime writes its steps while somebody watches, else empty; tell passes them on, once it has run.
func (m *Manager) trace(c *Container, dir string) (path string, tell func()) {
	if !m.Xray.Active() {
		return "", func() {}
	}
	path = filepath.Join(dir, "trace.jsonl")
	return path, func() { c.logFailure("tell of the runtime's steps", m.Xray.Steps(c.ID, path)) }
}

// connect makes the network namespace, or finds the one to share.
func (m *Manager) connect(c *Container, record *Record, join map[specs.LinuxNamespaceType]string) error {
	mode := record.HostConfig.NetworkMode
	if mode.IsHost() || mode.IsContainer() {
		return nil
	}
	sandbox, err := m.Networks.NewSandbox(c.ID)
	if err != nil {
		return fmt.Errorf("make a network namespace: %w", err)
	}
	join[specs.NetworkNamespace] = sandbox.Path()
	c.mutex.Lock()
	c.sandbox = sandbox
	c.mutex.Unlock()
	if mode.IsNone() || record.Config.NetworkDisabled {
		return nil
	}
	if len(record.HostConfig.DNS) > 0 {
		sandbox.SetResolvers(network.ResolverOptions{Servers: record.HostConfig.DNS})
	}
	for _, name := range m.networkOrder(record) {
		if _, err := m.Networks.Connect(sandbox, name, endpointSpec(record, name)); err != nil {
			return err
		}
	}
	_, err = m.Networks.Publish(sandbox, wantedPorts(record))
	return err
}

// join finds the namespaces of other containers.
func (m *Manager) join(host *container.HostConfig, join map[specs.LinuxNamespaceType]string) error {
	for _, wanted := range []struct {
		kind   specs.LinuxNamespaceType
		file   string
		joined bool
		from   string
	}{
		{specs.NetworkNamespace, "net", host.NetworkMode.IsContainer(), host.NetworkMode.ConnectedContainer()},
		{specs.PIDNamespace, "pid", host.PidMode.IsContainer(), host.PidMode.Container()},
		{specs.IPCNamespace, "ipc", host.IpcMode.IsContainer(), host.IpcMode.Container()},
		{specs.UTSNamespace, "uts", strings.HasPrefix(string(host.UTSMode), "container:"),
			strings.TrimPrefix(string(host.UTSMode), "container:")},
	} {
		if !wanted.joined {
			continue
		}
		other, err := m.Get(wanted.from)
		if err != nil {
			return fmt.Errorf("cannot join %s of container %s: %w", wanted.file, wanted.from, err)
		}
		state := other.State()
		if !state.Running() {
			return fault.New(fault.Conflict, "cannot join %s of a non running container: %s", wanted.file, other.ID)
		}
		join[wanted.kind] = fmt.Sprintf("/proc/%d/ns/%s", state.Pid, wanted.file)
	}
	return nil
}

func (m *Manager) failedToStart(c *Container, err error) {
	code := exitCodeOf(err)
	c.cancelPending()
	c.logFailure("remember why it did not start", c.setState(func(state *State) {
		state.Status, state.Pid, state.ExitCode, state.Error = exited, 0, code, err.Error()
		if state.StartedAt.IsZero() {
			state.Status = created
		}
		state.FinishedAt = time.Now().UTC()
	}))
	m.notify(c, code)
	if c.goesWhenEnded() {
		go m.Remove(context.Background(), c, RemoveOptions{Volumes: true, Force: true})
	}
}

// Exit codes of processes that could not be started, as Docker has them.
const (
	exitCannotRun = 126
	exitNotFound  = 127
	exitUnknown   = 128
)

func exitCodeOf(err error) int {
	text := err.Error()
	for code, signs := range map[int][]string{
		exitNotFound:  {"executable file not found", "no such file or directory", "system cannot find the file"},
		exitCannotRun: {"permission denied", "not a directory", "is a directory"},
	} {
		for _, sign := range signs {
			if strings.Contains(strings.ToLower(text), sign) {
				return code
			}
		}
	}
	return exitUnknown
}

// startFault words a failed start as Docker's clients expect it: they derive their exit code from the text.
func startFault(err error) error {
	var failed *runtime.StartError
	if !errors.As(err, &failed) {
		return err
	}
	kind := fault.Internal
	if exitCodeOf(err) != exitUnknown {
		kind = fault.Invalid
	}
	return fault.New(kind, "failed to create task for container: failed to create shim task: "+
		"OCI runtime create failed: unable to start container process: error during container init: %w", err)
}

func (c *Container) isRemoving() bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.removing
}

func idMappings(remap *image.IDMap) []specs.LinuxIDMapping {
	if remap == nil {
		return nil
	}
	return []specs.LinuxIDMapping{{ContainerID: 0, HostID: uint32(remap.UID), Size: uint32(remap.Size)}}
}

// remap is the user namespace that the daemon gives containers: none yet asks for one.
func (m *Manager) remap(host *container.HostConfig) *image.IDMap {
	if host.UsernsMode.IsHost() || host.Privileged || host.NetworkMode.IsHost() || host.PidMode.IsHost() {
		return nil
	}
	return m.Remap
}
