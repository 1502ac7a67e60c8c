package network

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"twinhull/engine/fault"
	"twinhull/engine/network/ipam"
	"twinhull/engine/network/rtnl"
)

// Config is how a network is wanted.
type Config struct {
	Name       string
	Driver     string // "" is bridge
	Internal   bool
	Attachable bool
	EnableIPv6 bool
	Options    map[string]string
	Labels     map[string]string
	IPAM       IPAM
}

const nullDriver = "null"

// predefined are the networks that are always there.
var predefined = []Config{
	{
		Name: defaultBridge,
		Options: map[string]string{
			optionDefaultBridge: "true", optionICC: "true", optionMasquerade: "true",
			optionHostBinding: "0.0.0.0", optionBridgeName: "docker0", optionMTU: "1500",
		},
		IPAM: IPAM{Subnets: []Subnet{{
			Subnet: netip.MustParsePrefix("172.17.0.0/16"), Gateway: netip.MustParseAddr("172.17.0.1"),
		}}},
	},
	{Name: hostNetwork, Driver: hostNetwork},
	{Name: noneNetwork, Driver: nullDriver},
}

// Create makes a network.
func (c *Controller) Create(config Config) (*Network, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if config.Name == "" {
		return nil, fault.New(fault.Invalid, "invalid name: name is empty")
	}
	if IsPredefined(config.Name) {
		return nil, fault.New(fault.Forbidden, "operation is not permitted on predefined %s network ", config.Name)
	}
	switch config.Driver {
	case hostNetwork, nullDriver:
		return nil, fault.New(fault.Forbidden, "only one instance of %q network is allowed", config.Driver)
	case "overlay":
		return nil, fault.New(fault.Forbidden, `This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.`)
	}
	for _, n := range c.networks {
		if n.Name == config.Name {
			return nil, fault.New(fault.Conflict, "network with name %s already exists", config.Name)
		}
	}
	n, err := c.create(config)
	if err != nil {
		return nil, err
	}
	c.publishNetwork("create", n)
	return n, nil
}

func (c *Controller) create(config Config) (*Network, error) {
	n := &Network{
		ID: newID(), Name: config.Name, Driver: config.Driver, Created: time.Now(),
		Internal: config.Internal, Attachable: config.Attachable, EnableIPv6: config.EnableIPv6,
		Options: maps.Clone(config.Options), Labels: maps.Clone(config.Labels), IPAM: config.IPAM,
	}
	if n.Driver == "" {
		n.Driver = defaultBridge
	}
	driver, ok := c.drivers[n.Driver]
	if !ok {
		return nil, fault.New(fault.NotFound, "could not find plugin %s in v1 plugin registry: plugin %q not found", n.Driver, n.Driver)
	}
	if n.IPAM.Driver == "" {
		n.IPAM.Driver = "default"
	}
	if err := driver.Check(n); err != nil {
		return nil, err
	}
	if driver.Blocks() != nil {
		if err := c.chooseSubnet(n, driver.Blocks()); err != nil {
			return nil, err
		}
	}
	if err := writeState(c.networkPath(n.ID), n); err != nil {
		return nil, fmt.Errorf("keeping network %s: %w", n.Name, err)
	}
	if err := c.setUp(n); err != nil {
		return nil, errors.Join(fmt.Errorf("creating network %s: %w", n.Name, err), os.Remove(c.networkPath(n.ID)))
	}
	return n, nil
}

// chooseSubnet gives a network a subnet and a gateway if it was not made with them.
func (c *Controller) chooseSubnet(n *Network, blocks []ipam.Block) error {
	if n.IPAM.Driver != "default" {
		return fault.New(fault.NotFound, "could not find plugin %s in v1 plugin registry: plugin %q not found", n.IPAM.Driver, n.IPAM.Driver)
	}
	if len(n.IPAM.Subnets) > 1 {
		return fault.New(fault.Invalid, "bridge driver supports only one IPv4 subnet for each network")
	}
	n.IPAM.Subnets = slices.Clone(n.IPAM.Subnets)
	if len(n.IPAM.Subnets) == 0 {
		n.IPAM.Subnets = []Subnet{{}}
	}
	subnet := n.subnet()
	if err := checkSubnet(subnet); err != nil {
		return fault.New(fault.Invalid, "invalid network config:\n%w", err)
	}
	taken := c.takenSubnets()
	if subnet.Subnet.IsValid() {
		if ipam.Overlaps(subnet.Subnet, taken) {
			return fault.New(fault.Forbidden, "invalid pool request: %w", ipam.ErrOverlap)
		}
	} else {
		// Where the machine itself is, a network would cut it off.
		var routed []netip.Prefix
		if err := c.links.Do(rtnl.ListSubnets(&routed)); err != nil {
			return err
		}
		var err error
		if subnet.Subnet, err = ipam.Choose(blocks, append(taken, routed...)); err != nil {
			return fault.As(fault.Invalid, err)
		}
	}
	if !subnet.Gateway.IsValid() {
		pool := ipam.NewPool(subnet.Subnet, subnet.Range)
		for _, address := range subnet.Auxiliary {
			if err := pool.Take(address); err != nil {
				return fault.As(fault.Forbidden, err)
			}
		}
		gateway, err := pool.Next()
		if err != nil {
			return fault.As(fault.Invalid, err)
		}
		subnet.Gateway = gateway
	}
	return nil
}

