package swarm

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/swarm"

	"twinhull/engine/network"
	"twinhull/engine/network/firewall"
)

// describe is a network in the form of Docker's API.
func describe(n *network.Network) swarm.Network {
	subnet := n.IPAM.Subnets[0]
	labels := n.Labels
	if labels == nil {
		labels = map[string]string{}
	}
	return swarm.Network{
		ID: n.ID, Meta: swarm.Meta{CreatedAt: n.Created, UpdatedAt: n.Created},
		Spec: swarm.NetworkSpec{
			Annotations: swarm.Annotations{Name: n.Name, Labels: labels}, DriverConfiguration: &swarm.Driver{Name: n.Driver},
			Internal: n.Internal, Attachable: n.Attachable, Ingress: n.Ingress, Scope: n.Scope,
			IPAMOptions: &swarm.IPAMOptions{Driver: swarm.Driver{Name: "default"}},
		},
		DriverState: swarm.Driver{Name: n.Driver, Options: n.Options},
		IPAMOptions: &swarm.IPAMOptions{
			Driver:  swarm.Driver{Name: "default"},
			Configs: []swarm.IPAMConfig{{Subnet: subnet.Subnet, Range: subnet.Range, Gateway: subnet.Gateway}},
		},
	}
}

// view is what a node should know. Nothing in it depends on when it is made, so that equal views are equal bytes.
func (s *state) view(nodeID string) view {
	n := s.Nodes[nodeID]
	seen := view{
		Heartbeat: s.heartbeat(), Cluster: s.ID, Address: n.Address, Networks: map[string]networkView{},
	}
	for _, id := range slices.Sorted(maps.Keys(s.Nodes)) {
		if other := s.Nodes[id]; other.ManagerStatus != nil {
			seen.Managers = append(seen.Managers, swarm.Peer{NodeID: id, Addr: other.ManagerStatus.Addr})
		}
	}
	needed := map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(s.Tasks)) {
		t := s.Tasks[id]
		if t.NodeID != nodeID || t.DesiredState == swarm.TaskStateReady {
			continue
		}
		// Its status is the node's own to say.
		told := t.Task
		told.Status, told.Meta, told.NetworksAttachments = swarm.TaskStatus{}, swarm.Meta{}, nil
		seen.Tasks = append(seen.Tasks, assignment{
			Task: told, Service: t.Name, Node: n.Description.Hostname, Ports: t.Ports, Networks: t.Networks,
		})
		if !isOver(t.Status.State) {
			for _, used := range t.Networks {
				needed[used.ID] = true
			}
		}
	}
	for _, a := range s.Attached {
		if a.Node == nodeID {
			needed[a.Network] = true
		}
	}
	seen.Mesh = s.mesh(n)
	if len(seen.Mesh.Ports) > 0 {
		needed[seen.Mesh.Network] = true
	}
	for id, n := range s.Networks {
		if needed[id] || s.Nodes[nodeID].ManagerStatus != nil {
			seen.Networks[id] = networkView{n, s.networkView(n, nodeID)}
		}
	}
	return seen
}

// networkView is what a node should know of a network.
func (s *state) networkView(n *network.Network, nodeID string) network.SwarmView {
	seen := network.SwarmView{Names: network.Names{}}
	peer := func(on string, address netip.Addr, mac string) {
		other := s.Nodes[on]
		if on == nodeID || other == nil || other.Status.State == swarm.NodeStateDown || !other.Address.IsValid() {
			return
		}
		seen.Peers = append(seen.Peers, network.Peer{Address: address, MAC: macOf(address, mac), Machine: other.Address})
	}
	name := func(address netip.Addr, names ...string) {
		for _, name := range lower(names) {
			seen.Names[name] = append(seen.Names[name], address)
		}
	}
	for _, a := range s.Attached {
		if a.Network == n.ID {
			peer(a.Node, a.Address, a.MAC)
			name(a.Address, a.Names...)
		}
	}
	if n.Ingress {
		for _, id := range slices.Sorted(maps.Keys(s.Nodes)) {
			if other := s.Nodes[id]; other.Mesh.IsValid() {
				peer(id, other.Mesh, "")
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.Services)) {
		v := s.Services[id]
		backends, aliases := s.running(v, n.ID)
		for _, t := range s.tasksOf(v, func(t *task) bool { return !isOver(t.Status.State) }) {
			for _, used := range t.Networks {
				if used.ID == n.ID {
					peer(t.NodeID, used.Address, "")
				}
			}
		}
		if n.Ingress {
			continue // nobody looks for names there
		}
		at := slices.IndexFunc(v.Endpoint.VirtualIPs, func(virtual swarm.EndpointVirtualIP) bool { return virtual.NetworkID == n.ID })
		names := append([]string{v.Spec.Name}, aliases...)
		if at >= 0 {
			virtual := v.Endpoint.VirtualIPs[at].Addr.Addr()
			name(virtual, names...)
			seen.Services = append(seen.Services, firewall.Service{Address: virtual, Backends: backends})
		}
		for _, address := range backends {
			name(address, "tasks."+v.Spec.Name)
			if at < 0 {
				name(address, names...)
			}
		}
	}
	slices.SortFunc(seen.Peers, func(a, b network.Peer) int { return a.Address.Compare(b.Address) })
	return seen
}

// running are the addresses of a service's tasks that run, in a network, and what else it is called there.
func (s *state) running(v *service, networkID string) (addresses []netip.Addr, aliases []string) {
	for _, used := range s.networksOf(v) {
		if used.ID == networkID {
			aliases = used.Aliases
		}
	}
	for _, t := range s.tasksOf(v, func(t *task) bool {
		return t.DesiredState == swarm.TaskStateRunning && t.Status.State == swarm.TaskStateRunning && s.reachable(t.NodeID)
	}) {
		for _, used := range t.Networks {
			if used.ID == networkID {
				addresses = append(addresses, used.Address)
			}
		}
	}
	slices.SortFunc(addresses, netip.Addr.Compare)
	return addresses, aliases
}

// mesh is what a node publishes for all services.
func (s *state) mesh(n *node) meshView {
	ingress := s.ingress()
	if ingress == nil {
		return meshView{}
	}
	seen := meshView{Network: ingress.ID, Address: n.Mesh}
	for _, id := range slices.Sorted(maps.Keys(s.Services)) {
		v := s.Services[id]
		backends, _ := s.running(v, ingress.ID)
		for _, port := range v.Endpoint.Ports {
			if isMesh(port) {
				seen.Ports = append(seen.Ports, network.MeshPort{
					Protocol: string(port.Protocol), Published: uint16(port.PublishedPort), Target: uint16(port.TargetPort), Backends: backends,
				})
			}
		}
	}
	slices.SortFunc(seen.Ports, func(a, b network.MeshPort) int {
		return cmp.Or(cmp.Compare(a.Published, b.Published), strings.Compare(a.Protocol, b.Protocol))
	})
	return seen
}

// giveMesh gives nodes their addresses in the ingress network once there is something to publish.
func (s *state) giveMesh() {
	ingress := s.ingress()
	if ingress == nil || !slices.ContainsFunc(slices.Collect(maps.Values(s.Services)), func(v *service) bool {
		return slices.ContainsFunc(v.Endpoint.Ports, isMesh)
	}) {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(s.Nodes)) {
		if n := s.Nodes[id]; !n.Mesh.IsValid() {
			if address, err := s.take(ingress, netip.Addr{}); err == nil {
				n.Mesh = address
			}
		}
	}
}
