package network

import (
	"errors"
	"fmt"
	"net/netip"

	"twinhull/engine/network/firewall"
)

// meshContainer is the sandbox through which what arrives at published ports of the swarm's services goes, as Docker calls
// it. It is no container's.
const meshContainer = "ingress-sbox"

// MeshPort is a port that a service publishes on all nodes of its swarm.
type MeshPort struct {
	Protocol  string
	Published uint16
	Target    uint16
	// Backends are the addresses of its tasks in the ingress network.
	Backends []netip.Addr
}

// mesh is the routing mesh's part on this machine: the machine's ports lead into the sandbox, and there to the tasks of
// any machine, in turn. Tasks see the sandbox's address, for their answers must come back through it.
type mesh struct {
	sandbox   *Sandbox
	published map[string]PortBinding
	refused   map[string]error
}

// SetMesh publishes ports, and ends those that are not among them. The ingress network must have been adopted; address is
// this machine's there.
func (c *Controller) SetMesh(ingress string, address netip.Addr, ports []MeshPort) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if len(ports) == 0 {
		return c.closeMesh()
	}
	if c.mesh == nil {
		if err := c.openMesh(ingress, address); err != nil {
			return errors.Join(fmt.Errorf("making the routing mesh: %w", err), c.closeMesh())
		}
	}
	m := c.mesh
	wanted := map[string]PortBinding{}
	var rules []firewall.MeshRule
	for _, port := range ports {
		key := fmt.Sprintf("%d/%s", port.Published, port.Protocol)
		wanted[key] = PortBinding{
			Protocol: port.Protocol, ContainerPort: port.Published, HostIP: netip.IPv4Unspecified(), HostPort: port.Published,
		}
		protocol := uint8(firewall.TCP)
		if port.Protocol == "udp" {
			protocol = firewall.UDP
		}
		rules = append(rules, firewall.MeshRule{
			Protocol: protocol, Port: port.Published, Target: port.Target, Backends: port.Backends,
		})
	}
	err := inside(c.home, m.sandbox.namespace, func() error { return firewall.Mesh(rules) })
	for key, binding := range m.published {
		if _, ok := wanted[key]; !ok {
			err = errors.Join(err, c.unpublishOne(m.sandbox, binding))
			delete(m.published, key)
		}
	}
	for key, binding := range wanted {
		if _, ok := m.published[key]; ok {
			continue
		}
		chosen, failed := c.publish(m.sandbox, []PortBinding{binding})
		if failed != nil {
			// Another process of this machine has the port. Other nodes may still publish it.
			if m.refused[key] == nil {
				err = errors.Join(err, failed)
			}
			m.refused[key] = failed
			continue
		}
		delete(m.refused, key)
		m.published[key] = chosen[0]
	}
	return err
}

func (c *Controller) openMesh(ingress string, address netip.Addr) error {
	n, err := c.get(ingress)
	if err != nil {
		return err
	}
	if err := c.guard(); err != nil {
		return err
	}
	s := &Sandbox{controller: c, container: meshContainer, path: c.namespacePath(meshContainer)}
	if s.namespace, s.links, err = newNamespace(c.home, s.path); err != nil {
		return err
	}
	c.sandboxes[meshContainer] = s
	c.mesh = &mesh{sandbox: s, published: map[string]PortBinding{}, refused: map[string]error{}}
	e := &Endpoint{
		NetworkID: n.ID, NetworkName: n.Name, EndpointID: newID(), ContainerID: meshContainer, ContainerName: "ingress-endpoint",
	}
	if err := c.takeAddress(n, e, address); err != nil {
		return err
	}
	if err := errors.Join(c.plug(s, n, e), c.openGate(s, n)); err != nil {
		return err
	}
	return inside(c.home, s.namespace, func() error { return writeSetting("net/ipv4/ip_forward", "1") })
}

func (c *Controller) closeMesh() error {
	if c.mesh == nil {
		return nil
	}
	s := c.mesh.sandbox
	c.mesh = nil
	return c.closeSandbox(s)
}

// unpublishOne gives one of a sandbox's ports back.
func (c *Controller) unpublishOne(s *Sandbox, binding PortBinding) error {
	var err error
	if through := s.gateway(); through != nil {
		err = c.bridges.firewall.Unpublish(forwards([]PortBinding{binding}, through))
	}
	c.ports.release([]PortBinding{binding})
	kept := s.published[:0:0]
	for _, other := range s.published {
		if other != binding {
			kept = append(kept, other)
		}
	}
	s.published = kept
	return errors.Join(err, c.save(s))
}
