package network

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func tcp(host string, hostPort, containerPort uint16) PortBinding {
	binding := PortBinding{Protocol: "tcp", ContainerPort: containerPort, HostPort: hostPort}
	if host != "" {
		binding.HostIP = netip.MustParseAddr(host)
	}
	return binding
}

func (m *machine) publish(s *Sandbox, bindings ...PortBinding) []PortBinding {
	m.t.Helper()
	chosen, err := m.Publish(s, bindings)
	if err != nil {
		m.t.Fatal(err)
	}
	return chosen
}

func TestPublishedPortsAreReachedFromEverywhere(t *testing.T) {
	m := newMachine(t)
	outside := m.outside()
	m.create(Config{Name: "elsewhere"})
	web, other, elsewhere := m.container("web", "bridge"), m.container("other", "bridge"), m.container("else", "elsewhere")
	m.serve(web, 80)
	if chosen := m.publish(web, tcp("", 8080, 80)); len(chosen) != 1 || chosen[0] != tcp("0.0.0.0", 8080, 80) {
		t.Errorf("published as %v", chosen)
	}
	for _, address := range []string{"127.0.0.1", "172.17.0.1", machineAddress} {
		m.mustCall(nil, address+":8080")
	}
	if said := m.mustCall(outside, machineAddress+":8080"); said != outsideAddress {
		t.Errorf("from outside the caller is %s", said)
	}
	m.mustCall(other, "172.17.0.1:8080")
	m.mustCall(elsewhere, "172.18.0.1:8080")
	// Out and back in again, as its own caller.
	m.mustCall(web, "172.17.0.1:8080")
	m.mustNotCall(outside, machineAddress+":80")
	if err := m.CloseSandbox(web); err != nil {
		t.Fatal(err)
	}
	m.mustNotCall(nil, "127.0.0.1:8080")
	m.mustNotCall(outside, machineAddress+":8080")
}

func TestPortsCanBePublishedOnOneAddress(t *testing.T) {
	m := newMachine(t)
	outside := m.outside()
	m.create(Config{Name: "local", Options: map[string]string{optionHostBinding: "127.0.0.1"}})
	one, two := m.container("one", "bridge"), m.container("two", "local")
	m.serve(one, 80)
	m.serve(two, 80)
	m.publish(one, tcp(machineAddress, 8080, 80))
	if chosen := m.publish(two, tcp("", 8080, 80)); chosen[0].HostIP.String() != "127.0.0.1" {
		t.Errorf("host_binding_ipv4 is not used, but %s", chosen[0].HostIP)
	}
	if one, two := m.mustCall(outside, machineAddress+":8080"), m.mustCall(nil, "127.0.0.1:8080"); one != outsideAddress || two != "172.18.0.1" {
		t.Errorf("the callers are %s and %s", one, two)
	}
	m.mustNotCall(nil, "172.17.0.1:8080")
}

func TestDatagramsArePublished(t *testing.T) {
	m := newMachine(t)
	outside := m.outside()
	s := m.container("echo", "bridge")
	m.echo(s, 53)
	m.publish(s, PortBinding{Protocol: "udp", ContainerPort: 53, HostPort: 5353})
	for from, address := range map[*Sandbox]string{nil: "127.0.0.1:5353", outside: machineAddress + ":5353"} {
		if err := m.within(from, func() error { return exchange(address) }); err != nil {
			t.Error(err)
		}
	}
}

func TestDatagramsOfOneClientFollowThePort(t *testing.T) {
	m := newMachine(t)
	client, err := net.Dial("udp4", "127.0.0.1:5353")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	// Nobody is there yet, which the kernel remembers.
	client.Write([]byte("ahoy"))
	for _, name := range []string{"first", "second"} {
		// Two containers, so that the second one has an address of its own.
		s := m.container(name, "bridge")
		m.container("neighbour", "bridge")
		m.echo(s, 53)
		m.publish(s, PortBinding{Protocol: "udp", ContainerPort: 53, HostPort: 5353})
		m.mustEcho(client, name)
		if err := m.CloseSandbox(s); err != nil {
			t.Fatal(err)
		}
		m.container("successor", "bridge")
	}
}

// mustEcho sends datagrams until one comes back: one may be lost, or refused as long as nobody was there.
func (m *machine) mustEcho(client net.Conn, text string) {
	m.t.Helper()
	answer := make([]byte, 16)
	for range 50 {
		client.SetDeadline(time.Now().Add(refusal))
		if _, err := client.Write([]byte(text)); err != nil {
			continue
		}
		if length, err := client.Read(answer); err == nil && string(answer[:length]) == text {
			return
		}
	}
	m.t.Errorf("%s does not answer", text)
}

