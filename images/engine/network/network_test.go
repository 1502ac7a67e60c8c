package network

import (
	"net/netip"
	"strings"
	"testing"

	"twinhull/engine/fault"
	"twinhull/engine/network/rtnl"
)

var raiseLoopback = rtnl.RaiseLink(loopback)

func TestContainersOfOneBridgeReachEachOther(t *testing.T) {
	m := newMachine(t)
	one, two := m.container("one", "bridge"), m.container("two", "bridge")
	m.serve(one, 80)
	if said := m.mustCall(two, "172.17.0.2:80"); said != "172.17.0.3" {
		t.Errorf("the caller is %s", said)
	}
	if said := m.mustCall(nil, "172.17.0.2:80"); said != "172.17.0.1" {
		t.Errorf("the machine is %s", said)
	}
	m.mustPing(two, "172.17.0.2")
	m.mustPing(two, "172.17.0.1")
}

func TestEndpointsAreDescribed(t *testing.T) {
	m := newMachine(t)
	n := m.create(Config{Name: "back"})
	s := m.container("web")
	e := m.connect(s, "back", EndpointSpec{ContainerName: "web", Hostname: "shop", Aliases: []string{"store", "web"}})
	if e.NetworkID != n.ID || e.NetworkName != "back" || len(e.EndpointID) != 64 {
		t.Errorf("of network %s %s, id %s", e.NetworkName, e.NetworkID, e.EndpointID)
	}
	if e.Address != netip.MustParsePrefix("172.18.0.2/16") || e.Gateway.String() != "172.18.0.1" || e.MAC != "02:42:ac:12:00:02" {
		t.Errorf("at %s, %s, through %s", e.Address, e.MAC, e.Gateway)
	}
	if names := strings.Join(e.DNSNames, " "); names != "web store "+s.container[:12]+" shop" {
		t.Errorf("named %s", names)
	}
	if bridge := m.connect(s, "bridge", EndpointSpec{ContainerName: "web"}); bridge.DNSNames != nil || bridge.Interface != "eth1" {
		t.Errorf("on the default bridge it is %s, named %v", bridge.Interface, bridge.DNSNames)
	}
}

func TestNetworksAreIsolated(t *testing.T) {
	m := newMachine(t)
	m.create(Config{Name: "front"})
	m.create(Config{Name: "back"})
	front, back, both := m.container("front", "front"), m.container("back", "back"), m.container("both", "front", "back")
	m.serve(front, 80)
	m.serve(back, 80)
	frontEnd, backEnd := "172.18.0.2:80", "172.19.0.2:80"
	m.mustCall(both, frontEnd)
	m.mustCall(both, backEnd)
	m.mustNotCall(front, backEnd)
	m.mustNotCall(back, frontEnd)
}

func TestInternalNetworksLeadNowhere(t *testing.T) {
	m := newMachine(t)
	m.create(Config{Name: "inner", Internal: true})
	outside := m.outside()
	one, two, bridged := m.container("one", "inner"), m.container("two", "inner"), m.container("bridged", "bridge")
	m.serve(one, 80)
	m.serve(bridged, 80)
	m.serve(outside, 80)
	m.mustCall(two, "172.18.0.2:80")
	m.mustNotCall(bridged, "172.18.0.2:80")
	m.mustNotCall(outside, "172.18.0.2:80")
	// Not even with a route, which containers of internal networks do not have.
	if err := one.links.Do(rtnl.SetGateway(netip.MustParseAddr("172.18.0.1"))); err != nil {
		t.Fatal(err)
	}
	m.mustNotCall(one, outsideAddress+":80")
	m.mustNotCall(one, "172.17.0.2:80")
	if e := one.Endpoints()[0]; e.Gateway.IsValid() {
		t.Errorf("the gateway is %s", e.Gateway)
	}
	chosen, err := m.Publish(one, []PortBinding{{Protocol: "tcp", ContainerPort: 80, HostPort: 8080}})
	if err != nil || chosen != nil {
		t.Errorf("published %v, %v", chosen, err)
	}
}

func TestContainersReachTheOutsideAsTheMachine(t *testing.T) {
	m := newMachine(t)
	outside := m.outside()
	m.serve(outside, 80)
	m.create(Config{Name: "own", Options: map[string]string{optionMasquerade: "false"}})
	bridged, own := m.container("bridged", "bridge"), m.container("own", "own")
	m.serve(bridged, 80)
	if said := m.mustCall(bridged, outsideAddress+":80"); said != machineAddress {
		t.Errorf("the caller is %s", said)
	}
	if said := m.mustCall(own, outsideAddress+":80"); said != "172.18.0.2" {
		t.Errorf("without masquerading the caller is %s", said)
	}
	m.mustNotCall(outside, "172.17.0.2:80")
}

func TestContainersDoNotReachTheLoopbackOfTheMachine(t *testing.T) {
	m := newMachine(t)
	s := m.container("one", "bridge")
	m.serve(nil, 8000)
	m.mustCall(nil, "127.0.0.1:8000")
	m.mustCall(s, "172.17.0.1:8000")
	m.sendLoopbackOut(s)
	m.mustNotCall(s, "127.0.0.1:8000")
}

func TestWithoutICCContainersReachOnlyTheMachine(t *testing.T) {
	m := newMachine(t)
	m.create(Config{Name: "apart", Options: map[string]string{optionICC: "false", optionBridgeName: "apart0", optionMTU: "1400"}})
	outside := m.outside()
	one, two := m.container("one", "apart"), m.container("two", "apart")
	m.serve(one, 80)
	m.serve(outside, 80)
	m.mustNotCall(two, "172.18.0.2:80")
	m.mustCall(nil, "172.18.0.2:80")
	m.mustCall(two, outsideAddress+":80")
	for name, s := range map[string]*Sandbox{"apart0": nil, "eth0": one} {
		if link := m.link(s, name); link.MTU != 1400 {
			t.Errorf("%s has an MTU of %d", name, link.MTU)
		}
	}
}

