package swarm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	containertypes "github.com/moby/moby/api/types/container"
	networktypes "github.com/moby/moby/api/types/network"
	"github.com/moby/moby/api/types/swarm"
	"golang.org/x/sys/unix"

	"twinhull/engine/container"
	"twinhull/engine/fault"
)

// Labels of containers that are tasks'.
const (
	labelTask     = "com.docker.swarm.task"
	labelTaskID   = "com.docker.swarm.task.id"
	labelTaskName = "com.docker.swarm.task.name"
	labelService  = "com.docker.swarm.service.id"
	labelName     = "com.docker.swarm.service.name"
	labelNode     = "com.docker.swarm.node.id"
)

// containers is the Engine of a real node.
type containers struct {
	manager *container.Manager
	pull    func(ctx context.Context, image string) error
	version string
}

// NewEngine has tasks run as containers. pull gets an image that is not there.
func NewEngine(manager *container.Manager, version string, pull func(ctx context.Context, image string) error) Engine {
	return &containers{manager, pull, version}
}

func exitText(code int) string { return fmt.Sprintf("task: non-zero exit (%d)", code) }

func containerName(a *assignment) string {
	if a.Task.Slot == 0 {
		return fmt.Sprintf("%s.%s.%s", a.Service, a.Task.NodeID, a.Task.ID)
	}
	return fmt.Sprintf("%s.%d.%s", a.Service, a.Task.Slot, a.Task.ID)
}

// Describe implements Engine.
func (e *containers) Describe() swarm.NodeDescription {
	hostname, _ := os.Hostname()
	var memory unix.Sysinfo_t
	_ = unix.Sysinfo(&memory)
	var name unix.Utsname
	_ = unix.Uname(&name)
	described := swarm.NodeDescription{
		Hostname:  hostname,
		Platform:  swarm.Platform{Architecture: unix.ByteSliceToString(name.Machine[:]), OS: "linux"},
		Resources: swarm.Resources{NanoCPUs: int64(runtime.NumCPU()) * 1e9, MemoryBytes: int64(memory.Totalram) * int64(memory.Unit)},
		Engine:    swarm.EngineDescription{EngineVersion: e.version},
	}
	for _, plugin := range []string{"bridge", "host", "ipvlan", "macvlan", "null", "overlay"} {
		described.Engine.Plugins = append(described.Engine.Plugins, swarm.PluginDescription{Type: "Network", Name: plugin})
	}
	return described
}

// Find implements Engine.
func (e *containers) Find(taskID string) string {
	for _, c := range e.manager.All() {
		if c.Record().Config.Labels[labelTaskID] == taskID {
			return c.ID
		}
	}
	return ""
}

// Tasks implements Engine.
func (e *containers) Tasks() []string {
	var all []string
	for _, c := range e.manager.All() {
		if id := c.Record().Config.Labels[labelTaskID]; id != "" {
			all = append(all, id)
		}
	}
	return all
}

// Prepare implements Engine.
func (e *containers) Prepare(ctx context.Context, a *assignment) (string, error) {
	image := a.Task.Spec.ContainerSpec.Image
	if _, err := e.manager.Images.Get(image); err != nil {
		// A digest that a client found out for a tag names what a tag may name here already.
		if tag, _, ok := strings.Cut(image, "@"); ok {
			if _, err := e.manager.Images.Get(tag); err == nil {
				image = tag
			}
		}
		if image == a.Task.Spec.ContainerSpec.Image {
			if err := e.pull(ctx, image); err != nil {
				return "", fmt.Errorf("No such image: %s: %w", image, err)
			}
		}
	}
	request, err := e.request(a, image)
	if err != nil {
		return "", err
	}
	c, _, err := e.manager.Create(ctx, request)
	if err != nil {
		return "", err
	}
	return c.ID, nil
}

