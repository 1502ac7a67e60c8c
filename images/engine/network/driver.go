package network

import (
	"net/netip"

	"twinhull/engine/network/ipam"
)

// Driver makes networks of one kind. The controller calls it with its lock held.
type Driver interface {
	// Name is what `docker network create --driver` says.
	Name() string
	// Blocks are where networks without a subnet of their own get one. A driver without any has no addresses.
	Blocks() []ipam.Block
	// Check refuses a network with options that the driver does not have or that contradict each other.
	Check(n *Network) error
	// Create makes what the network needs on this machine. It is called again when the daemon starts again.
	Create(n *Network) error
	// Remove removes what Create made.
	Remove(n *Network) error
	// Plug makes the endpoint's interface, named and with the MAC address that it has, in a network namespace, and
	// returns its index there; 0 if the driver has no interfaces, indexUnknown if it is to be found by its name.
	Plug(n *Network, e *Endpoint, namespace int) (index int, err error)
	// Unplug removes the interface.
	Unplug(n *Network, e *Endpoint) error
	// Publishes returns the address of this machine on which ports are published unless the client says so, and
	// whether this network's containers can publish ports at all.
	Publishes(n *Network) (host netip.Addr, ok bool)
}

// indexUnknown stands for an index that the kernel did not tell.
const indexUnknown = -1

// inherent is a driver whose networks need nothing: "host" is the machine's own network, "null" is none.
type inherent string

func (d inherent) Name() string                                { return string(d) }
func (inherent) Blocks() []ipam.Block                          { return nil }
func (inherent) Check(*Network) error                          { return nil }
func (inherent) Create(*Network) error                         { return nil }
func (inherent) Remove(*Network) error                         { return nil }
func (inherent) Plug(*Network, *Endpoint, int) (int, error)    { return 0, nil }
func (inherent) Unplug(*Network, *Endpoint) error              { return nil }
func (inherent) Publishes(*Network) (host netip.Addr, ok bool) { return netip.Addr{}, false }
