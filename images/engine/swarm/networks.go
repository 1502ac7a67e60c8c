package swarm

import (
	"maps"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"twinhull/engine/fault"
	"twinhull/engine/network"
	"twinhull/engine/network/ipam"
)

// createNetwork makes an overlay network: an id, a subnet, a number for its tunnels.
func (s *state) createNetwork(now time.Time, config network.Config) (*network.Network, error) {
	if err := network.CheckOverlay(config.Options); err != nil {
		return nil, err
	}
	for _, n := range s.Networks {
		if n.Name == config.Name {
			return nil, fault.New(fault.Conflict, "network with name %s already exists", config.Name)
		}
		if n.Ingress && config.Ingress {
			return nil, fault.New(fault.Conflict, "ingress network (%s) is already present", n.ID)
		}
	}
	n := &network.Network{
		ID: newID(), Name: config.Name, Driver: "overlay", Scope: network.SwarmScope, Created: now,
		Internal: config.Internal, Attachable: config.Attachable, Ingress: config.Ingress,
		Options: maps.Clone(config.Options), Labels: maps.Clone(config.Labels),
		IPAM: network.IPAM{Driver: "default", Options: config.IPAM.Options},
	}
	if config.IPAM.Driver != "" && config.IPAM.Driver != "default" {
		return nil, fault.New(fault.NotFound, "could not find plugin %s in v1 plugin registry: plugin %q not found", config.IPAM.Driver, config.IPAM.Driver)
	}
	subnet, err := s.chooseSubnet(config.IPAM.Subnets)
	if err != nil {
		return nil, err
	}
	n.IPAM.Subnets = []network.Subnet{subnet}
	number := s.Tunnel + 1
	for s.tunnelTaken(number) {
		number++
	}
	s.Tunnel = number
	if n.Options == nil {
		n.Options = map[string]string{}
	}
	n.Options[network.OptionVXLAN] = strconv.Itoa(int(number))
	s.Networks[n.ID] = n
	s.next()
	return n, nil
}

func (s *state) tunnelTaken(number uint32) bool {
	for _, n := range s.Networks {
		if n.Options[network.OptionVXLAN] == strconv.Itoa(int(number)) {
			return true
		}
	}
	return false
}

func (s *state) chooseSubnet(asked []network.Subnet) (network.Subnet, error) {
	var subnet network.Subnet
	if len(asked) > 1 {
		return subnet, fault.New(fault.Invalid, "an overlay network of this engine has one subnet")
	}
	if len(asked) == 1 {
		subnet = asked[0]
	}
	if err := network.CheckSubnet(&subnet); err != nil {
		return subnet, fault.New(fault.Invalid, "invalid network config:\n%w", err)
	}
	var taken []netip.Prefix
	for _, n := range s.Networks {
		taken = append(taken, n.IPAM.Subnets[0].Subnet)
	}
	if !subnet.Subnet.IsValid() {
		var blocks []ipam.Block
		for _, pool := range s.Pools {
			blocks = append(blocks, ipam.Block{Range: pool, Bits: s.Size})
		}
		var err error
		if subnet.Subnet, err = ipam.Choose(blocks, taken); err != nil {
			return subnet, fault.As(fault.Invalid, err)
		}
	} else if ipam.Overlaps(subnet.Subnet, taken) {
		return subnet, fault.New(fault.Forbidden, "invalid pool request: %w", ipam.ErrOverlap)
	}
	if !subnet.Gateway.IsValid() {
		gateway, err := ipam.NewPool(subnet.Subnet, subnet.Range).Next()
		if err != nil {
			return subnet, fault.As(fault.Invalid, err)
		}
		subnet.Gateway = gateway
	}
	return subnet, nil
}