// request is a task as a container.
func (e *containers) request(a *assignment, image string) (container.CreateRequest, error) {
	spec := a.Task.Spec.ContainerSpec
	config := &containertypes.Config{
		Image: image, Entrypoint: spec.Command, Cmd: spec.Args, Env: expand(spec.Env, a), User: spec.User, WorkingDir: spec.Dir,
		Hostname: expand([]string{spec.Hostname}, a)[0], Tty: spec.TTY, OpenStdin: spec.OpenStdin, StopSignal: spec.StopSignal,
		Healthcheck: spec.Healthcheck, Labels: map[string]string{},
	}
	for key, value := range spec.Labels {
		config.Labels[key] = value
	}
	config.Labels[labelTask] = ""
	config.Labels[labelTaskID], config.Labels[labelTaskName] = a.Task.ID, containerName(a)
	config.Labels[labelService], config.Labels[labelName] = a.Task.ServiceID, a.Service
	config.Labels[labelNode] = a.Task.NodeID
	host := &containertypes.HostConfig{
		Mounts: spec.Mounts, Init: spec.Init, ReadonlyRootfs: spec.ReadOnly, CapAdd: spec.CapabilityAdd, CapDrop: spec.CapabilityDrop,
		Sysctls: spec.Sysctls, GroupAdd: spec.Groups, ExtraHosts: extraHosts(spec.Hosts),
	}
	if spec.DNSConfig != nil {
		host.DNS, host.DNSSearch, host.DNSOptions = spec.DNSConfig.Nameservers, spec.DNSConfig.Search, spec.DNSConfig.Options
	}
	if resources := a.Task.Spec.Resources; resources != nil && resources.Limits != nil {
		host.Memory, host.NanoCPUs = resources.Limits.MemoryBytes, resources.Limits.NanoCPUs
		if limit := resources.Limits.Pids; limit > 0 {
			host.PidsLimit = &limit
		}
	}
	if driver := a.Task.Spec.LogDriver; driver != nil {
		host.LogConfig = containertypes.LogConfig{Type: driver.Name, Config: driver.Options}
	}
	networks := map[string]*networktypes.EndpointSettings{}
	for at, used := range a.Networks {
		if at == 0 {
			host.NetworkMode = containertypes.NetworkMode(used.ID)
		}
		if used.ID == "host" || used.ID == "none" {
			continue
		}
		settings := &networktypes.EndpointSettings{Aliases: used.Aliases}
		if used.Address.IsValid() {
			settings.IPAMConfig = &networktypes.EndpointIPAMConfig{IPv4Address: used.Address}
		}
		networks[used.ID] = settings
	}
	if len(a.Ports) > 0 {
		host.PortBindings = networktypes.PortMap{}
	}
	for _, published := range a.Ports {
		port, ok := networktypes.PortFrom(uint16(published.TargetPort), published.Protocol)
		if !ok {
			return container.CreateRequest{}, fault.New(fault.Invalid, "port %d/%s cannot be published", published.TargetPort, published.Protocol)
		}
		text := ""
		if published.PublishedPort != 0 {
			text = strconv.Itoa(int(published.PublishedPort))
		}
		host.PortBindings[port] = append(host.PortBindings[port], networktypes.PortBinding{HostPort: text})
	}
	return container.CreateRequest{Name: containerName(a), Config: config, Host: host, Networks: networks}, nil
}

// extraHosts turns lines of hosts(5) into what containers take.
func extraHosts(lines []string) []string {
	var all []string
	for _, line := range lines {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		for _, name := range fields[1:] {
			all = append(all, name+":"+fields[0])
		}
	}
	return all
}

// expand fills in what Docker's templates have of a task: {{.Task.Slot}} and the like.
func expand(texts []string, a *assignment) []string {
	replacer := strings.NewReplacer(
		"{{.Service.ID}}", a.Task.ServiceID, "{{.Service.Name}}", a.Service, "{{.Node.ID}}", a.Task.NodeID,
		"{{.Node.Hostname}}", a.Node, "{{.Task.ID}}", a.Task.ID, "{{.Task.Name}}", containerName(a),
		"{{.Task.Slot}}", strconv.Itoa(a.Task.Slot),
	)
	all := slices.Clone(texts)
	for at := range all {
		all[at] = replacer.Replace(all[at])
	}
	return all
}

// Start implements Engine.
func (e *containers) Start(ctx context.Context, id string) (swarm.ContainerStatus, error) {
	status := swarm.ContainerStatus{ContainerID: id}
	c, err := e.manager.Get(id)
	if err != nil {
		return status, err
	}
	state := c.State()
	if state.Status == containertypes.StateCreated {
		if err := e.manager.Start(ctx, c); err != nil && !fault.Is(err, fault.NotModified) {
			return status, err
		}
	}
	status.PID = c.State().Pid
	return status, nil
}

// Wait implements Engine.
func (e *containers) Wait(ctx context.Context, id string) (int, error) {
	c, err := e.manager.Get(id)
	if err != nil {
		return 0, err
	}
	ended, err := c.Wait(ctx, containertypes.WaitConditionNotRunning)
	if err != nil {
		return 0, err
	}
	select {
	case code := <-ended:
		return code, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// Stop implements Engine.
func (e *containers) Stop(ctx context.Context, id string, patience *time.Duration) error {
	c, err := e.manager.Get(id)
	if err != nil {
		return err
	}
	options := container.StopOptions{}
	if patience != nil {
		options.Seconds = new(int(patience.Seconds()))
	}
	return e.manager.Stop(ctx, c, options)
}

// Remove implements Engine.
func (e *containers) Remove(ctx context.Context, id string) error {
	c, err := e.manager.Get(id)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return errors.Join(err, e.manager.Remove(ctx, c, container.RemoveOptions{Volumes: true, Force: true}))
}

// Logs implements Engine.
func (e *containers) Logs(ctx context.Context, id string, request logRequest, sink func(logLine) error) error {
	c, err := e.manager.Get(id)
	if err != nil {
		return err
	}
	return e.manager.Logs(ctx, c, container.LogOptions{
		Stdout: true, Stderr: true, Since: request.Since, Tail: request.Tail, Follow: request.Follow, Timestamps: request.Timestamps,
	}, container.LogSink{
		Line:  func(stderr bool, line []byte) error { return sink(logLine{stderr, line}) },
		Flush: func() error { return nil },
	})
}
