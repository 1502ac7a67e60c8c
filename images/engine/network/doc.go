// Package network connects containers: networks and their drivers, addresses, names, published ports.
//
//	Controller ── Network ── Driver: bridge, macvlan, ipvlan, overlay, host, null
//	    │            │
//	 Sandbox ──── Endpoint
//
// A Sandbox is a container's network namespace, bound to a file under /run/docker/netns. An Endpoint is what connects a
// sandbox to a Network: an interface, an address, names. The Controller owns all of them; what it knows is in files, so
// that a daemon that starts again finds the networks (/var/lib/docker/network) and the sandboxes of containers that
// went on running (/run/docker/network).
//
// # Drivers
//
// A Driver makes what a network needs on the machine, and the interface of an endpoint in a namespace. Addresses,
// routes, names, files and events are the controller's, the same for every driver.
//
//   - bridge has a bridge on the machine, and a veth pair for each endpoint.
//   - macvlan and ipvlan put each endpoint's link on one of the machine's, or on a VLAN of it that they make. The machine
//     has no part in what is sent there: it publishes nothing, and does not reach its own containers.
//   - overlay has, as Docker's, a namespace of its own with a bridge and one end of VXLAN tunnels, and a veth pair into it
//     for each endpoint. It exists while the machine has endpoints there.
//
// # Swarms
//
// A swarm's networks, addresses and names are decided by its manager. The controller asks a Cluster, which package swarm
// is, before it connects a container to one of them, and is told by SetViews and SetMesh what other machines have: where
// tunnels lead, names, services. ARP is answered from that, and no broadcast crosses the tunnels. A container whose
// networks are all a swarm's gets one endpoint more, in docker_gwbridge, for its way out; clients do not see it. Services
// are balanced where a connection begins, by a table of nf_tables in the caller's namespace, so their tasks see who calls (docs/adr/0110). Ports that services publish lead into one more namespace, ingress-sbox, on every machine.
//
// # What a container costs
//
// The path of `docker run` is kept short, because instructions are what an emulated machine lacks: one namespace, one
// request that makes both ends of a veth pair where they belong, one that gives it address and route. Rules of
// nf_tables are made for a network, and a container without published ports adds none (package firewall).
package network
