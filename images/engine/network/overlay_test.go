package network

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"twinhull/engine/events"
	"twinhull/engine/network/firewall"
	"twinhull/engine/network/rtnl"
)

// secondMachine says to the test program that it is another machine, on the wire of the first.
const secondMachine = "NETWORK_TEST_SECOND_MACHINE"

const secondAddress = "198.51.100.2"

// fixed is a swarm that grants what it is asked for.
type fixed struct {
	networks map[string]*Network
	detached []string
}

func (f *fixed) CreateNetwork(config Config) (*Network, error) {
	number := 4097 + len(f.networks)
	prefix := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(number - 4096), 0}), 24)
	n := &Network{
		ID: fmt.Sprintf("network%018d", number), Name: config.Name, Driver: "overlay", Scope: SwarmScope,
		Internal: config.Internal, Attachable: true, Options: map[string]string{OptionVXLAN: fmt.Sprint(number)},
		IPAM: IPAM{Driver: "default", Subnets: []Subnet{{Subnet: prefix, Gateway: prefix.Addr().Next()}}},
	}
	f.networks[n.Name] = n
	return n, nil
}

func (f *fixed) RemoveNetwork(string) error { return nil }
func (f *fixed) Attach(network string, a Attachment) (Grant, error) {
	return Grant{Network: f.networks[network], Address: a.Address}, nil
}
func (f *fixed) Detach(_, containerID string) { f.detached = append(f.detached, containerID) }

func inSwarm(m *Controller) (*fixed, error) {
	swarm := &fixed{networks: map[string]*Network{}}
	if err := m.SetCluster(swarm); err != nil {
		return nil, err
	}
	_, err := m.Create(Config{Name: "across", Driver: "overlay"})
	return swarm, err
}

// viewOf is what both machines know; each leaves out its own endpoints.
func viewOf(peer, machine string) map[string]SwarmView {
	address := netip.MustParseAddr(peer)
	return map[string]SwarmView{"network000000000000004097": {
		Peers: []Peer{{Address: address, MAC: macOf(address).String(), Machine: netip.MustParseAddr(machine)}},
		Names: Names{"far": {address}, "shop": {netip.MustParseAddr("10.0.1.9")}},
		Services: []firewall.Service{{Address: netip.MustParseAddr("10.0.1.9"), Backends: []netip.Addr{
			netip.MustParseAddr("10.0.1.2"), netip.MustParseAddr("10.0.1.3"),
		}}},
	}}
}

// playSecond is the other machine: it has one container that answers on port 80, until its input ends.
func playSecond() int {
	err := func() error {
		state, err := os.MkdirTemp("", "second")
		if err != nil {
			return err
		}
		defer os.RemoveAll(state)
		c, err := Open(filepath.Join(state, "kept"), filepath.Join(state, "run"), &events.Bus{})
		if err != nil {
			return err
		}
		json.NewEncoder(os.Stdout).Encode("open")
		var ready string
		commands := json.NewDecoder(os.Stdin)
		if err := commands.Decode(&ready); err != nil {
			return err
		}
		var index int
		var kind string
		if err := c.links.Do(rtnl.FindLink("eth0", &index, &kind)); err != nil {
			return err
		}
		if err := c.links.Do(rtnl.RaiseLink(index), rtnl.AddAddress(index, netip.MustParsePrefix(secondAddress+"/24"))); err != nil {
			return err
		}
		if _, err := inSwarm(c); err != nil {
			return err
		}
		if err := c.SetViews(viewOf("10.0.1.2", machineAddress)); err != nil {
			return err
		}
		s, err := c.NewSandbox(newID())
		if err != nil {
			return err
		}
		if _, err := c.Connect(s, "across", EndpointSpec{ContainerName: "far", IPv4: netip.MustParseAddr("10.0.1.3")}); err != nil {
			return err
		}
		var listener net.Listener
		err = inside(c.home, s.namespace, func() (err error) {
			listener, err = net.Listen("tcp4", ":80")
			return err
		})
		if err != nil {
			return err
		}
		go func() {
			for {
				connection, err := listener.Accept()
				if err != nil {
					return
				}
				fmt.Fprintf(connection, "far, called by %s", connection.RemoteAddr().(*net.TCPAddr).IP)
				connection.Close()
			}
		}()
		json.NewEncoder(os.Stdout).Encode("serving")
		commands.Decode(&ready) // until the input ends
		listener.Close()
		return c.CloseSandbox(s)
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "the second machine:", err)
		return 1
	}
	return 0
}

// second starts the other machine, at the other end of a cable whose end here is called uplink.
func (m *machine) second() {
	m.t.Helper()
	other := exec.Command("/proc/self/exe")
	other.Env = append(os.Environ(), secondMachine+"=1")
	other.Stderr = os.Stderr
	other.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS}
	commands, err := other.StdinPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	answers, err := other.StdoutPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() {
		commands.Close()
		if err := errors.Join(other.Wait(), m.unwire()); err != nil {
			m.t.Error(err)
		}
	})
	said, say := json.NewDecoder(answers), json.NewEncoder(commands)
	await := func(wanted string) {
		m.t.Helper()
		var word string
		if err := said.Decode(&word); err != nil || word != wanted {
			m.t.Fatalf("the second machine says %q, %v instead of %s", word, err, wanted)
		}
	}
	await("open")
	namespace, err := openNamespace(fmt.Sprintf("/proc/%d/ns/net", other.Process.Pid))
	if err != nil {
		m.t.Fatal(err)
	}
	defer unix.Close(namespace)
	var here, there int
	cable := rtnl.Cable{Name: "uplink", Namespace: namespace, Inside: "eth0", MAC: macOf(netip.MustParseAddr(secondAddress))}
	if err := m.links.Do(rtnl.NewCable(cable, &here, &there)); err != nil {
		m.t.Fatal(err)
	}
	m.addAddress("uplink", machineAddress+"/24")
	say.Encode("wired")
	await("serving")
}

