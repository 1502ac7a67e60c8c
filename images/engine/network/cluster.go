package network

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"

	"twinhull/engine/fault"
	"twinhull/engine/network/firewall"
)

// SwarmScope is the scope of a swarm's networks.
const SwarmScope = "swarm"

// gateNetwork leads out of containers whose networks are a swarm's.
const gateNetwork = "docker_gwbridge"

// Cluster is the swarm that this machine is part of.
type Cluster interface {
	// CreateNetwork and RemoveNetwork are for managers.
	CreateNetwork(config Config) (*Network, error)
	RemoveNetwork(id string) error
	// Attach asks for an address in a network, given by name or id, for a container. It may take as long as asking
	// another machine does.
	Attach(network string, container Attachment) (Grant, error)
	// Detach says that a container is not in a network any more. It must not block, nor call the controller.
	Detach(networkID, containerID string)
}

// Attachment is a container that wants to be in a network.
type Attachment struct {
	ContainerID   string
	ContainerName string
	DNSNames      []string
	// Address of zero lets the swarm choose.
	Address netip.Addr
	MAC     string
}

// Grant is the swarm's answer.
type Grant struct {
	Network *Network
	Address netip.Addr
}

// Names are addresses by name, in lower case.
type Names map[string][]netip.Addr

// SwarmView is what a machine should know of a swarm's network.
type SwarmView struct {
	Peers    []Peer
	Names    Names
	Services []firewall.Service
}

type granted struct {
	Grant
	cluster Cluster
}

// NotManager is why a node cannot do what managers do.
func NotManager(worker bool) error {
	if worker {
		return fault.New(fault.Unavailable, "This node is not a swarm manager. Worker nodes can't be used to view or modify "+
			"cluster state. Please run this command on a manager node or promote the current node to a manager.")
	}
	return fault.New(fault.Unavailable, `This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" `+
		`to connect this node to swarm and try again.`)
}

// SetCluster says that the machine has become part of a swarm, or of none (nil): then its networks go, once the containers
// in them have been stopped.
func (c *Controller) SetCluster(cluster Cluster) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.cluster = cluster
	if cluster != nil {
		if _, err := c.get(gateNetwork); !fault.Is(err, fault.NotFound) {
			return err
		}
		_, err := c.create(Config{Name: gateNetwork, Options: map[string]string{
			optionBridgeName: gateNetwork, optionICC: "false", optionMasquerade: "true",
		}})
		return err
	}
	err := c.closeMesh()
	for _, s := range c.sandboxes {
		for _, e := range slices.Clone(s.endpoints) {
			if c.isSwarms(e) {
				err = errors.Join(err, s.enter(), c.detach(s, e))
			}
		}
		err = errors.Join(err, c.closeGate(s), c.balance(s), c.save(s))
	}
	for _, n := range c.networks {
		if n.Scope == SwarmScope || n.Name == gateNetwork && len(n.endpoints) == 0 {
			_, failed := c.remove(n)
			err = errors.Join(err, failed)
		}
	}
	return err
}

func (c *Controller) currentCluster() Cluster {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.cluster
}