func (c *Controller) takenSubnets() []netip.Prefix {
	var taken []netip.Prefix
	for _, n := range c.networks {
		for _, subnet := range n.IPAM.Subnets {
			taken = append(taken, subnet.Subnet)
		}
	}
	return taken
}

// checkSubnet tells everything that is wrong with a subnet, in Docker's words.
func checkSubnet(s *Subnet) error {
	if !s.Subnet.IsValid() {
		if s.Range.IsValid() || s.Gateway.IsValid() || len(s.Auxiliary) > 0 {
			return errors.New("invalid subnet: an ip-range, a gateway or an auxiliary address needs a subnet")
		}
		return nil
	}
	if !s.Subnet.Addr().Is4() {
		return fmt.Errorf("invalid subnet %s: this engine has no IPv6", s.Subnet)
	}
	var wrong []string
	note := func(format string, arguments ...any) { wrong = append(wrong, fmt.Sprintf(format, arguments...)) }
	if masked := s.Subnet.Masked(); masked != s.Subnet {
		note("invalid subnet %s: it should be %s", s.Subnet, masked)
	}
	if within := s.Range; within.IsValid() {
		switch {
		case !within.Addr().Is4():
			note("invalid ip-range %s: parent subnet is an IPv4 block", within)
		default:
			if within.Bits() < s.Subnet.Bits() {
				note("invalid ip-range %s: CIDR block is bigger than its parent subnet %s", within, s.Subnet)
			}
			if masked := within.Masked(); masked != within {
				note("invalid ip-range %s: it should be %s", within, masked)
			}
			if !s.Subnet.Overlaps(within) {
				note("invalid ip-range %s: parent subnet %s doesn't contain ip-range", within, s.Subnet)
			}
		}
	}
	contained := func(what string, address netip.Addr) {
		switch {
		case !address.Is4():
			note("invalid %s: parent subnet is an IPv4 block", what)
		case !s.Subnet.Contains(address):
			note("invalid %s: parent subnet %s doesn't contain this address", what, s.Subnet)
		}
	}
	if s.Gateway.IsValid() {
		contained("gateway "+s.Gateway.String(), s.Gateway)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Auxiliary)) {
		contained("auxiliary address "+name, s.Auxiliary[name])
	}
	if len(wrong) > 0 {
		return errors.New(strings.Join(wrong, "\n"))
	}
	return nil
}

// Remove removes a network that nothing is connected to.
func (c *Controller) Remove(nameOrID string) (*Network, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	n, err := c.get(nameOrID)
	if err != nil {
		return nil, err
	}
	if IsPredefined(n.Name) {
		return nil, fault.New(fault.Forbidden, "%s is a pre-defined network and cannot be removed", n.Name)
	}
	if len(n.endpoints) > 0 {
		var active []string
		for _, e := range n.endpoints {
			active = append(active, fmt.Sprintf("name:%q id:%q", e.ContainerName, shortID(e.EndpointID)))
		}
		slices.Sort(active)
		return nil, fault.New(fault.Forbidden, "error while removing network: network %s has active endpoints (%s)", n.Name, strings.Join(active, ", "))
	}
	if err := n.driver.Remove(n); err != nil {
		return nil, fmt.Errorf("error while removing network: %w", err)
	}
	delete(c.networks, n.ID)
	if err := os.Remove(c.networkPath(n.ID)); err != nil {
		return nil, fmt.Errorf("error while removing network: %w", err)
	}
	c.publishNetwork("destroy", n)
	return n, nil
}

// Pruned tells whoever watches that unused networks have been removed.
func (c *Controller) Pruned() {
	c.bus.Publish("network", "prune", "", map[string]string{"reclaimed": "0"})
}

func (c *Controller) publishNetwork(action string, n *Network) {
	c.bus.Publish("network", action, n.ID, map[string]string{"name": n.Name, "type": n.Driver})
}
