package container

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/moby/api/types/container"
	apinetwork "github.com/moby/moby/api/types/network"

	"twinhull/engine/fault"
	"twinhull/engine/network"
)

// chooseNetworks returns the endpoints that a container is to have, by name of the network. --network is one of them,
// whatever else was asked for.
func (m *Manager) chooseNetworks(
	host *container.HostConfig, asked map[string]*apinetwork.EndpointSettings,
) (map[string]*apinetwork.EndpointSettings, error) {
	mode := host.NetworkMode
	if mode.IsContainer() || mode.IsHost() || mode.IsNone() {
		if mode.IsContainer() {
			if len(host.PortBindings) > 0 {
				return nil, fault.New(fault.Invalid, "conflicting options: port publishing and the container type network mode")
			}
			if _, err := m.Get(mode.ConnectedContainer()); err != nil {
				// What is not found when a container is made, clients take for its image, and pull that.
				return nil, fault.As(fault.Invalid, err)
			}
		}
		return nil, nil
	}
	chosen := map[string]*apinetwork.EndpointSettings{}
	for name, settings := range asked {
		if settings == nil {
			settings = &apinetwork.EndpointSettings{}
		}
		chosen[m.networkName(name)] = settings
	}
	main := m.networkName(string(mode))
	if _, found := chosen[main]; !found {
		chosen[main] = &apinetwork.EndpointSettings{}
	}
	for name, settings := range chosen {
		if len(settings.Aliases) > 0 && name == "bridge" {
			return nil, fault.New(fault.Invalid,
				"network-scoped alias is supported only for containers in user defined networks")
		}
	}
	return chosen, nil
}

// networkName is the name of a network given by its ID or a part of it. One that does not exist keeps what it was called:
// starting the container will say so.
func (m *Manager) networkName(given string) string {
	if given == "default" {
		return "bridge"
	}
	if found, err := m.Networks.Get(given); err == nil {
		return found.Name
	}
	return given
}

// networkOrder has the main network first: it gets eth0.
func (m *Manager) networkOrder(record *Record) []string {
	main := m.networkName(string(record.HostConfig.NetworkMode))
	var names []string
	for name := range record.Networks {
		if name != main {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if _, found := record.Networks[main]; found {
		names = append([]string{main}, names...)
	}
	return names
}

// endpointSpec says how a container wants to be known in a network.
func endpointSpec(record *Record, name string) network.EndpointSpec {
	settings := record.Networks[name]
	spec := network.EndpointSpec{ContainerName: record.Name, Hostname: record.Config.Hostname}
	if settings == nil {
		return spec
	}
	spec.Aliases, spec.MAC = settings.Aliases, settings.MacAddress.String()
	spec.GatewayPriority, spec.DriverOptions = settings.GwPriority, settings.DriverOpts
	if settings.IPAMConfig != nil {
		spec.IPv4 = settings.IPAMConfig.IPv4Address
	}
	spec.Links = append(slices.Clone(settings.Links), record.HostConfig.Links...)
	return spec
}

// wantedPorts are those of -p, and of -P: every exposed one that -p does not name.
func wantedPorts(record *Record) []network.PortBinding {
	var wanted []network.PortBinding
	add := func(port apinetwork.Port, address netip.Addr, hostPort string) {
		first, last, _ := strings.Cut(hostPort, "-")
		wanted = append(wanted, network.PortBinding{
			Protocol: string(port.Proto()), ContainerPort: port.Num(), HostIP: address,
			HostPort: portNumber(first), HostPortEnd: portNumber(last),
		})
	}
	for port, bindings := range record.HostConfig.PortBindings {
		if len(bindings) == 0 {
			add(port, netip.Addr{}, "")
		}
		for _, binding := range bindings {
			add(port, binding.HostIP, binding.HostPort)
		}
	}
	if record.HostConfig.PublishAllPorts {
		for port := range record.Config.ExposedPorts {
			if _, named := record.HostConfig.PortBindings[port]; !named {
				add(port, netip.Addr{}, "")
			}
		}
	}
	slices.SortFunc(wanted, func(a, b network.PortBinding) int { return int(a.ContainerPort) - int(b.ContainerPort) })
	return wanted
}

// portNumber is 0, which means any, for what is no number; create has refused that.
func portNumber(text string) uint16 {
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0
	}
	return uint16(number)
}

// endpoints are the connections of a container that runs, none otherwise.
func (c *Container) endpoints() []network.Endpoint {
	c.mutex.Lock()
	sandbox := c.sandbox
	c.mutex.Unlock()
	if sandbox == nil {
		return nil
	}
	return sandbox.Endpoints()
}

// published are the ports of a container that runs, as they were bound.
func (c *Container) published() []network.PortBinding {
	c.mutex.Lock()
	sandbox := c.sandbox
	c.mutex.Unlock()
	if sandbox == nil {
		return nil
	}
	return sandbox.Published()
}