func TestOverlayJoinsMachines(t *testing.T) {
	m := newMachine(t)
	m.second()
	swarm, err := inSwarm(m.Controller)
	if err != nil {
		t.Fatal(err)
	}
	s := m.container("near")
	m.connect(s, "across", EndpointSpec{ContainerName: "near", IPv4: netip.MustParseAddr("10.0.1.2")})
	if err := m.SetViews(viewOf("10.0.1.3", secondAddress)); err != nil {
		t.Fatal(err)
	}
	if link := m.link(s, "eth0"); link.MTU != 1450 {
		t.Errorf("the MTU is %d", link.MTU)
	}
	m.mustPing(s, "10.0.1.3")
	if said := m.mustCall(s, "10.0.1.3:80"); said != "far, called by 10.0.1.2" {
		t.Error(said)
	}
	// Names of the other machine, and a service of both, in turn; tasks see who calls.
	for name, wanted := range map[string]string{"far": "10.0.1.3", "shop": "10.0.1.9", "near": "10.0.1.2", "far.across": "10.0.1.3"} {
		if found, _ := s.view.Addresses(name); len(found) != 1 || found[0].String() != wanted {
			t.Errorf("%s is at %v", name, found)
		}
	}
	m.serve(s, 80)
	callers := map[string]int{}
	for range 4 {
		callers[m.mustCall(s, "10.0.1.9:80")]++
	}
	if callers["far, called by 10.0.1.2"] != 2 || callers["10.0.1.2"] != 2 {
		t.Errorf("the service answers %v", callers)
	}
	m.mustPing(s, "10.0.1.9")
	// The machine itself is not in the network; the way out is docker_gwbridge.
	m.mustNotCall(nil, "10.0.1.3:80")
	gate, ok := s.HasGate()
	if !ok || gate.String() != "172.18.0.2" || len(s.Endpoints()) != 1 {
		t.Errorf("the way out is %s, among %v", gate, s.Endpoints())
	}
	m.mustCall(s, "10.0.1.3:80")
	n, err := m.Get("across")
	if err != nil {
		t.Fatal(err)
	}
	// A daemon that starts again takes the network over.
	m.Close()
	m.open()
	if err := m.SetCluster(swarm); err != nil {
		t.Fatal(err)
	}
	m.mustCall(s, "10.0.1.3:80")
	path := m.overlays.networks[n.ID].path
	if err := m.SetCluster(nil); err != nil {
		t.Fatal(err)
	}
	if isNamespace(path) {
		t.Error("the network's namespace stayed")
	}
	if names := namesOf(m.List()); names != "bridge host none" {
		t.Errorf("the networks are %s", names)
	}
}

func namesOf(networks []*Network) string {
	text := ""
	for at, n := range networks {
		if at > 0 {
			text += " "
		}
		text += n.Name
	}
	return text
}

func TestOverlaysComeAndGo(t *testing.T) {
	m := newMachine(t)
	swarm, err := inSwarm(m.Controller)
	if err != nil {
		t.Fatal(err)
	}
	for round := range 20 {
		s := m.container("c")
		m.connect(s, "across", EndpointSpec{ContainerName: "c", IPv4: netip.MustParseAddr("10.0.1.2")})
		if err := m.CloseSandbox(s); err != nil {
			t.Fatal(round, err)
		}
		if len(swarm.detached) != round+1 {
			t.Fatalf("the swarm was told of %d ends", len(swarm.detached))
		}
	}
	if entries, err := os.ReadDir(m.namespaceDir); err != nil || len(entries) != 0 {
		t.Errorf("%v, %v stayed", entries, err)
	}
	if err := m.SetCluster(nil); err != nil {
		t.Fatal(err)
	}
}

func TestMeshPublishesOnEveryMachine(t *testing.T) {
	m := newMachine(t)
	outside := m.outside()
	swarm, err := inSwarm(m.Controller)
	if err != nil {
		t.Fatal(err)
	}
	s := m.container("task")
	m.connect(s, "across", EndpointSpec{ContainerName: "task", IPv4: netip.MustParseAddr("10.0.1.2")})
	m.serve(s, 80)
	ports := []MeshPort{{Protocol: "tcp", Published: 8080, Target: 80, Backends: []netip.Addr{netip.MustParseAddr("10.0.1.2")}}}
	n := swarm.networks["across"]
	if err := m.SetMesh(n.ID, netip.MustParseAddr("10.0.1.254"), ports); err != nil {
		t.Fatal(err)
	}
	// Tasks see the mesh's address.
	for _, from := range []*Sandbox{nil, outside} {
		address := "127.0.0.1:8080"
		if from != nil {
			address = machineAddress + ":8080"
		}
		if said := m.mustCall(from, address); said != "10.0.1.254" {
			t.Errorf("the caller is %s", said)
		}
	}
	if err := m.SetMesh(n.ID, netip.MustParseAddr("10.0.1.254"), nil); err != nil {
		t.Fatal(err)
	}
	m.mustNotCall(nil, "127.0.0.1:8080")
	if err := m.SetCluster(nil); err != nil {
		t.Fatal(err)
	}
}
