package network

import (
	"errors"
	"net/netip"

	"twinhull/engine/fault"
	"twinhull/engine/network/firewall"
)

// PortBinding publishes a port of a container on one of the machine.
type PortBinding struct {
	// Protocol is tcp or udp.
	Protocol      string
	ContainerPort uint16
	// HostIP of zero is the network's, which is 0.0.0.0 unless the network says so.
	HostIP netip.Addr
	// HostPort of 0 lets the engine choose one from 32768.
	HostPort uint16
	// HostPortEnd, if not 0, ends a range of which the first free port is taken.
	HostPortEnd uint16 `json:",omitempty"`
}

// Publish publishes ports of a container, all of them or none, and returns them with the host's ports that were
// chosen. A container without a network that leads out publishes none.
func (c *Controller) Publish(s *Sandbox, bindings []PortBinding) ([]PortBinding, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.publish(s, bindings)
}

func (c *Controller) publish(s *Sandbox, bindings []PortBinding) ([]PortBinding, error) {
	through := s.gateway()
	if through == nil || len(bindings) == 0 {
		return nil, nil
	}
	n := c.networks[through.NetworkID]
	fallback, ok := n.driver.Publishes(n)
	if !ok {
		return nil, nil
	}
	var chosen []PortBinding
	err := func() error {
		for _, binding := range bindings {
			if err := checkBinding(&binding, fallback); err != nil {
				return err
			}
			taken, err := c.ports.choose(binding, through.Address.Addr())
			if err != nil {
				return err
			}
			taken.HostPortEnd = 0
			chosen = append(chosen, taken)
		}
		if err := c.bridges.firewall.Publish(forwards(chosen, through)); err != nil {
			return err
		}
		if err := c.ports.listen(chosen); err != nil {
			return errors.Join(err, c.bridges.firewall.Unpublish(forwards(chosen, through)))
		}
		return nil
	}()
	if err != nil {
		c.ports.release(chosen)
		return nil, fault.New(fault.KindOf(err), "driver failed programming external connectivity on endpoint %s (%s): %w",
			through.ContainerName, through.EndpointID, err)
	}
	s.published = append(s.published, chosen...)
	return chosen, c.save(s)
}

func checkBinding(binding *PortBinding, fallback netip.Addr) error {
	if binding.Protocol != "tcp" && binding.Protocol != "udp" {
		return fault.New(fault.Invalid, "invalid transport protocol: %s", binding.Protocol)
	}
	if binding.ContainerPort == 0 {
		return fault.New(fault.Invalid, "port 0 of a container cannot be published")
	}
	if !binding.HostIP.IsValid() {
		binding.HostIP = fallback
	}
	if !binding.HostIP.Is4() {
		return fault.New(fault.Invalid, "ports cannot be published on %s: this engine has no IPv6", binding.HostIP)
	}
	return nil
}

// forwards says where an endpoint's published ports lead.
func forwards(bindings []PortBinding, through *Endpoint) []firewall.Forward {
	var all []firewall.Forward
	for _, binding := range bindings {
		protocol := uint8(firewall.TCP)
		if binding.Protocol == "udp" {
			protocol = firewall.UDP
		}
		all = append(all, firewall.Forward{
			Protocol:  protocol,
			Host:      netip.AddrPortFrom(binding.HostIP, binding.HostPort),
			Container: netip.AddrPortFrom(through.Address.Addr(), binding.ContainerPort),
		})
	}
	return all
}

// forwards says where the published ports of all sandboxes lead.
func (c *Controller) forwards() []firewall.Forward {
	var all []firewall.Forward
	for _, s := range c.sandboxes {
		if through := s.gateway(); through != nil {
			all = append(all, forwards(s.published, through)...)
		}
	}
	return all
}

// movePublished has a sandbox's published ports lead through its present gateway, after another one.
func (c *Controller) movePublished(s *Sandbox, before *Endpoint) error {
	if len(s.published) == 0 {
		return nil
	}
	var err error
	if before != nil {
		err = c.bridges.firewall.Unpublish(forwards(s.published, before))
	}
	if now := s.gateway(); now != nil {
		err = errors.Join(err, c.bridges.firewall.Publish(forwards(s.published, now)))
	}
	return err
}

// unpublish gives a sandbox's ports back.
func (c *Controller) unpublish(s *Sandbox) error {
	if len(s.published) == 0 {
		return nil
	}
	var err error
	if through := s.gateway(); through != nil {
		err = c.bridges.firewall.Unpublish(forwards(s.published, through))
	}
	c.ports.release(s.published)
	s.published = nil
	return err
}