// removeNetwork removes a network that nothing uses.
func (s *state) removeNetwork(id string) error {
	n, err := s.network(id)
	if err != nil {
		return err
	}
	for _, v := range s.Services {
		if slices.ContainsFunc(s.networksOf(v), func(used taskNetwork) bool { return used.ID == n.ID }) {
			return fault.New(fault.Invalid, "rpc error: code = FailedPrecondition desc = network %s is in use by service %s", n.ID, v.ID)
		}
	}
	for _, t := range s.Tasks {
		if !isOver(t.Status.State) && slices.ContainsFunc(t.Networks, func(used taskNetwork) bool { return used.ID == n.ID }) {
			return fault.New(fault.Invalid, "rpc error: code = FailedPrecondition desc = network %s is in use by task %s", n.ID, t.ID)
		}
	}
	for _, a := range s.Attached {
		if a.Network == n.ID {
			return fault.New(fault.Forbidden, "error while removing network: network %s has active endpoints (name:%q id:%q)",
				n.Name, a.Name, a.Container[:min(12, len(a.Container))])
		}
	}
	delete(s.Networks, n.ID)
	s.next()
	return nil
}

// take finds a free address of a network, or takes the one that is asked for.
func (s *state) take(n *network.Network, wanted netip.Addr) (netip.Addr, error) {
	subnet := n.IPAM.Subnets[0]
	pool := ipam.NewPool(subnet.Subnet, subnet.Range)
	_ = pool.Take(subnet.Gateway)
	for _, address := range subnet.Auxiliary {
		_ = pool.Take(address)
	}
	for _, v := range s.Services {
		for _, virtual := range v.Endpoint.VirtualIPs {
			if virtual.NetworkID == n.ID {
				_ = pool.Take(virtual.Addr.Addr())
			}
		}
	}
	for _, t := range s.Tasks {
		for _, used := range t.Networks {
			if used.ID == n.ID && !isOver(t.Status.State) {
				_ = pool.Take(used.Address)
			}
		}
	}
	for _, a := range s.Attached {
		if a.Network == n.ID {
			_ = pool.Take(a.Address)
		}
	}
	if n.Ingress {
		for _, node := range s.Nodes {
			_ = pool.Take(node.Mesh)
		}
	}
	if wanted.IsValid() {
		return wanted, fault.As(fault.Forbidden, pool.Take(wanted))
	}
	address, err := pool.Next()
	if err != nil {
		return address, fault.New(fault.Internal, "no available IPv4 addresses on this network's address pools: %s (%s)", n.Name, n.ID)
	}
	return address, nil
}

// attach lets a container of a node into a network.
func (s *state) attach(nodeID string, asked attaching) (network.Grant, error) {
	n, err := s.network(asked.Network)
	if err != nil {
		return network.Grant{}, err
	}
	if !n.Attachable {
		return network.Grant{}, fault.New(fault.Forbidden, "Could not attach to network %s: rpc error: code = PermissionDenied "+
			"desc = network %s not manually attachable", asked.Network, n.Name)
	}
	s.detach(nodeID, detaching{n.ID, asked.Container.ContainerID})
	if len(s.Attached) >= maxTasks {
		return network.Grant{}, fault.New(fault.Forbidden, "a swarm of this engine has room for %d containers in its networks", maxTasks)
	}
	if wanted := asked.Container.Address; wanted.IsValid() && !n.IPAM.Subnets[0].Subnet.Contains(wanted) {
		return network.Grant{}, fault.New(fault.Invalid, "invalid endpoint settings:\nno configured subnet contains IP address %s", wanted)
	}
	address, err := s.take(n, asked.Container.Address)
	if err != nil {
		return network.Grant{}, err
	}
	s.Attached = append(s.Attached, &attached{
		Network: n.ID, Node: nodeID, Container: asked.Container.ContainerID, Name: asked.Container.ContainerName,
		Names: asked.Container.DNSNames, Address: address, MAC: asked.Container.MAC,
	})
	s.next()
	return network.Grant{Network: n, Address: address}, nil
}

func (s *state) detach(nodeID string, asked detaching) {
	s.Attached = slices.DeleteFunc(s.Attached, func(a *attached) bool {
		return a.Network == asked.Network && a.Node == nodeID && a.Container == asked.Container
	})
	s.next()
}

// macOf is the MAC address that endpoints get from their address.
func macOf(address netip.Addr, asked string) string {
	if asked != "" {
		return asked
	}
	return net.HardwareAddr(append([]byte{0x02, 0x42}, address.AsSlice()...)).String()
}

func lower(names []string) []string {
	var all []string
	for _, name := range names {
		all = append(all, strings.ToLower(name))
	}
	return all
}
