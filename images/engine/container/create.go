package container

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	apinetwork "github.com/moby/moby/api/types/network"

	"twinhull/engine/fault"
	"twinhull/engine/image"
	"twinhull/engine/runtime"
)

// States, with shorter names.
const (
	created    = container.StateCreated
	running    = container.StateRunning
	paused     = container.StatePaused
	restarting = container.StateRestarting
	exited     = container.StateExited
	dead       = container.StateDead
)

// CreateRequest is what POST /containers/create says.
type CreateRequest struct {
	Name     string
	Config   *container.Config
	Host     *container.HostConfig
	Networks map[string]*apinetwork.EndpointSettings
}

// Create makes a container that does not run yet. Warnings are for the person who asked.
func (m *Manager) Create(ctx context.Context, request CreateRequest) (c *Container, warnings []string, err error) {
	config, host := request.Config, request.Host
	if config == nil {
		return nil, nil, fault.New(fault.Invalid, "config cannot be empty in order to create a container")
	}
	if host == nil {
		host = &container.HostConfig{}
	}
	img, err := m.imageFor(config)
	if err != nil {
		return nil, nil, err
	}
	if img != nil {
		if err := merge(config, img.Config.Config); err != nil {
			return nil, nil, err
		}
	}
	if len(config.Entrypoint) == 0 && len(config.Cmd) == 0 {
		return nil, nil, fault.New(fault.Invalid, "no command specified")
	}
	if config.WorkingDir != "" && !strings.HasPrefix(config.WorkingDir, "/") {
		return nil, nil, fault.New(fault.Invalid,
			"the working directory '%s' is invalid, it needs to be an absolute path", config.WorkingDir)
	}
	if warnings, err = complete(config, host); err != nil {
		return nil, nil, err
	}
	c = m.newContainer(newID())
	record := Record{ID: c.ID, Created: time.Now().UTC(), Config: config, HostConfig: host, Networks: request.Networks}
	if config.Hostname == "" && !host.NetworkMode.IsHost() && !host.UTSMode.IsHost() {
		config.Hostname = c.ID[:12]
	}
	if img != nil {
		record.Image = img.ID
	}
	command := append(append([]string{}, config.Entrypoint...), config.Cmd...)
	record.Path, record.Args = command[0], command[1:]
	if record.Name, err = m.takeName(request.Name, c.ID); err != nil {
		return nil, nil, err
	}
	if record.Networks, err = m.chooseNetworks(host, request.Networks); err == nil {
		err = m.build(ctx, c, record, img)
	}
	if err != nil {
		m.release(record.Name, c.ID)
		return nil, nil, err
	}
	m.add(c)
	m.Events.Publish("container", "create", c.ID, c.attributes())
	return c, warnings, nil
}

func (m *Manager) imageFor(config *container.Config) (*image.Image, error) {
	if config.Image == "" {
		return nil, fault.New(fault.Invalid, "no image specified")
	}
	return m.Images.Get(config.Image)
}

func (m *Manager) takeName(asked, id string) (string, error) {
	if asked != "" {
		name, err := checkName(asked)
		if err != nil {
			return "", err
		}
		return name, m.reserve(name, id)
	}
	// Invented names run out of luck before they run out.
	for range 8 {
		if name := inventName(); m.reserve(name, id) == nil {
			return name, nil
		}
	}
	return id[:12], m.reserve(id[:12], id)
}

// build makes what the container has on disk, and removes it again if any part fails.
func (m *Manager) build(ctx context.Context, c *Container, record Record, img *image.Image) (err error) {
	if err := os.MkdirAll(c.stateDir, 0o710); err != nil {
		return err
	}
	var root *image.Root
	defer func() {
		if err == nil {
			return
		}
		if root != nil {
			root.Remove()
		}
		for _, mount := range record.Mounts {
			m.releaseVolume(ctx, mount, c.ID, true)
		}
		m.Images.Release(c.ID)
		os.RemoveAll(c.stateDir)
	}()
	m.Images.Use(record.Image, c.ID)
	if root, err = m.Images.CreateRoot(c.ID, img, m.remap(record.HostConfig)); err != nil {
		return fmt.Errorf("make the container's file system: %w", err)
	}
	if record.Mounts, err = m.resolveMounts(ctx, c.ID, record.Config, record.HostConfig); err != nil {
		return err
	}
	if err := m.fillVolumes(ctx, c.ID, root, record.Mounts); err != nil {
		return err
	}
	if err := c.setRecord(func(old *Record) { *old = record }); err != nil {
		return err
	}
	c.state.Status = created
	return nil
}