func (c *Controller) createInSwarm(config Config) (*Network, error) {
	cluster := c.currentCluster()
	if cluster == nil {
		return nil, fault.As(fault.Forbidden, NotManager(false))
	}
	n, err := cluster.CreateNetwork(config)
	if err != nil {
		return nil, err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if err := c.adopt(n); err != nil {
		return nil, err
	}
	c.publishNetwork("create", n)
	return n, nil
}

func (c *Controller) removeFromSwarm(n *Network) error {
	cluster := c.currentCluster()
	if cluster == nil {
		return fault.As(fault.Forbidden, NotManager(false))
	}
	if err := cluster.RemoveNetwork(n.ID); err != nil {
		return err
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.publishNetwork("remove", n)
	if c.networks[n.ID] == nil {
		return nil
	}
	_, err := c.remove(n)
	return err
}

// attach gets what the swarm must grant before a container is connected to one of its networks; nil for other networks.
func (c *Controller) attach(s *Sandbox, network string, spec *EndpointSpec) (*granted, error) {
	c.mutex.Lock()
	cluster := c.cluster
	n, err := c.get(network)
	c.mutex.Unlock()
	switch {
	case cluster == nil && err == nil && n.Scope == SwarmScope:
		return nil, fault.As(fault.Forbidden, NotManager(false))
	case cluster == nil, err == nil && n.Scope != SwarmScope, err != nil && !fault.Is(err, fault.NotFound):
		return nil, nil
	}
	grant, err := cluster.Attach(network, Attachment{
		ContainerID: s.container, ContainerName: spec.ContainerName, DNSNames: dnsNames(s.container, *spec),
		Address: spec.IPv4, MAC: spec.MAC,
	})
	if err != nil {
		return nil, err
	}
	spec.IPv4 = grant.Address
	return &granted{grant, cluster}, nil
}

// Adopt makes a swarm's network known to this machine.
func (c *Controller) Adopt(n *Network) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.adopt(n)
}

func (c *Controller) adopt(n *Network) error {
	if c.networks[n.ID] != nil {
		return nil
	}
	own := *n
	own.Scope = SwarmScope
	if err := writeState(c.networkPath(own.ID), &own); err != nil {
		return fmt.Errorf("keeping network %s: %w", own.Name, err)
	}
	if err := c.setUp(&own); err != nil {
		return errors.Join(fmt.Errorf("taking part in network %s: %w", own.Name, err), os.Remove(c.networkPath(own.ID)))
	}
	return nil
}

// SetViews tells what is known of the swarm's networks, by id. Those that are not among them and that no container of this
// machine is in go.
func (c *Controller) SetViews(views map[string]SwarmView) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	var err error
	c.views = views
	for id, n := range c.networks {
		if n.Scope != SwarmScope {
			continue
		}
		view, known := views[id]
		if !known && len(n.endpoints) == 0 {
			_, failed := c.remove(n)
			err = errors.Join(err, failed)
			continue
		}
		n.zone.setSwarm(view.Names)
		peers := map[netip.Addr]Peer{}
		for _, peer := range view.Peers {
			peers[peer.Address] = peer
		}
		err = errors.Join(err, c.overlays.networks[id].update(peers))
	}
	for _, s := range c.sandboxes {
		if slices.ContainsFunc(s.endpoints, func(e *Endpoint) bool { return c.isSwarms(e) }) {
			err = errors.Join(err, c.balance(s))
		}
	}
	return err
}

func (c *Controller) isSwarms(e *Endpoint) bool {
	n := c.networks[e.NetworkID]
	return n != nil && n.Scope == SwarmScope
}

// balance has a sandbox reach the services of its networks at their virtual addresses. Each connection goes to the next
// of a service's tasks; which one is decided where it begins, so that the tasks see who calls.
func (c *Controller) balance(s *Sandbox) error {
	var services []firewall.Service
	for _, e := range s.endpoints {
		if c.isSwarms(e) {
			services = append(services, c.views[e.NetworkID].Services...)
		}
	}
	if firewall.SameServices(s.balanced, services) && s.balancing || s.host || s.container == meshContainer ||
		len(services) == 0 && !s.balancing {
		return nil
	}
	if err := s.enter(); err != nil {
		return err
	}
	err := inside(c.home, s.namespace, func() error { return firewall.Balance(services) })
	if err != nil {
		return fmt.Errorf("balancing services for container %s: %w", s.container, err)
	}
	s.balanced, s.balancing = services, true
	return nil
}

// openGate gives a container that is in a swarm's network a way out, unless it has one.
func (c *Controller) openGate(s *Sandbox, n *Network) error {
	if n.Internal || s.gateway() != nil {
		return nil
	}
	gate, err := c.get(gateNetwork)
	if err != nil {
		return err
	}
	name := "gateway_" + shortID(s.container)
	if s.container == meshContainer {
		name = "gateway_" + meshContainer
	}
	e := &Endpoint{
		NetworkID: gate.ID, NetworkName: gate.Name, EndpointID: newID(), ContainerID: s.container, ContainerName: name, Gate: true,
	}
	if err := c.takeAddress(gate, e, netip.Addr{}); err != nil {
		return err
	}
	return c.plug(s, gate, e)
}

// closeGate takes it away when the container is in no swarm's network any more.
func (c *Controller) closeGate(s *Sandbox) error {
	at := slices.IndexFunc(s.endpoints, func(e *Endpoint) bool { return e.Gate })
	if at < 0 || slices.ContainsFunc(s.endpoints, func(e *Endpoint) bool { return c.isSwarms(e) }) {
		return nil
	}
	return c.detach(s, s.endpoints[at])
}

// HasGate is for tests and figures: the address by which a container leaves the swarm's networks.
func (s *Sandbox) HasGate() (netip.Addr, bool) {
	s.controller.mutex.Lock()
	defer s.controller.mutex.Unlock()
	for _, e := range s.endpoints {
		if e.Gate {
			return e.Address.Addr(), true
		}
	}
	return netip.Addr{}, false
}
