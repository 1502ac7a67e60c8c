package network

import (
	"bufio"
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"twinhull/engine/network/firewall"
	"twinhull/engine/network/resolver"
)

// ResolverOptions say where a container's names come from that are not of its networks.
type ResolverOptions struct {
	// Servers are those of `--dns`; without any, the machine's are asked.
	Servers []netip.Addr `json:",omitempty"`
}

const (
	machineResolvers = "/etc/resolv.conf"
	dnsPort          = 53
	// maxResolvers is how many the C library looks at.
	maxResolvers = 3
)

// SetResolvers says who is asked for names that are not of the container's networks. It is for containers that are
// about to be connected.
func (s *Sandbox) SetResolvers(options ResolverOptions) {
	s.controller.mutex.Lock()
	defer s.controller.mutex.Unlock()
	s.resolving = options
}

// Resolver is the name server that the container finds in its namespace; ok is false where there is none, because it
// is on no network whose containers find each other by name. Its /etc/resolv.conf should have it and `ndots:0`.
func (s *Sandbox) Resolver() (address netip.Addr, ok bool) {
	s.controller.mutex.Lock()
	defer s.controller.mutex.Unlock()
	return resolver.Address.Addr(), s.resolver != nil
}

// view is what a sandbox can see of names. The resolver reads one while the controller makes the next.
type view struct {
	current atomic.Pointer[horizon]
}

type horizon struct {
	zones []*zone
	// links are aliases, in lower case, of containers.
	links   map[string]string
	servers []netip.Addr
	// outward says that names may be asked for beyond the machine.
	outward bool
}

// resolve serves names in a sandbox that is connected to a network whose containers find each other by name. It is
// called when the sandbox's endpoints have changed.
func (s *Sandbox) resolve() error {
	seen := &horizon{links: map[string]string{}, servers: s.resolving.Servers, outward: s.gateway() != nil}
	for _, e := range s.endpoints {
		n := s.controller.networks[e.NetworkID]
		if !n.resolves() {
			continue
		}
		seen.zones = append(seen.zones, n.zone)
		for _, link := range e.Links {
			container, alias, ok := strings.Cut(link, ":")
			if !ok {
				alias = container
			}
			seen.links[strings.ToLower(alias)] = strings.ToLower(container)
		}
	}
	s.view.current.Store(seen)
	if s.resolver != nil || len(seen.zones) == 0 {
		return nil
	}
	restored := s.links == nil
	if err := s.enter(); err != nil {
		return err
	}
	var sockets *resolver.Sockets
	err := inside(s.controller.home, s.namespace, func() (err error) {
		if sockets, err = resolver.Listen(); err != nil {
			return err
		}
		udp, tcp := sockets.Ports()
		if err = firewall.RedirectNames(resolver.Address, udp, tcp, restored); err != nil {
			sockets.Close()
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("serving names to container %s: %w", s.container, err)
	}
	s.resolver = resolver.Serve(sockets, &s.view)
	return nil
}

// Addresses implements resolver.Names.
func (v *view) Addresses(name string) (addresses []netip.Addr, known bool) {
	seen := v.current.Load()
	if container, ok := seen.links[name]; ok {
		name = container
	}
	for _, zone := range seen.zones {
		if found := zone.find(name); len(found) > 0 {
			return found, true
		}
	}
	return nil, false
}

// Name implements resolver.Names.
func (v *view) Name(address netip.Addr) (name string, known bool) {
	for _, zone := range v.current.Load().zones {
		if name, ok := zone.name(address); ok {
			return name, true
		}
	}
	return "", false
}

// Servers implements resolver.Names.
func (v *view) Servers() []netip.AddrPort {
	seen := v.current.Load()
	if !seen.outward {
		return nil
	}
	servers := seen.servers
	if len(servers) == 0 {
		file, _ := os.ReadFile(machineResolvers)
		servers = nameServers(file)
	}
	var ends []netip.AddrPort
	for _, server := range servers {
		ends = append(ends, netip.AddrPortFrom(server, dnsPort))
	}
	return ends
}

// nameServers reads resolv.conf(5).
func nameServers(file []byte) []netip.Addr {
	var servers []netip.Addr
	for lines := bufio.NewScanner(bytes.NewReader(file)); lines.Scan() && len(servers) < maxResolvers; {
		words := strings.Fields(lines.Text())
		if len(words) < 2 || words[0] != "nameserver" {
			continue
		}
		server, err := netip.ParseAddr(words[1])
		if err == nil && server.Is4() && !slices.Contains(servers, server) {
			servers = append(servers, server)
		}
	}
	return servers
}

// Rename gives a container another name on all of its networks.
func (c *Controller) Rename(s *Sandbox, name string) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for at, old := range s.endpoints {
		e := *old
		e.ContainerName = name
		e.DNSNames = slices.Clone(old.DNSNames)
		for at, known := range e.DNSNames {
			if known == old.ContainerName {
				e.DNSNames[at] = name
			}
		}
		n := c.networks[e.NetworkID]
		n.zone.remove(old)
		n.zone.add(&e)
		s.endpoints[at] = &e
		n.endpoints[e.EndpointID] = &e
	}
	return c.save(s)
}
