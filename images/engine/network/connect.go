package network

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"twinhull/engine/fault"
	"twinhull/engine/network/ipam"
	"twinhull/engine/network/rtnl"
)

// Connect connects a container to a network, given by name, id or the start of its id.
func (c *Controller) Connect(s *Sandbox, network string, spec EndpointSpec) (*Endpoint, error) {
	granted, err := c.attach(s, network, &spec)
	if err != nil {
		return nil, err
	}
	e, err := c.connect(s, network, spec, granted)
	if err != nil && granted != nil {
		granted.cluster.Detach(granted.Network.ID, s.container)
	}
	return e, err
}

func (c *Controller) connect(s *Sandbox, network string, spec EndpointSpec, granted *granted) (*Endpoint, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if granted != nil {
		if err := c.adopt(granted.Network); err != nil {
			return nil, err
		}
		network = granted.Network.ID
	}
	n, err := c.get(network)
	if err != nil {
		return nil, err
	}
	if err := checkConnection(s, n, spec); err != nil {
		return nil, err
	}
	if err := errors.Join(c.guard(), s.enter()); err != nil {
		return nil, err
	}
	e := &Endpoint{
		NetworkID: n.ID, NetworkName: n.Name, EndpointID: newID(),
		ContainerID: s.container, ContainerName: spec.ContainerName,
		MAC: spec.MAC, Aliases: spec.Aliases, Links: spec.Links,
		GatewayPriority: spec.GatewayPriority, DriverOptions: spec.DriverOptions,
	}
	if n.resolves() {
		e.DNSNames = dnsNames(s.container, spec)
	}
	if err := c.takeAddress(n, e, spec.IPv4); err != nil {
		return nil, err
	}
	if err := c.plug(s, n, e); err != nil {
		return nil, fmt.Errorf("failed to create endpoint %s on network %s: %w", spec.ContainerName, n.Name, err)
	}
	c.publishEndpoint("connect", e)
	if n.Driver == overlayDriverName {
		if err := errors.Join(c.openGate(s, n), c.balance(s)); err != nil {
			return nil, errors.Join(err, c.detach(s, e), c.save(s))
		}
	}
	connected := *e
	return &connected, nil
}

// checkConnection refuses what a sandbox and a network cannot have together, in Docker's words.
func checkConnection(s *Sandbox, n *Network, spec EndpointSpec) error {
	for _, e := range s.endpoints {
		if e.NetworkID == n.ID {
			return fault.New(fault.Forbidden, "endpoint with name %s already exists in network %s", spec.ContainerName, n.Name)
		}
	}
	switch isHost := n.Driver == hostNetwork; {
	case isHost && !s.host:
		return fault.New(fault.Invalid, "cannot connect container to host network - "+
			"container must be created in host network mode")
	case !isHost && s.host:
		return fault.New(fault.Invalid, "container sharing network namespace with another container or host "+
			"cannot be connected to any other network")
	case len(s.endpoints) > 0 && (n.Driver == nullDriver || s.endpoints[0].NetworkName == noneNetwork):
		return fault.New(fault.Invalid, "container cannot be connected to multiple networks "+
			"with one of the networks in private (none) mode")
	}
	if IsPredefined(n.Name) {
		var wrong []error
		if spec.IPv4.IsValid() {
			wrong = append(wrong, errors.New("user specified IP address is supported on user defined networks only"))
		}
		if len(spec.Aliases) > 0 {
			wrong = append(wrong, errors.New("network-scoped alias is supported only for containers in user defined networks"))
		}
		if len(wrong) > 0 {
			return fault.New(fault.Invalid, "invalid endpoint settings:\n%w", errors.Join(wrong...))
		}
	}
	if spec.IPv4.IsValid() && (n.pool == nil || !n.subnet().Subnet.Contains(spec.IPv4)) {
		return fault.New(fault.Invalid, "invalid endpoint settings:\nno configured subnet contains IP address %s", spec.IPv4)
	}
	if spec.MAC != "" {
		if mac, err := net.ParseMAC(spec.MAC); err != nil || len(mac) != 6 {
			return fault.New(fault.Invalid, "invalid MAC address: %s", spec.MAC)
		}
	}
	return nil
}

// takeAddress gives an endpoint an address, and what follows from it.
func (c *Controller) takeAddress(n *Network, e *Endpoint, wanted netip.Addr) error {
	if n.pool == nil {
		return nil
	}
	address, err := wanted, error(nil)
	if wanted.IsValid() {
		err = n.pool.Take(wanted)
	} else {
		address, err = n.pool.Next()
	}
	switch {
	case errors.Is(err, ipam.ErrExhausted):
		return fault.New(fault.Internal, "no available IPv4 addresses on this network's address pools: %s (%s)", n.Name, n.ID)
	case err != nil:
		return fault.As(fault.Forbidden, err)
	}
	subnet := n.subnet()
	e.Address = netip.PrefixFrom(address, subnet.Subnet.Bits())
	if !n.Internal && n.Driver != overlayDriverName {
		e.Gateway = subnet.Gateway
	}
	if e.MAC == "" {
		e.MAC = macOf(address).String()
	}
	return nil
}

