// Package swarm joins machines: one manager holds what is wanted, and its nodes run it.
//
//	docker ──► Swarm ──► manager ◄──TLS, TCP 2377── agent ──► containers, networks
//	                        ▲                          (every node, the manager's own as well)
//	                        └── a pipe ── agent
//
// A swarm here has one manager, which keeps its state in a file; Docker's would have several, which agree by Raft. What
// nodes say to it and hear from it is package-private (wire.go): statuses one way, the whole of what a node should know
// the other way, whenever that changes. There is no gossip: the manager tells each node where the others' endpoints are.
//
// # State machine
//
// state is all that a manager knows. Its methods take the time as an argument and start nothing, so tests call them with
// a clock of their own. manager gives it a lock, a file, a clock and connections.
//
// # What a machine without a swarm pays
//
// One look for a file when the daemon starts. No goroutine, no socket.
package swarm
