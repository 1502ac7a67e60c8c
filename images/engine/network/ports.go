package network

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Host ports that nobody asked for by number, as the kernel has them for connections.
const (
	firstEphemeral = 32768
	lastEphemeral  = 60999
)

// ports knows which of the machine's ports are published, and holds a socket for each, so that no process takes one of
// them and so that `netstat` shows them. Its zero value is ready for use.
type ports struct {
	held map[transport][]hold
	last uint16
}

type transport struct {
	protocol string
	port     uint16
}

type hold struct {
	host   netip.Addr
	socket int
}

// errAllocated is why a port cannot be published that is published already.
var errAllocated = errors.New("port is already allocated")

// take takes the port of a binding whose host port is chosen. The container's address is for the error's text.
func (p *ports) take(binding PortBinding, container netip.Addr) error {
	key := transport{binding.Protocol, binding.HostPort}
	for _, other := range p.held[key] {
		if other.host == binding.HostIP || other.host.IsUnspecified() || binding.HostIP.IsUnspecified() {
			return fmt.Errorf("Bind for %s failed: %w", binding.host(), errAllocated)
		}
	}
	socket, err := bind(binding)
	if err != nil {
		return fmt.Errorf("failed to bind host port for %s:%s:%d/%s: %w",
			binding.host(), container, binding.ContainerPort, binding.Protocol, err)
	}
	if p.held == nil {
		p.held = map[transport][]hold{}
	}
	p.held[key] = append(p.held[key], hold{binding.HostIP, socket})
	return nil
}

// choose takes the first free port of a binding's range, or of all ephemeral ones, and says which.
func (p *ports) choose(binding PortBinding, container netip.Addr) (PortBinding, error) {
	if binding.HostPort != 0 {
		last := max(binding.HostPort, binding.HostPortEnd)
		for {
			err := p.take(binding, container)
			if err == nil || binding.HostPort >= last {
				return binding, err
			}
			binding.HostPort++
		}
	}
	for range lastEphemeral - firstEphemeral + 1 {
		p.last++
		if p.last < firstEphemeral || p.last > lastEphemeral {
			p.last = firstEphemeral
		}
		binding.HostPort = p.last
		err := p.take(binding, container)
		if err == nil || !errors.Is(err, unix.EADDRINUSE) && !errors.Is(err, errAllocated) {
			return binding, err
		}
	}
	return binding, errors.New("all ports are allocated")
}

func (p *ports) release(bindings []PortBinding) {
	for _, binding := range bindings {
		key := transport{binding.Protocol, binding.HostPort}
		holds := p.held[key]
		for at, held := range holds {
			if held.host == binding.HostIP {
				unix.Close(held.socket)
				holds = append(holds[:at], holds[at+1:]...)
				break
			}
		}
		if p.held[key] = holds; len(holds) == 0 {
			delete(p.held, key)
		}
	}
}

// listen has taken ports known as listening, once what comes to them is led away: before, a connection would be accepted
// here, and nobody would ever answer on it.
func (p *ports) listen(bindings []PortBinding) error {
	for _, binding := range bindings {
		if binding.Protocol == "udp" {
			continue
		}
		for _, held := range p.held[transport{binding.Protocol, binding.HostPort}] {
			if held.host != binding.HostIP {
				continue
			}
			if err := unix.Listen(held.socket, 1); err != nil {
				return fmt.Errorf("failed to listen on host port %s: %w", binding.host(), err)
			}
		}
	}
	return nil
}

// restore takes ports of containers that went on running. A process that took one meanwhile has it in vain.
func (p *ports) restore(bindings []PortBinding) error {
	for _, binding := range bindings {
		if err := p.take(binding, netip.Addr{}); err != nil && !errors.Is(err, unix.EADDRINUSE) {
			return err
		}
	}
	return p.listen(bindings)
}

func (p *ports) close() {
	for _, holds := range p.held {
		for _, held := range holds {
			unix.Close(held.socket)
		}
	}
	p.held = nil
}

// bind binds a socket on which nothing ever arrives: what comes to a published port goes to its container.
func bind(binding PortBinding) (int, error) {
	kind := unix.SOCK_STREAM
	if binding.Protocol == "udp" {
		kind = unix.SOCK_DGRAM
	}
	socket, err := unix.Socket(unix.AF_INET, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if kind == unix.SOCK_STREAM {
		// Ports of connections that have ended are free.
		err = unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	}
	if err == nil {
		err = unix.Bind(socket, &unix.SockaddrInet4{Port: int(binding.HostPort), Addr: binding.HostIP.As4()})
	}
	if err != nil {
		unix.Close(socket)
		return -1, err
	}
	return socket, nil
}

// host is the binding's end on this machine.
func (b PortBinding) host() string { return fmt.Sprintf("%s:%d", b.HostIP, b.HostPort) }
