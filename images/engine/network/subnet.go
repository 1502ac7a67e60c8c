package network

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"twinhull/engine/fault"
	"twinhull/engine/network/ipam"
	"twinhull/engine/network/rtnl"
)

// chooseSubnet gives a network a subnet and a gateway if it was not made with them.
func (c *Controller) chooseSubnet(n *Network, blocks []ipam.Block) error {
	if n.IPAM.Driver != "default" {
		return errNoPlugin(n.IPAM.Driver)
	}
	if len(n.IPAM.Subnets) > 1 {
		return fault.New(fault.Invalid, "bridge driver supports only one IPv4 subnet for each network")
	}
	n.IPAM.Subnets = slices.Clone(n.IPAM.Subnets)
	if len(n.IPAM.Subnets) == 0 {
		n.IPAM.Subnets = []Subnet{{}}
	}
	subnet := n.subnet()
	if err := CheckSubnet(subnet); err != nil {
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

// CheckSubnet tells everything that is wrong with a subnet, in Docker's words.
func CheckSubnet(s *Subnet) error {
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
