package network

import (
	"net/netip"
	"strings"
	"testing"

	"twinhull/engine/fault"
)

// subnet makes the addresses of a network; "" is left to the engine.
func subnet(text, within, gateway string, auxiliary map[string]netip.Addr) IPAM {
	s := Subnet{Subnet: netip.MustParsePrefix(text), Auxiliary: auxiliary}
	if within != "" {
		s.Range = netip.MustParsePrefix(within)
	}
	if gateway != "" {
		s.Gateway = netip.MustParseAddr(gateway)
	}
	return IPAM{Subnets: []Subnet{s}}
}

func TestNetworksGetSubnetsInDockersOrder(t *testing.T) {
	m := newMachine(t)
	first := m.create(Config{Name: "first"})
	second := m.create(Config{Name: "second"})
	for n, wanted := range map[*Network]string{first: "172.18.0.0/16", second: "172.19.0.0/16"} {
		if got := n.IPAM.Subnets[0]; got.Subnet.String() != wanted || got.Gateway != got.Subnet.Addr().Next() {
			t.Errorf("%s has %s through %s", n.Name, got.Subnet, got.Gateway)
		}
	}
	if _, err := m.Remove("first"); err != nil {
		t.Fatal(err)
	}
	if again := m.create(Config{Name: "again"}); again.IPAM.Subnets[0].Subnet.String() != "172.18.0.0/16" {
		t.Errorf("a subnet that became free is not used again, but %s", again.IPAM.Subnets[0].Subnet)
	}
	within := m.create(Config{Name: "within", IPAM: subnet("10.1.0.0/16", "10.1.4.0/24", "10.1.255.254", nil)})
	s := m.container("one")
	if e := m.connect(s, within.ID[:20], EndpointSpec{}); e.Address.String() != "10.1.4.0/16" || e.Gateway.String() != "10.1.255.254" {
		t.Errorf("of --ip-range comes %s through %s", e.Address, e.Gateway)
	}
}

func TestNetworksKeepClearOfTheMachinesOwn(t *testing.T) {
	m := newMachine(t)
	m.outside()
	m.addAddress("uplink", "172.18.3.4/24")
	if n := m.create(Config{Name: "first"}); n.IPAM.Subnets[0].Subnet.String() != "172.19.0.0/16" {
		t.Errorf("the subnet is %s, and the machine is in 172.18.3.0/24", n.IPAM.Subnets[0].Subnet)
	}
}

