// Package rest speaks HTTP/1.1 with a Docker engine over a unix socket or TCP. It is what a client needs of HTTP and no
// more, because net/http alone costs as many instructions as a whole command may.
package rest

import (
	"fmt"
	"strings"
)

// DefaultHost is where the engine of this machine listens, as Docker spells it.
const DefaultHost = "unix:///var/run/docker.sock"

// defaultSocket is the same without the link that /var/run is, and that a small machine may not have.
const defaultSocket = "/run/docker.sock"

// defaultPort is the one that tcp:// addresses without a port mean.
const defaultPort = "2375"

// Host is where an engine listens.
type Host struct {
	// Network and Address are for net.Dial.
	Network, Address string
	// Path stands before every request's path.
	Path string
	// Text is the host as it was given.
	Text string
}

// ParseHost reads unix:///path, tcp://address:port and http://address:port.
func ParseHost(text string) (Host, error) {
	scheme, address, found := strings.Cut(text, "://")
	if !found {
		scheme, address = "tcp", text
	}
	host := Host{Network: scheme, Address: address, Text: scheme + "://" + address}
	switch scheme {
	case "unix":
		if address == "" || text == DefaultHost {
			host.Address, host.Text = defaultSocket, DefaultHost
		}
		return host, nil
	case "tcp", "http":
		host.Network = "tcp"
		if address, path, found := strings.Cut(address, "/"); found {
			host.Address, host.Path = address, "/"+strings.TrimSuffix(path, "/")
		}
		host.Path = strings.TrimSuffix(host.Path, "/")
		if host.Address == "" {
			host.Address = "127.0.0.1"
		}
		if !strings.Contains(host.Address[strings.LastIndexByte(host.Address, ']')+1:], ":") {
			host.Address += ":" + defaultPort
		}
		return host, nil
	case "https":
		return Host{}, fmt.Errorf("cannot use %s: this client does not speak TLS; use unix:// or tcp://", text)
	case "ssh", "npipe", "fd":
		return Host{}, fmt.Errorf("cannot use %s: this client connects to unix:// and tcp:// only", text)
	}
	return Host{}, fmt.Errorf("invalid bind address format: %s", text)
}
