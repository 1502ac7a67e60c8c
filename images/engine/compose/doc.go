// Package compose runs the services of a Compose file (https://compose-spec.io) on an engine: `docker compose`.
//
// A project has no state of its own. Everything that is known of it is in the labels of its containers, networks and
// volumes, which are those of Docker's own plugin, so that either program can go on where the other one stopped.
package compose