func TestPortConflicts(t *testing.T) {
	m := newMachine(t)
	one, two := m.container("one", "bridge"), m.container("two", "bridge")
	m.publish(one, tcp("", 8080, 80), tcp("127.0.0.1", 8081, 80))
	listener, err := net.Listen("tcp4", "127.0.0.1:9000")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	prefix := fmt.Sprintf("driver failed programming external connectivity on endpoint two (%s): ", two.Endpoints()[0].EndpointID)
	for _, test := range []struct {
		binding PortBinding
		text    string
	}{
		{tcp("", 8080, 80), "Bind for 0.0.0.0:8080 failed: port is already allocated"},
		{tcp("127.0.0.1", 8080, 80), "Bind for 127.0.0.1:8080 failed: port is already allocated"},
		{tcp("", 8081, 80), "Bind for 0.0.0.0:8081 failed: port is already allocated"},
		{tcp("", 9000, 80), "failed to bind host port for 0.0.0.0:9000:172.17.0.3:80/tcp: address already in use"},
		{tcp("192.0.2.1", 9001, 80), "failed to bind host port for 192.0.2.1:9001:172.17.0.3:80/tcp: cannot assign requested address"},
		{PortBinding{Protocol: "sctp", ContainerPort: 1}, "invalid transport protocol: sctp"},
	} {
		// The first one works, and is given back when the second one does not.
		_, err := m.Publish(two, []PortBinding{tcp("", 7000, 80), test.binding})
		if err == nil || err.Error() != prefix+test.text {
			t.Errorf("%v\ninstead of %s%s", err, prefix, test.text)
		}
	}
	if taken, err := net.Listen("tcp4", "0.0.0.0:8080"); err == nil {
		taken.Close()
		t.Error("a process can listen on a published port")
	}
	m.publish(two, tcp("", 7000, 80), PortBinding{Protocol: "udp", ContainerPort: 80, HostPort: 8080})
}

func TestPortsAreChosen(t *testing.T) {
	m := newMachine(t)
	one, two := m.container("one", "bridge"), m.container("two", "bridge")
	chosen := append(m.publish(one, tcp("", 0, 80), tcp("", 0, 81)), m.publish(two, tcp("", 0, 80))...)
	for at, wanted := range []uint16{32768, 32769, 32770} {
		if chosen[at].HostPort != wanted {
			t.Errorf("%d instead of %d", chosen[at].HostPort, wanted)
		}
	}
	ranged := tcp("", 8000, 80)
	ranged.HostPortEnd = 8001
	for _, wanted := range []uint16{8000, 8001} {
		if chosen := m.publish(one, ranged); chosen[0] != tcp("0.0.0.0", wanted, 80) {
			t.Errorf("%v instead of %d", chosen[0], wanted)
		}
	}
	if _, err := m.Publish(two, []PortBinding{ranged}); err == nil || !strings.Contains(err.Error(), "port is already allocated") {
		t.Errorf("a range without a free port: %v", err)
	}
}

func TestPublishedPortsFollowTheDefaultRoute(t *testing.T) {
	m := newMachine(t)
	m.create(Config{Name: "b"})
	m.create(Config{Name: "a"})
	s := m.container("web", "b")
	m.serve(s, 80)
	m.publish(s, tcp("", 8080, 80))
	via := func(wanted string) {
		t.Helper()
		if said := m.mustCall(nil, "127.0.0.1:8080"); said != wanted {
			t.Errorf("the caller is %s instead of %s", said, wanted)
		}
	}
	via("172.18.0.1")
	m.connect(s, "a", EndpointSpec{})
	via("172.19.0.1")
	if err := m.Disconnect(s, "a"); err != nil {
		t.Fatal(err)
	}
	via("172.18.0.1")
}

// echo returns datagrams to their senders until the test ends.
func (m *machine) echo(s *Sandbox, port int) {
	m.t.Helper()
	var socket net.PacketConn
	err := m.in(s, func() (err error) {
		socket, err = net.ListenPacket("udp4", fmt.Sprintf(":%d", port))
		return err
	})
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { socket.Close() })
	go func() {
		datagram := make([]byte, 1500)
		for {
			length, from, err := socket.ReadFrom(datagram)
			if err != nil {
				return
			}
			socket.WriteTo(datagram[:length], from)
		}
	}()
}

// exchange sends a datagram and waits for it to come back.
func exchange(address string) error {
	socket, err := net.Dial("udp4", address)
	if err != nil {
		return err
	}
	defer socket.Close()
	socket.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := socket.Write([]byte("ahoy")); err != nil {
		return err
	}
	answer := make([]byte, 16)
	length, err := socket.Read(answer)
	if err == nil && string(answer[:length]) != "ahoy" {
		err = fmt.Errorf("%q came back from %s", answer[:length], address)
	}
	return err
}