func TestRefusedNetworks(t *testing.T) {
	m := newMachine(t)
	m.create(Config{Name: "back", Options: map[string]string{optionBridgeName: "back0"}})
	address := netip.MustParseAddr
	for _, test := range []struct {
		config Config
		kind   fault.Kind
		text   string
	}{
		{Config{}, fault.Invalid, "invalid name: name is empty"},
		{Config{Name: "back"}, fault.Conflict, "network with name back already exists"},
		{Config{Name: "host"}, fault.Forbidden, "operation is not permitted on predefined host network "},
		{Config{Name: "n", Driver: "null"}, fault.Forbidden, `only one instance of "null" network is allowed`},
		{Config{Name: "n", Driver: "overlay"}, fault.Forbidden, `This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.`},
		{Config{Name: "n", Driver: "moon"}, fault.NotFound, `plugin "moon" not found`},
		{Config{Name: "n", IPAM: IPAM{Driver: "moon"}}, fault.NotFound, `plugin "moon" not found`},
		{Config{Name: "n", IPAM: subnet("172.18.4.0/24", "", "", nil)}, fault.Forbidden, "invalid pool request: Pool overlaps with other one on this address space"},
		{Config{Name: "n", IPAM: subnet("10.0.0.1/24", "", "", nil)}, fault.Invalid, "invalid subnet 10.0.0.1/24: it should be 10.0.0.0/24"},
		{Config{Name: "n", IPAM: subnet("10.0.0.0/24", "10.0.1.0/24", "", nil)}, fault.Invalid, "invalid ip-range 10.0.1.0/24: parent subnet 10.0.0.0/24 doesn't contain ip-range"},
		{Config{Name: "n", IPAM: subnet("10.0.0.0/24", "10.0.0.0/16", "", nil)}, fault.Invalid, "invalid ip-range 10.0.0.0/16: CIDR block is bigger than its parent subnet 10.0.0.0/24"},
		{Config{Name: "n", IPAM: subnet("10.0.0.0/24", "10.0.0.9/25", "", nil)}, fault.Invalid, "invalid ip-range 10.0.0.9/25: it should be 10.0.0.0/25"},
		{Config{Name: "n", IPAM: subnet("10.0.0.0/24", "", "10.0.1.1", nil)}, fault.Invalid, "invalid gateway 10.0.1.1: parent subnet 10.0.0.0/24 doesn't contain this address"},
		{Config{Name: "n", IPAM: subnet("10.0.0.0/24", "", "", map[string]netip.Addr{"a": address("10.0.1.1")})}, fault.Invalid, "invalid auxiliary address a: parent subnet 10.0.0.0/24 doesn't contain this address"},
		{Config{Name: "n", IPAM: subnet("fd00::/64", "", "", nil)}, fault.Invalid, "invalid subnet fd00::/64: this engine has no IPv6"},
		{Config{Name: "n", Options: map[string]string{optionBridgeName: "back0"}}, fault.Forbidden, "bridge name already exists"},
		{Config{Name: "n", Options: map[string]string{optionBridgeName: "lo"}}, fault.Invalid, "existing interface lo is not a bridge"},
		{Config{Name: "n", Options: map[string]string{optionBridgeName: "a/b"}}, fault.Invalid, "the name of a bridge cannot be"},
		{Config{Name: "n", Options: map[string]string{optionICC: "perhaps"}}, fault.Invalid, "neither true nor false"},
		{Config{Name: "n", Options: map[string]string{optionMTU: "12"}}, fault.Invalid, "not a number from 68 to 65535"},
		{Config{Name: "n", Options: map[string]string{optionHostBinding: "localhost"}}, fault.Invalid, "not an IPv4 address"},
	} {
		_, err := m.Create(test.config)
		if err == nil || !strings.Contains(err.Error(), test.text) || fault.KindOf(err) != test.kind {
			t.Errorf("%v, of kind %d, instead of %q", err, fault.KindOf(err), test.text)
		}
	}
	if count := len(m.List()); count != 4 {
		t.Errorf("there are %d networks instead of 4", count)
	}
}

func TestRemovingNetworks(t *testing.T) {
	m := newMachine(t)
	n := m.create(Config{Name: "back"})
	s := m.container("one", "back")
	id := s.Endpoints()[0].EndpointID
	for name, text := range map[string]string{
		"bridge": "bridge is a pre-defined network and cannot be removed",
		"back":   `error while removing network: network back has active endpoints (name:"one" id:"` + id[:12] + `")`,
	} {
		if _, err := m.Remove(name); err == nil || err.Error() != text || !fault.Is(err, fault.Forbidden) {
			t.Errorf("%v instead of %s", err, text)
		}
	}
	if err := m.Disconnect(s, n.ID[:5]); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Remove(n.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Get("back"); !fault.Is(err, fault.NotFound) || err.Error() != "network back not found" {
		t.Errorf("%v after its removal", err)
	}
	var seen []string
	for len(m.received) > 0 {
		message := <-m.received
		if message.Type != "network" || message.Actor.Attributes["type"] != "bridge" {
			t.Errorf("the event %+v", message)
		}
		seen = append(seen, message.Action+" "+message.Actor.Attributes["name"])
	}
	if got := strings.Join(seen, ", "); got != "create back, connect back, disconnect back, destroy back" {
		t.Errorf("events: %s", got)
	}
}
