package network

import (
	"errors"
	"net"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"twinhull/engine/fault"
	"twinhull/engine/network/rtnl"
)

// has skips a test where the kernel of this computer lacks a kind of link. The guest's has all of them.
func (m *machine) has(linkKind string) {
	m.t.Helper()
	var index int
	var request rtnl.Request
	switch linkKind {
	case "dummy":
		request = rtnl.NewDummy("probe", &index)
	case "vlan":
		request = rtnl.NewVLAN("probe", loopback, 2, &index)
	default:
		request = rtnl.NewIPVLAN(rtnl.Slave{Name: "probe", Parent: m.link(nil, "uplink").Index, Namespace: m.home}, 0, 0)
	}
	err := m.links.Do(request)
	switch {
	case errors.Is(err, unix.EOPNOTSUPP):
		m.t.Skipf("this computer's kernel has no links of kind %s", linkKind)
	case err == nil:
		if err := m.links.Do(rtnl.DeleteLink("probe")); err != nil {
			m.t.Fatal(err)
		}
	}
}

func onUplink(options map[string]string) Config {
	config := Config{
		Name: "wire", Driver: "macvlan", Options: map[string]string{optionParent: "uplink"},
		IPAM: subnet("198.51.100.0/24", "198.51.100.128/25", "198.51.100.1", nil),
	}
	for option, value := range options {
		config.Options[option] = value
	}
	return config
}

func TestMACVLANContainersStandOnTheWire(t *testing.T) {
	m := newMachine(t)
	outside := m.outside()
	// As machines have one, which containers' must not be taken for.
	if err := m.links.Do(rtnl.NewBridge(rtnl.Bridge{Name: "eth0", MAC: net.HardwareAddr{2, 0, 0, 0, 0, 9}}, new(int))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.links.Do(rtnl.DeleteLink("eth0")); err != nil {
			t.Error(err)
		}
	})
	m.create(onUplink(nil))
	one, two := m.container("one", "wire"), m.container("two", "wire")
	e := one.Endpoints()[0]
	if e.Address.String() != "198.51.100.128/24" || e.Gateway.String() != "198.51.100.1" || e.MAC != "02:42:c6:33:64:80" {
		t.Errorf("at %s, %s, through %s", e.Address, e.MAC, e.Gateway)
	}
	if link := m.link(one, "eth0"); link.HardwareAddr.String() != e.MAC {
		t.Errorf("eth0 has the MAC address %s", link.HardwareAddr)
	}
	m.serve(one, 80)
	m.serve(outside, 80)
	// The neighbour sees the container itself, and not the machine.
	if said := m.mustCall(one, outsideAddress+":80"); said != "198.51.100.128" {
		t.Errorf("the caller is %s", said)
	}
	m.mustCall(outside, "198.51.100.128:80")
	m.mustCall(two, "198.51.100.128:80")
	m.mustNotCall(nil, "198.51.100.128:80")
	if chosen, err := m.Publish(one, []PortBinding{{Protocol: "tcp", ContainerPort: 80, HostPort: 8080}}); err != nil || chosen != nil {
		t.Errorf("published %v, %v", chosen, err)
	}
	if err := m.Disconnect(one, "wire"); err != nil {
		t.Fatal(err)
	}
	err := m.within(one, func() error {
		_, err := net.InterfaceByName("eth0")
		return err
	})
	if err == nil {
		t.Error("the interface stayed")
	}
}

func TestPrivateMACVLANContainersAreApart(t *testing.T) {
	m := newMachine(t)
	outside := m.outside()
	m.create(onUplink(map[string]string{optionMACVLANMode: "private"}))
	one, two := m.container("one", "wire"), m.container("two", "wire")
	m.serve(one, 80)
	m.mustCall(outside, "198.51.100.128:80")
	m.mustNotCall(two, "198.51.100.128:80")
}

func TestMACVLANWithoutAParentIsAlone(t *testing.T) {
	m := newMachine(t)
	m.has("dummy")
	n := m.create(Config{Name: "alone", Driver: "macvlan", Internal: true})
	one, two := m.container("one", "alone"), m.container("two", "alone")
	m.serve(one, 80)
	m.mustCall(two, one.Endpoints()[0].Address.Addr().String()+":80")
	parent := "dm-" + shortID(n.ID)
	m.link(nil, parent)
	for _, s := range []*Sandbox{one, two} {
		if err := m.CloseSandbox(s); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := m.Remove("alone"); err != nil {
		t.Fatal(err)
	}
	if _, err := net.InterfaceByName(parent); err == nil {
		t.Errorf("%s stayed", parent)
	}
}

func TestVLANsAreMadeAndRemoved(t *testing.T) {
	m := newMachine(t)
	m.outside()
	m.has("vlan")
	m.create(Config{Name: "ten", Driver: "macvlan", Options: map[string]string{optionParent: "uplink.10"}})
	m.container("one", "ten")
	m.link(nil, "uplink.10")
	m.Close()
	m.open() // a daemon that starts again knows that the link is its own
	if err := m.Sweep(func(string) bool { return false }); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Remove("ten"); err != nil {
		t.Fatal(err)
	}
	if _, err := net.InterfaceByName("uplink.10"); err == nil {
		t.Error("uplink.10 stayed")
	}
}

func TestIPVLANSharesTheParentsMAC(t *testing.T) {
	m := newMachine(t)
	outside := m.outside()
	m.has("ipvlan")
	config := onUplink(nil)
	config.Driver = "ipvlan"
	m.create(config)
	one := m.container("one", "wire")
	if here, there := m.link(nil, "uplink").HardwareAddr, m.link(one, "eth0").HardwareAddr; here.String() != there.String() {
		t.Errorf("the parent has %s, the container %s", here, there)
	}
	m.serve(one, 80)
	m.mustCall(outside, "198.51.100.128:80")
}

func TestStackedNetworksThatCannotBe(t *testing.T) {
	m := newMachine(t)
	m.outside()
	m.create(onUplink(nil))
	for _, test := range []struct {
		driver  string
		options map[string]string
		text    string
	}{
		{"macvlan", map[string]string{optionParent: "lo"}, "loopback interface is not a valid macvlan parent link"},
		{"macvlan", map[string]string{optionParent: "nowhere"}, "-o parent interface was not found on the host: nowhere"},
		{"macvlan", map[string]string{optionParent: "nowhere.10"}, "failed to find master interface nowhere on the Docker host"},
		{"macvlan", map[string]string{optionParent: "uplink.5000"}, "invalid subinterface vlan name uplink.5000"},
		{"macvlan", map[string]string{optionMACVLANMode: "fast"}, "requested macvlan mode 'fast' is not valid, 'bridge' mode is the macvlan driver default"},
		{"macvlan", map[string]string{optionParent: "uplink", optionMACVLANMode: "passthru"}, "cannot use mode passthru, macvlan network"},
		{"ipvlan", map[string]string{optionIPVLANMode: "l4"}, "requested ipvlan mode 'l4' is not valid, 'l2' mode is the ipvlan driver default"},
		{"ipvlan", map[string]string{optionParent: "uplink"}, "is already using parent interface uplink"},
		{"overlay", nil, `This node is not a swarm manager. Use "docker swarm init"`},
	} {
		_, err := m.Create(Config{Name: "other", Driver: test.driver, Options: test.options})
		if err == nil || !strings.Contains(err.Error(), test.text) || fault.KindOf(err) == fault.Internal {
			t.Errorf("%s %v: %v instead of %q", test.driver, test.options, err, test.text)
		}
	}
	if count := len(m.List()); count != 4 {
		t.Errorf("there are %d networks", count)
	}
}
