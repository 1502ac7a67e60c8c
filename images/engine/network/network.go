package network

import (
	"net/netip"
	"time"

	"twinhull/engine/network/ipam"
)

// Network is what containers are connected to. Its exported fields never change once it is made.
type Network struct {
	ID         string
	Name       string
	Driver     string
	Created    time.Time
	Internal   bool              `json:",omitempty"`
	Attachable bool              `json:",omitempty"`
	EnableIPv6 bool              `json:",omitempty"`
	Options    map[string]string `json:",omitempty"`
	Labels     map[string]string `json:",omitempty"`
	IPAM       IPAM
	// Scope is "swarm" for networks that a swarm has and this machine only takes part in, otherwise "".
	Scope string `json:",omitempty"`
	// Ingress networks carry what arrives at published ports of a swarm's nodes to the tasks.
	Ingress bool `json:",omitempty"`
	// MadeParent says that the link on which this network's stand was made for it, and goes with the last such network.
	MadeParent bool `json:",omitempty"`

	// restored says that an earlier daemon made it.
	restored  bool
	driver    Driver
	pool      *ipam.Pool // nil if the driver has no addresses
	zone      *zone
	endpoints map[string]*Endpoint
}

// IPAM is where a network's addresses come from.
type IPAM struct {
	Driver  string
	Options map[string]string `json:",omitempty"`
	Subnets []Subnet          `json:",omitempty"`
}

// Subnet is a network's subnet. What is not valid was not asked for, except that a network of its own has a gateway.
type Subnet struct {
	Subnet    netip.Prefix
	Range     netip.Prefix
	Gateway   netip.Addr
	Auxiliary map[string]netip.Addr `json:",omitempty"`
}

// The networks that are always there.
const (
	defaultBridge = "bridge"
	hostNetwork   = "host"
	noneNetwork   = "none"
)

// IsPredefined tells whether a network of this name is always there, and cannot be made or removed.
func IsPredefined(name string) bool {
	return name == defaultBridge || name == hostNetwork || name == noneNetwork
}

// subnet returns the network's subnet and its gateway, or nil if it has no addresses.
func (n *Network) subnet() *Subnet {
	if len(n.IPAM.Subnets) == 0 {
		return nil
	}
	return &n.IPAM.Subnets[0]
}

// resolves tells whether containers find each other by name: on all networks but those that are always there.
func (n *Network) resolves() bool { return !IsPredefined(n.Name) }

// fillPool takes what no container may have.
func (n *Network) fillPool() error {
	subnet := n.subnet()
	if subnet == nil {
		return nil
	}
	n.pool = ipam.NewPool(subnet.Subnet, subnet.Range)
	if subnet.Gateway.IsValid() {
		if err := n.pool.Take(subnet.Gateway); err != nil {
			return err
		}
	}
	for _, address := range subnet.Auxiliary {
		if err := n.pool.Take(address); err != nil {
			return err
		}
	}
	return nil
}

func (n *Network) add(e *Endpoint) {
	n.endpoints[e.EndpointID] = e
	n.zone.add(e)
}

func (n *Network) remove(e *Endpoint) {
	delete(n.endpoints, e.EndpointID)
	n.zone.remove(e)
}
