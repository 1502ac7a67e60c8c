// Package network connects containers: networks and their drivers, addresses, names, published ports.
//
//	Controller ── Network ── Driver: bridge, host, null
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
// routes, names, files and events are the controller's, the same for every driver. So one is added as follows:
//
//   - macvlan: Create checks that the option `parent` names a link, Plug makes a macvlan link of it inside the
//     namespace, Unplug has nothing to do, for the link goes with the namespace. It publishes no ports.
//   - overlay: Create makes a bridge with a VXLAN port, in a namespace of its own, and Plug a veth pair into it, as the
//     bridge driver does; Blocks are 10.0.0.0/8 by /24. What it learns of other machines' endpoints it gets from its
//     constructor, not from here.
//
// # What a container costs
//
// The path of `docker run` is kept short, because instructions are what an emulated machine lacks: one namespace, one
// request that makes both ends of a veth pair where they belong, one that gives it address and route. Rules of
// nf_tables are made for a network, and a container without published ports adds none (package firewall).
package network