// plug makes an endpoint part of a sandbox and of a network. If it cannot, nothing of it stays.
func (c *Controller) plug(s *Sandbox, n *Network, e *Endpoint) error {
	e.Interface = s.freeInterface()
	index, err := n.driver.Plug(n, e, s.namespace)
	if err != nil {
		c.releaseAddress(n, e)
		return err
	}
	if index == 0 {
		e.Interface = ""
	}
	n.add(e)
	before := s.gateway()
	s.endpoints = append(s.endpoints, e)
	err = s.configure(index, e, before)
	if err == nil && before != s.gateway() {
		err = c.movePublished(s, before)
	}
	if err == nil {
		err = s.resolve()
	}
	if err == nil {
		err = c.save(s)
	}
	if err != nil {
		return errors.Join(err, c.detach(s, e))
	}
	return nil
}

// configure turns a new interface on and gives it its address, and the sandbox its gateway.
func (s *Sandbox) configure(index int, e *Endpoint, before *Endpoint) error {
	if index == 0 {
		return nil
	}
	if index == indexUnknown {
		var kind string
		if err := s.links.Do(rtnl.FindLink(e.plugged, &index, &kind)); err != nil {
			return err
		}
		if err := s.links.Do(rtnl.RenameLink(index, e.Interface)); err != nil {
			return errors.Join(err, s.links.Do(rtnl.DeleteLink(e.plugged)))
		}
	}
	requests := []rtnl.Request{rtnl.RaiseLink(index)}
	if e.Address.IsValid() {
		requests = append(requests, rtnl.AddAddress(index, e.Address))
	}
	if s.gateway() == e && before != e {
		requests = append(requests, rtnl.SetGateway(e.Gateway))
	}
	return s.links.Do(requests...)
}

// Disconnect disconnects a container from a network, given by name, id or the start of its id.
func (c *Controller) Disconnect(s *Sandbox, network string) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	n, err := c.get(network)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(s.endpoints, func(e *Endpoint) bool { return e.NetworkID == n.ID })
	if at < 0 {
		return fault.New(fault.Internal, "container %s is not connected to network %s", s.container, n.Name)
	}
	if s.host {
		return fault.New(fault.Invalid, "cannot disconnect container from host network - container was created in host network mode")
	}
	if err := s.enter(); err != nil {
		return err
	}
	e := s.endpoints[at]
	err = c.detach(s, e)
	c.publishEndpoint("disconnect", e)
	if n.Driver == overlayDriverName {
		err = errors.Join(err, c.closeGate(s), c.balance(s))
	}
	return errors.Join(err, c.save(s))
}

// detach takes an endpoint away from a sandbox that stays.
func (c *Controller) detach(s *Sandbox, e *Endpoint) error {
	before := s.gateway()
	s.endpoints = slices.DeleteFunc(slices.Clone(s.endpoints), func(other *Endpoint) bool { return other == e })
	err := c.unplug(e)
	if e.Interface != "" && e.HostInterface == "" {
		// It has no other end on the machine that could be removed.
		if failed := s.links.Do(rtnl.DeleteLink(e.Interface)); failed != nil && !errors.Is(failed, unix.ENODEV) {
			err = errors.Join(err, failed)
		}
	}
	if after := s.gateway(); before != after {
		if after != nil {
			err = errors.Join(err, s.links.Do(rtnl.SetGateway(after.Gateway)))
		}
		err = errors.Join(err, c.movePublished(s, before))
	}
	return errors.Join(err, s.resolve())
}

// unplug takes an endpoint away from its network.
func (c *Controller) unplug(e *Endpoint) error {
	n, ok := c.networks[e.NetworkID]
	if !ok {
		return nil
	}
	n.remove(e)
	c.releaseAddress(n, e)
	if n.Scope == SwarmScope && c.cluster != nil {
		c.cluster.Detach(n.ID, e.ContainerID)
	}
	return n.driver.Unplug(n, e)
}

func (c *Controller) releaseAddress(n *Network, e *Endpoint) {
	if n.pool != nil {
		n.pool.Release(e.Address.Addr())
	}
}

func (c *Controller) publishEndpoint(action string, e *Endpoint) {
	n, ok := c.networks[e.NetworkID]
	if !ok {
		return
	}
	c.bus.Publish("network", action, n.ID, map[string]string{
		"container": e.ContainerID, "name": n.Name, "type": n.Driver,
	})
}

// gateway returns the endpoint that has the default route and the published ports, or nil: the one of the highest
// priority; of those with the same, the one whose network's name comes first.
func (s *Sandbox) gateway() *Endpoint {
	var best *Endpoint
	for _, e := range s.endpoints {
		switch {
		case !e.Gateway.IsValid():
		case best == nil, best.Gate:
			best = e
		case e.Gate:
		case e.GatewayPriority > best.GatewayPriority,
			e.GatewayPriority == best.GatewayPriority && e.NetworkName < best.NetworkName:
			best = e
		}
	}
	return best
}