func TestTheDefaultRouteIsTheFirstNetworksByName(t *testing.T) {
	m := newMachine(t)
	outside := m.outside()
	m.serve(outside, 80)
	for _, name := range []string{"b", "a", "c"} {
		m.create(Config{Name: name, Options: map[string]string{optionMasquerade: "false"}})
	}
	m.create(Config{Name: "Inner", Internal: true})
	s := m.container("one", "Inner")
	from := func(wanted string) {
		t.Helper()
		if said := m.mustCall(s, outsideAddress+":80"); said != wanted {
			t.Errorf("the caller is %s instead of %s", said, wanted)
		}
	}
	m.mustNotCall(s, outsideAddress+":80")
	m.connect(s, "b", EndpointSpec{})
	from("172.18.0.2")
	m.connect(s, "a", EndpointSpec{})
	from("172.19.0.2")
	m.connect(s, "c", EndpointSpec{GatewayPriority: 1})
	from("172.20.0.2")
	for _, step := range []struct{ leave, wanted string }{{"c", "172.19.0.2"}, {"a", "172.18.0.2"}} {
		if err := m.Disconnect(s, step.leave); err != nil {
			t.Fatal(err)
		}
		from(step.wanted)
	}
	if err := m.Disconnect(s, "b"); err != nil {
		t.Fatal(err)
	}
	m.mustNotCall(s, outsideAddress+":80")
}

func TestRefusedConnections(t *testing.T) {
	m := newMachine(t)
	m.create(Config{Name: "back", IPAM: subnet("10.9.0.0/24", "", "", nil)})
	s, none, other := m.container("one", "bridge"), m.container("none", "none"), m.container("other", "back")
	host, err := m.HostSandbox(newID())
	if err != nil {
		t.Fatal(err)
	}
	m.connect(host, "host", EndpointSpec{})
	for _, test := range []struct {
		sandbox *Sandbox
		network string
		spec    EndpointSpec
		kind    fault.Kind
		text    string
	}{
		{s, "nowhere", EndpointSpec{}, fault.NotFound, "network nowhere not found"},
		{s, "bridge", EndpointSpec{ContainerName: "one"}, fault.Forbidden, "endpoint with name one already exists in network bridge"},
		{s, "host", EndpointSpec{}, fault.Invalid, "cannot connect container to host network - container must be created in host network mode"},
		{s, "none", EndpointSpec{}, fault.Invalid, "container cannot be connected to multiple networks with one of the networks in private (none) mode"},
		{none, "bridge", EndpointSpec{}, fault.Invalid, "container cannot be connected to multiple networks with one of the networks in private (none) mode"},
		{host, "bridge", EndpointSpec{}, fault.Invalid, "container sharing network namespace with another container or host cannot be connected to any other network"},
		{other, "bridge", EndpointSpec{IPv4: netip.MustParseAddr("172.17.0.9")}, fault.Invalid, "user specified IP address is supported on user defined networks only"},
		{other, "bridge", EndpointSpec{Aliases: []string{"a"}}, fault.Invalid, "network-scoped alias is supported only for containers in user defined networks"},
		{s, "back", EndpointSpec{IPv4: netip.MustParseAddr("10.8.0.1")}, fault.Invalid, "no configured subnet contains IP address 10.8.0.1"},
		{s, "back", EndpointSpec{IPv4: netip.MustParseAddr("10.9.0.2")}, fault.Forbidden, "Address already in use"},
		{s, "back", EndpointSpec{MAC: "02:42"}, fault.Invalid, "invalid MAC address: 02:42"},
	} {
		_, err := m.Connect(test.sandbox, test.network, test.spec)
		if err == nil || !strings.Contains(err.Error(), test.text) || fault.KindOf(err) != test.kind {
			t.Errorf("to %s: %v, of kind %d, instead of %q", test.network, err, fault.KindOf(err), test.text)
		}
	}
	if err := m.Disconnect(s, "back"); err == nil {
		t.Error("a container is disconnected from a network that it is not on")
	}
}

func TestAddressesRunOut(t *testing.T) {
	m := newMachine(t)
	n := m.create(Config{Name: "small", IPAM: subnet("10.9.0.0/29", "", "10.9.0.6", map[string]netip.Addr{"printer": netip.MustParseAddr("10.9.0.2")})})
	var last *Sandbox
	for _, wanted := range []string{"10.9.0.1/29", "10.9.0.3/29", "10.9.0.4/29", "10.9.0.5/29"} {
		last = m.container("c")
		if e := m.connect(last, "small", EndpointSpec{}); e.Address.String() != wanted {
			t.Errorf("%s instead of %s", e.Address, wanted)
		}
	}
	_, err := m.Connect(m.container("c"), "small", EndpointSpec{})
	if text := "no available IPv4 addresses on this network's address pools: small (" + n.ID + ")"; err == nil || err.Error() != text {
		t.Errorf("%v instead of %s", err, text)
	}
	if err := m.CloseSandbox(last); err != nil {
		t.Fatal(err)
	}
	if e := m.connect(m.container("c"), "small", EndpointSpec{MAC: "02:00:00:00:00:07"}); e.Address.String() != "10.9.0.5/29" || e.MAC != "02:00:00:00:00:07" {
		t.Errorf("the address that became free is not %s, %s", e.Address, e.MAC)
	}
}
