package network

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"twinhull/engine/network/rtnl"
)

// serve answers every connection to a port with the caller's address, until the test ends.
func (m *machine) serve(s *Sandbox, port int) {
	m.t.Helper()
	var listener net.Listener
	err := m.within(s, func() (err error) {
		listener, err = net.Listen("tcp4", fmt.Sprintf(":%d", port))
		return err
	})
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(connection, connection.RemoteAddr().(*net.TCPAddr).IP)
			connection.Close()
		}
	}()
}

// refusal is how long a connection that the rules drop is waited for. One that works takes microseconds.
const refusal = 300 * time.Millisecond

// call connects to an address and returns what is said there. It is for a function that runs in a sandbox.
func call(address string, patience time.Duration) (string, error) {
	connection, err := net.DialTimeout("tcp4", address, patience)
	if err != nil {
		return "", err
	}
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(10 * time.Second))
	said := make([]byte, 64)
	count, err := connection.Read(said)
	return string(said[:count]), err
}

// mustCall calls from a sandbox, or from the machine if it is nil.
func (m *machine) mustCall(from *Sandbox, address string) string {
	m.t.Helper()
	said, err := m.callFrom(from, address, 10*time.Second)
	if err != nil {
		m.t.Fatal(err)
	}
	return said
}

// mustNotCall checks that a connection cannot be made.
func (m *machine) mustNotCall(from *Sandbox, address string) {
	m.t.Helper()
	if said, err := m.callFrom(from, address, refusal); err == nil {
		m.t.Errorf("%s answered: %s", address, said)
	}
}

func (m *machine) callFrom(from *Sandbox, address string, patience time.Duration) (said string, err error) {
	err = m.within(from, func() (err error) {
		said, err = call(address, patience)
		return err
	})
	return said, err
}

// mustPing sends an echo request from a sandbox and waits for the reply.
func (m *machine) mustPing(from *Sandbox, address string) {
	m.t.Helper()
	err := m.within(from, func() error {
		socket, err := net.Dial("ip4:icmp", address)
		if err != nil {
			return err
		}
		defer socket.Close()
		socket.SetDeadline(time.Now().Add(10 * time.Second))
		request := []byte{8, 0, 0xf7, 0xfd, 0, 1, 0, 1} // echo request, its checksum, identifier 1, number 1
		if _, err := socket.Write(request); err != nil {
			return err
		}
		reply := make([]byte, 64)
		for {
			length, _, err := socket.(*net.IPConn).ReadFrom(reply)
			if err != nil {
				return err
			}
			if length == len(request) && reply[0] == 0 {
				return nil
			}
		}
	})
	if err != nil {
		m.t.Fatal(err)
	}
}

// Another computer, as far as the machine can tell, and the machine's address on the wire between them. The other one
// has routes to the machine's networks, as a neighbour that tries to get in would.
const (
	outsideAddress = "198.51.100.2"
	machineAddress = "198.51.100.1"
)

// outside makes that computer. The wire's end here is called uplink.
func (m *machine) outside() *Sandbox {
	m.t.Helper()
	// What a sandbox has without the controller's help.
	s := &Sandbox{controller: m.Controller, container: "outside", path: filepath.Join(m.t.TempDir(), "outside")}
	var err error
	if s.namespace, s.links, err = newNamespace(m.home, s.path); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() {
		// The kernel takes namespaces apart when it has the time; the wire's end here must go now.
		if err := errors.Join(m.unwire(), dropNamespace(s.path, s.namespace, s.links)); err != nil {
			m.t.Error(err)
		}
	})
	var here, there int
	cable := rtnl.Cable{Name: "uplink", Namespace: s.namespace, Inside: "eth0", MAC: macOf(netip.MustParseAddr(outsideAddress))}
	if err := m.links.Do(rtnl.NewCable(cable, &here, &there)); err != nil {
		m.t.Fatal(err)
	}
	m.addAddress("uplink", machineAddress+"/24")
	err = s.links.Do(
		rtnl.RaiseLink(there), rtnl.AddAddress(there, netip.MustParsePrefix(outsideAddress+"/24")),
		rtnl.SetGateway(netip.MustParseAddr(machineAddress)),
	)
	if err != nil {
		m.t.Fatal(err)
	}
	return s
}

// unwire removes the machine's end of the wire.
func (m *machine) unwire() error {
	links, err := rtnl.Dial()
	if err != nil {
		return err
	}
	defer links.Close()
	if err := links.Do(rtnl.DeleteLink("uplink")); !errors.Is(err, unix.ENODEV) {
		return err
	}
	return nil
}

// addAddress gives one of the machine's links an address.
func (m *machine) addAddress(link, address string) {
	m.t.Helper()
	var index int
	var kind string
	if err := m.links.Do(rtnl.FindLink(link, &index, &kind)); err != nil {
		m.t.Fatal(err)
	}
	if err := m.links.Do(rtnl.AddAddress(index, netip.MustParsePrefix(address))); err != nil {
		m.t.Fatal(err)
	}
}

// link describes a link of a sandbox, or of the machine if it is nil.
func (m *machine) link(s *Sandbox, name string) *net.Interface {
	m.t.Helper()
	var found *net.Interface
	err := m.within(s, func() (err error) {
		found, err = net.InterfaceByName(name)
		return err
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return found
}

// sendLoopbackOut has a sandbox send what is for 127.0.0.1 to its gateway.
func (m *machine) sendLoopbackOut(s *Sandbox) {
	m.t.Helper()
	err := m.in(s, func() error {
		// 0.0.0.0 takes 127.0.0.1 off the loopback interface, and with it the routes of 127.0.0.0/8.
		request, err := unix.NewIfreq("lo")
		if err == nil {
			err = request.SetInet4Addr(make([]byte, 4))
		}
		if err != nil {
			return err
		}
		socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(socket)
		if err := unix.IoctlIfreq(socket, unix.SIOCSIFADDR, request); err != nil {
			return err
		}
		return writeSetting("net/ipv4/conf/eth0/route_localnet", "1")
	})
	if err != nil {
		m.t.Fatal(err)
	}
}
