package network

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
)

// EndpointSpec is how a container wants to be connected.
type EndpointSpec struct {
	ContainerName string
	Hostname      string
	Aliases       []string
	// Links are "container:alias" or "container".
	Links []string
	// DNSNames are further names, beside the container's name, the start of its id, its hostname and its aliases.
	DNSNames []string
	// IPv4 of zero lets the network choose.
	IPv4 netip.Addr
	// MAC of "" is made from the address.
	MAC string
	// GatewayPriority decides which of several networks has the default route: the highest.
	GatewayPriority int
	DriverOptions   map[string]string
}

// Endpoint is a container's connection to a network.
type Endpoint struct {
	NetworkID     string
	NetworkName   string
	EndpointID    string
	ContainerID   string
	ContainerName string
	// Interface is its name in the container, HostInterface that of the veth pair's other end.
	Interface     string
	HostInterface string
	Address       netip.Prefix
	// Gateway is not valid on internal networks.
	Gateway         netip.Addr
	MAC             string
	Aliases         []string
	Links           []string
	DNSNames        []string
	GatewayPriority int               `json:",omitempty"`
	DriverOptions   map[string]string `json:",omitempty"`
	// Gate says that nobody asked for this endpoint: it leads out for a container whose networks do not.
	Gate bool `json:",omitempty"`

	// plugged is what the interface is called until it is configured, if the driver could not give it its name.
	plugged string
}

// shortID is the part of an id that clients show.
func shortID(id string) string { return id[:min(len(id), 12)] }

// dnsNames are the names by which others on the network find the container.
func dnsNames(containerID string, spec EndpointSpec) []string {
	var names []string
	add := func(more ...string) {
		for _, name := range more {
			if name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	add(spec.ContainerName)
	add(spec.Aliases...)
	add(shortID(containerID), spec.Hostname)
	add(spec.DNSNames...)
	return names
}

// macOf makes a MAC address from an address, so that an address that is used again has the same one: 02:42 and it.
func macOf(address netip.Addr) net.HardwareAddr {
	return append(net.HardwareAddr{0x02, 0x42}, address.AsSlice()...)
}

// freeInterface returns the first of eth0, eth1, ... that the sandbox does not have.
func (s *Sandbox) freeInterface() string {
	for number := 0; ; number++ {
		name := fmt.Sprintf("eth%d", number)
		if !slices.ContainsFunc(s.endpoints, func(e *Endpoint) bool { return e.Interface == name }) {
			return name
		}
	}
}