// minMemory is Docker's smallest limit: less and the runtime itself does not fit.
const minMemory = 6 << 20

// complete fills in what Docker fills in and refuses what cannot work.
func complete(config *container.Config, host *container.HostConfig) (warnings []string, err error) {
	if host.Memory > 0 && host.Memory < minMemory {
		return nil, fault.New(fault.Invalid, "Minimum memory limit allowed is 6MB")
	}
	if host.Memory > 0 && host.MemorySwap > 0 && host.MemorySwap < host.Memory {
		return nil, fault.New(fault.Invalid, "Minimum memoryswap limit should be larger than memory limit, see usage")
	}
	if host.Memory == 0 && host.MemorySwap > 0 {
		return nil, fault.New(fault.Invalid,
			"You should always set the Memory limit when using Memoryswap limit, see usage")
	}
	if host.Memory > 0 && !limitsSwap() {
		host.MemorySwap = -1
		warnings = append(warnings, "Your kernel does not support swap limit capabilities or the cgroup is not mounted. "+
			"Memory limited without swap.")
	}
	if host.NanoCPUs > 0 && (host.CPUPeriod > 0 || host.CPUQuota > 0) {
		return nil, fault.New(fault.Invalid, "Conflicting options: Nano CPUs and CPU Period/Quota cannot both be set")
	}
	if err := checkCPUs(host.NanoCPUs); err != nil {
		return nil, err
	}
	if err := checkRestartPolicy(host); err != nil {
		return nil, err
	}
	if host.AutoRemove && !host.RestartPolicy.IsNone() {
		return nil, fault.New(fault.Invalid, "can't create 'AutoRemove' container with restart policy")
	}
	if host.NetworkMode == "" || host.NetworkMode == "default" {
		host.NetworkMode = "bridge"
	}
	if host.NetworkMode.IsHost() && len(host.PortBindings) > 0 {
		warnings = append(warnings, "Published ports are discarded when using host network mode")
	}
	if host.IpcMode == "" {
		host.IpcMode = "private"
	}
	if host.CgroupnsMode == "" {
		host.CgroupnsMode = "private"
		if host.Privileged {
			host.CgroupnsMode = "host"
		}
	}
	if host.ShmSize == 0 {
		host.ShmSize = 64 << 20
	}
	if host.MaskedPaths == nil {
		host.MaskedPaths = runtime.DefaultMaskedPaths
	}
	if host.ReadonlyPaths == nil {
		host.ReadonlyPaths = runtime.DefaultReadonlyPaths
	}
	if host.MemorySwappiness != nil && *host.MemorySwappiness == -1 {
		host.MemorySwappiness = nil
	}
	if host.LogConfig.Type == "" {
		host.LogConfig.Type = "json-file"
	}
	if host.LogConfig.Config == nil {
		host.LogConfig.Config = map[string]string{}
	}
	if _, err := logOf(host.LogConfig, ""); err != nil {
		return nil, err
	}
	for port, bindings := range host.PortBindings {
		for _, binding := range bindings {
			first, last, ranged := strings.Cut(binding.HostPort, "-")
			if binding.HostPort != "" && (portNumber(first) == 0 && first != "0" || ranged && portNumber(last) < portNumber(first)) {
				return nil, fault.New(fault.Invalid, "invalid port specification: %q for port %s", binding.HostPort, port)
			}
		}
	}
	if config.StopSignal != "" {
		if _, err := ParseSignal(config.StopSignal); err != nil {
			return nil, err
		}
	}
	return warnings, nil
}

func checkCPUs(nano int64) error {
	// v86 has one processor, and so has every machine here.
	if nano < 0 || nano > 1e9 {
		return fault.New(fault.Invalid, "range of CPUs is from 0.01 to %d.00, as there are only %d CPUs available", 1, 1)
	}
	return nil
}

func checkRestartPolicy(host *container.HostConfig) error {
	policy := &host.RestartPolicy
	switch policy.Name {
	case "always", "unless-stopped", "no", "":
		if policy.MaximumRetryCount > 0 && policy.Name != "" {
			return fault.New(fault.Invalid,
				"invalid restart policy: maximum retry count can only be used with 'on-failure'")
		}
	case "on-failure":
		if policy.MaximumRetryCount < 0 {
			return fault.New(fault.Invalid, "invalid restart policy: maximum retry count cannot be negative")
		}
	default:
		return fault.New(fault.Invalid, "invalid restart policy: unknown policy '%s'; "+
			"use one of 'no', 'always', 'on-failure', or 'unless-stopped'", policy.Name)
	}
	if policy.Name == "" {
		policy.Name = "no"
	}
	return nil
}
