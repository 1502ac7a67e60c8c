package container

import (
	"path/filepath"
	"time"

	"github.com/moby/moby/api/types/container"
	apinetwork "github.com/moby/moby/api/types/network"
	"github.com/moby/moby/api/types/storage"
)

// Inspection is the answer to GET /containers/{id}/json: moby's newest, with what older clients still look for.
type Inspection struct {
	container.InspectResponse
	NetworkSettings *NetworkSettings
}

// NetworkSettings repeats the default network's endpoint at the top, as it was before there were networks.
type NetworkSettings struct {
	Bridge                 string
	SandboxID              string
	SandboxKey             string
	Ports                  apinetwork.PortMap
	HairpinMode            bool
	LinkLocalIPv6Address   string
	LinkLocalIPv6PrefixLen int
	SecondaryIPAddresses   []string
	SecondaryIPv6Addresses []string
	EndpointID             string
	Gateway                string
	GlobalIPv6Address      string
	GlobalIPv6PrefixLen    int
	IPAddress              string
	IPPrefixLen            int
	IPv6Gateway            string
	MacAddress             string
	Networks               map[string]*apinetwork.EndpointSettings
}

// Inspect tells everything about a container. sizes costs a walk over its files.
func (m *Manager) Inspect(c *Container, sizes bool) (*Inspection, error) {
	record, state := c.Record(), c.State()
	root := filepath.Join(filepath.Dir(m.StateDir), "overlay2", c.ID)
	answer := &Inspection{InspectResponse: container.InspectResponse{
		ID: c.ID, Name: "/" + record.Name, Created: timeText(record.Created), Path: record.Path, Args: record.Args,
		Image: record.Image.String(), State: apiState(&state), RestartCount: state.RestartCount,
		ResolvConfPath: c.fileUnlessHost(&record, "resolv.conf"), HostnamePath: c.fileUnlessHost(&record, "hostname"),
		HostsPath: c.fileUnlessHost(&record, "hosts"), LogPath: c.logPath(),
		Driver: "overlay2", Platform: "linux", ExecIDs: m.execIDs(c),
		HostConfig: record.HostConfig, Config: record.Config, Mounts: mountPoints(record.Mounts),
		GraphDriver: &storage.DriverData{Name: "overlay2", Data: map[string]string{
			"MergedDir": filepath.Join(root, "merged"), "UpperDir": filepath.Join(root, "diff"),
			"WorkDir": filepath.Join(root, "work"),
		}},
	}}
	if record.HostConfig.LogConfig.Type == "none" {
		answer.LogPath = ""
	}
	if answer.Args == nil {
		answer.Args = []string{}
	}
	answer.NetworkSettings = c.networkSettings(&record)
	if !sizes {
		return answer, nil
	}
	opened, err := m.Images.OpenRoot(c.ID)
	if err != nil {
		return nil, err
	}
	own, all, err := opened.Sizes()
	if err != nil {
		return nil, err
	}
	answer.SizeRw, answer.SizeRootFs = &own, &all
	return answer, nil
}

func (c *Container) fileUnlessHost(record *Record, name string) string {
	if record.HostConfig.NetworkMode.IsContainer() {
		return ""
	}
	return filepath.Join(c.stateDir, name)
}

func apiState(state *State) *container.State {
	health := state.Health
	return &container.State{
		Status: state.Status, Running: state.Running() || state.Status == restarting, Paused: state.Status == paused,
		Restarting: state.Status == restarting, OOMKilled: state.OOMKilled, Dead: state.Status == dead, Pid: state.Pid,
		ExitCode: state.ExitCode, Error: state.Error, StartedAt: timeText(state.StartedAt),
		FinishedAt: timeText(state.FinishedAt), Health: health,
	}
}

// timeText writes "never" as Docker does: 0001-01-01T00:00:00Z.
func timeText(moment time.Time) string { return moment.UTC().Format(time.RFC3339Nano) }

func mountPoints(mounts []Mount) []container.MountPoint {
	points := []container.MountPoint{}
	for _, mounted := range mounts {
		points = append(points, mounted.MountPoint)
	}
	return points
}

func (c *Container) networkSettings(record *Record) *NetworkSettings {
	settings := &NetworkSettings{Ports: apinetwork.PortMap{}, Networks: c.endpointSettings(record)}
	c.mutex.Lock()
	sandbox := c.sandbox
	c.mutex.Unlock()
	if sandbox != nil {
		settings.SandboxID, settings.SandboxKey = c.ID, sandbox.Path()
		for port := range record.Config.ExposedPorts {
			settings.Ports[port] = nil
		}
		for _, bound := range c.published() {
			port, _ := apinetwork.PortFrom(bound.ContainerPort, apinetwork.IPProtocol(bound.Protocol))
			settings.Ports[port] = append(settings.Ports[port], apinetwork.PortBinding{
				HostIP: bound.HostIP, HostPort: decimal(bound.HostPort),
			})
		}
	}
	if bridge := settings.Networks["bridge"]; bridge != nil && bridge.IPAddress.IsValid() {
		settings.EndpointID, settings.Gateway = bridge.EndpointID, bridge.Gateway.String()
		settings.IPAddress, settings.IPPrefixLen = bridge.IPAddress.String(), bridge.IPPrefixLen
		settings.MacAddress = bridge.MacAddress.String()
	}
	return settings
}

// endpointSettings joins what was asked for with what came of it.
func (c *Container) endpointSettings(record *Record) map[string]*apinetwork.EndpointSettings {
	all := map[string]*apinetwork.EndpointSettings{}
	mode := record.HostConfig.NetworkMode
	if mode.IsHost() || mode.IsNone() {
		all[string(mode)] = &apinetwork.EndpointSettings{}
	}
	for name, asked := range record.Networks {
		copied := *asked
		all[name] = &copied
	}
	for _, endpoint := range c.endpoints() {
		settings := all[endpoint.NetworkName]
		if settings == nil {
			settings = &apinetwork.EndpointSettings{}
			all[endpoint.NetworkName] = settings
		}
		settings.NetworkID, settings.EndpointID = endpoint.NetworkID, endpoint.EndpointID
		settings.Gateway, settings.IPAddress = endpoint.Gateway, endpoint.Address.Addr()
		settings.IPPrefixLen = max(endpoint.Address.Bits(), 0)
		settings.MacAddress.UnmarshalText([]byte(endpoint.MAC))
		settings.DNSNames = endpoint.DNSNames
	}
	return all
}
