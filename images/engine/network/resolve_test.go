package network

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"

	"twinhull/engine/network/resolver"
)

// resolver asks the name server of a sandbox, over udp or tcp.
func (m *machine) resolver(s *Sandbox, network string) *net.Resolver {
	return &net.Resolver{PreferGo: true, StrictErrors: true, Dial: func(context.Context, string, string) (connection net.Conn, err error) {
		namespace, err := openNamespace(s.path)
		if err != nil {
			return nil, err
		}
		defer unix.Close(namespace)
		err = inside(m.home, namespace, func() error {
			connection, err = net.DialTimeout(network, resolver.Address.String(), time.Second)
			return err
		})
		return connection, err
	}}
}

// resolves checks what a name is in a sandbox: addresses, separated by spaces and sorted, or "" if it does not exist.
func (m *machine) resolves(s *Sandbox, name, wanted string) {
	m.t.Helper()
	for _, network := range []string{"udp4", "tcp4"} {
		found, err := m.resolver(s, network).LookupNetIP(context.Background(), "ip", name+".")
		var failure *net.DNSError
		if err != nil && !(errors.As(err, &failure) && failure.IsNotFound) {
			m.t.Errorf("%s over %s: %v", name, network, err)
		}
		var texts []string
		for _, address := range found {
			texts = append(texts, address.String())
		}
		slices.Sort(texts)
		if got := strings.Join(texts, " "); got != wanted {
			m.t.Errorf("%s over %s is %q instead of %q", name, network, got, wanted)
		}
	}
}

func TestContainersFindEachOtherByName(t *testing.T) {
	m := newMachine(t)
	m.create(Config{Name: "Back"})
	m.create(Config{Name: "other"})
	web := m.container("Web")
	m.connect(web, "Back", EndpointSpec{ContainerName: "Web", Hostname: "shop", Aliases: []string{"store"}, DNSNames: []string{"fifth"}})
	client, stranger := m.container("client", "Back"), m.container("stranger", "other")
	for _, name := range []string{"web", "WEB", "web.back", web.container[:12], "store", "shop", "fifth"} {
		m.resolves(client, name, "172.18.0.2")
	}
	m.resolves(web, "web", "172.18.0.2")
	m.resolves(stranger, "web", "")
	m.resolves(client, "web.other", "")
	m.resolves(client, "stranger", "")
	for address, wanted := range map[string]string{"172.18.0.2": "Web.Back.", "172.18.0.3": "client.Back.", "172.18.0.9": ""} {
		names, _ := m.resolver(client, "udp4").LookupAddr(context.Background(), address)
		if got := strings.Join(names, " "); got != wanted {
			t.Errorf("%s is %q instead of %q", address, got, wanted)
		}
	}

	second := m.container("second")
	m.connect(second, "Back", EndpointSpec{ContainerName: "second", Aliases: []string{"store"}})
	m.resolves(client, "store", "172.18.0.2 172.18.0.4")
	if err := m.Rename(second, "third"); err != nil {
		t.Fatal(err)
	}
	m.resolves(client, "second", "")
	m.resolves(client, "third", "172.18.0.4")
	if err := m.CloseSandbox(second); err != nil {
		t.Fatal(err)
	}
	m.resolves(client, "store", "172.18.0.2")
	m.resolves(client, "third", "")
}

func TestContainersCanHaveANameServerOfTheirOwn(t *testing.T) {
	m := newMachine(t)
	m.create(Config{Name: "back"})
	s, client := m.container("dns", "back"), m.container("client", "back")
	m.echo(s, 53)
	m.serve(s, 53)
	m.resolves(s, "client", "172.18.0.3")
	if err := m.in(client, func() error { return exchange("172.18.0.2:53") }); err != nil {
		t.Error(err)
	}
	m.mustCall(client, "172.18.0.2:53")
}

func TestLinksAreNamesOfTheirOwn(t *testing.T) {
	m := newMachine(t)
	m.create(Config{Name: "back"})
	m.container("db", "back")
	one, two := m.container("one"), m.container("two", "back")
	m.connect(one, "back", EndpointSpec{Links: []string{"db:Database", "two"}})
	m.resolves(one, "database", "172.18.0.2")
	m.resolves(one, "two", "172.18.0.3")
	m.resolves(two, "database", "")
}

func TestTheDefaultBridgeHasNoNames(t *testing.T) {
	m := newMachine(t)
	s := m.container("one", "bridge")
	if _, ok := s.Resolver(); ok {
		t.Error("there is a resolver")
	}
	m.create(Config{Name: "back"})
	m.connect(s, "back", EndpointSpec{})
	if address, ok := s.Resolver(); !ok || address != netip.MustParseAddr("127.0.0.11") {
		t.Error("on a network of its own there is no resolver")
	}
}

// upstream is a name server of the machine that knows one name, until the test ends.
func upstream(t *testing.T, name string, answer netip.Addr) {
	t.Helper()
	socket, err := net.ListenPacket("udp4", "127.0.0.53:53")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { socket.Close() })
	go func() {
		for query := make([]byte, 512); ; {
			length, client, err := socket.ReadFrom(query)
			if err != nil {
				return
			}
			var message dnsmessage.Message
			if message.Unpack(query[:length]) != nil {
				continue
			}
			question := message.Questions[0]
			message.Response, message.Additionals = true, nil
			switch {
			case question.Name.String() != name+".":
				message.RCode = dnsmessage.RCodeNameError
			case question.Type == dnsmessage.TypeA:
				message.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET},
					Body:   &dnsmessage.AResource{A: answer.As4()},
				}}
			}
			reply, err := message.Pack()
			if err == nil {
				socket.WriteTo(reply, client)
			}
		}
	}()
}

func TestOtherNamesArePassedOn(t *testing.T) {
	m := newMachine(t)
	upstream(t, "example.org", netip.MustParseAddr("192.0.2.7"))
	m.create(Config{Name: "back"})
	m.create(Config{Name: "inner", Internal: true})
	s := m.container("one")
	s.SetResolvers(ResolverOptions{Servers: []netip.Addr{netip.MustParseAddr("127.0.0.53")}})
	m.connect(s, "inner", EndpointSpec{})
	ask := func() string {
		found, _ := m.resolver(s, "udp4").LookupNetIP(context.Background(), "ip4", "example.org.")
		if len(found) == 0 {
			return ""
		}
		return found[0].String()
	}
	if got := ask(); got != "" {
		t.Errorf("from an internal network it is %s", got)
	}
	m.connect(s, "back", EndpointSpec{})
	if got := ask(); got != "192.0.2.7" {
		t.Errorf("it is %q", got)
	}
	if _, err := m.resolver(s, "udp4").LookupNetIP(context.Background(), "ip4", "example.com."); err == nil {
		t.Error("the server's own refusal is not passed on")
	}
}

func TestResolversOfTheMachine(t *testing.T) {
	file := "# nameserver 192.0.2.9\nnameserver 192.0.2.1 extra\nnameserver fe80::1\nnameserver\nsearch x\n" +
		"nameserver 192.0.2.1\nnameserver\t192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4\n"
	var texts []string
	for _, server := range nameServers([]byte(file)) {
		texts = append(texts, server.String())
	}
	if got := strings.Join(texts, " "); got != "192.0.2.1 192.0.2.2 192.0.2.3" {
		t.Errorf("they are %s", got)
	}
}
