package network

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"twinhull/engine/fault"
)

func TestContainersStayConnectedWhileTheDaemonStartsAgain(t *testing.T) {
	m := newMachine(t)
	m.create(Config{Name: "back", Labels: map[string]string{"tier": "back"}})
	web, client := m.container("web", "back"), m.container("client", "back")
	m.serve(web, 80)
	m.publish(web, tcp("", 8080, 80))
	before, err := m.Get("back")
	if err != nil {
		t.Fatal(err)
	}

	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if connection, err := net.DialTimeout("tcp4", "127.0.0.1:8080", 10*time.Second); err != nil {
		t.Errorf("without the daemon: %v", err)
	} else {
		connection.Close()
	}
	m.open()

	after, err := m.Get(before.ID)
	if err != nil {
		t.Fatal(err)
	}
	if after.Name != "back" || after.Labels["tier"] != "back" || !after.Created.Equal(before.Created) || len(m.List()) != 4 {
		t.Errorf("%+v has become %+v", before, after)
	}
	if web, err = m.OpenSandbox(web.container); err != nil {
		t.Fatal(err)
	}
	if client, err = m.OpenSandbox(client.container); err != nil {
		t.Fatal(err)
	}
	m.mustCall(nil, "127.0.0.1:8080")
	m.mustCall(client, "172.18.0.2:80")
	m.resolves(client, "web", "172.18.0.2")
	if published := web.Published(); len(published) != 1 || published[0].HostPort != 8080 {
		t.Errorf("published are %v", published)
	}
	third := m.container("third", "back")
	if address := third.Endpoints()[0].Address.String(); address != "172.18.0.4/16" {
		t.Errorf("an address is not the next free one, but %s", address)
	}
	if _, err := m.Publish(third, []PortBinding{tcp("", 8080, 80)}); err == nil {
		t.Error("a port that was published is free")
	}
	if err := m.Disconnect(web, "back"); err != nil {
		t.Fatal(err)
	}
	m.connect(web, "bridge", EndpointSpec{})
	m.mustCall(nil, "127.0.0.1:8080")
}

func TestSandboxesOfContainersThatAreNoMoreAreSwept(t *testing.T) {
	m := newMachine(t)
	m.create(Config{Name: "back"})
	kept, dropped, bare := m.container("kept", "back"), m.container("dropped", "back"), m.container("bare")
	m.publish(dropped, tcp("", 8080, 80))
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	// As after a machine was turned off: the file is there, and nothing is bound to it.
	gone := filepath.Join(m.run, "netns", strings.Repeat("9", 12))
	if err := os.WriteFile(gone, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(m.run, "network", strings.Repeat("9", 64)+".json"), []byte(`{"Container":"`+strings.Repeat("9", 64)+`"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	m.open()
	if _, err := os.Stat(gone); err == nil {
		t.Error("the file of a namespace that is no more is still there")
	}
	if _, err := m.OpenSandbox(bare.container); err != nil {
		t.Errorf("a sandbox without a network: %v", err)
	}
	if err := m.Sweep(func(id string) bool { return id == kept.container }); err != nil {
		t.Fatal(err)
	}
	for _, s := range []*Sandbox{dropped, bare} {
		if _, err := m.OpenSandbox(s.container); !fault.Is(err, fault.NotFound) {
			t.Errorf("of a swept sandbox: %v", err)
		}
	}
	if _, err := m.OpenSandbox(kept.container); err != nil {
		t.Error(err)
	}
	m.mustNotCall(nil, "127.0.0.1:8080")
}

// remains counts what sandboxes are made of.
func (m *machine) remains() string {
	m.t.Helper()
	links, err := net.Interfaces()
	if err != nil {
		m.t.Fatal(err)
	}
	count := func(path string) int {
		entries, err := os.ReadDir(path)
		if err != nil {
			m.t.Fatal(err)
		}
		return len(entries)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		m.t.Fatal(err)
	}
	rules := "not counted"
	if output, err := exec.Command("nft", "list", "table", "ip", "docker").Output(); err == nil {
		rules = fmt.Sprint(strings.Count(string(output), "\n"))
	}
	return fmt.Sprintf("%d links, %d mounts, %d descriptors, %d goroutines, %d files, %d places, %s lines of rules, %d held ports",
		len(links), strings.Count(string(mounts), "\n"), count("/proc/self/fd"), runtime.NumGoroutine(),
		count(filepath.Join(m.run, "network")), count(filepath.Join(m.run, "netns")), rules, len(m.ports.held))
}

func TestNothingStaysOfSandboxes(t *testing.T) {
	m := newMachine(t)
	m.create(Config{Name: "back"})
	// Most sandboxes are simple; every tenth has all that there is.
	cycle := func(number int) {
		s := m.container("c", "bridge")
		if number%10 == 0 {
			m.publish(s, tcp("", uint16(8000+number%7), 80), PortBinding{Protocol: "udp", ContainerPort: 53})
			m.connect(s, "back", EndpointSpec{ContainerName: "c"})
			m.resolves(s, "c", "172.18.0.2")
			if err := m.Disconnect(s, "bridge"); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.CloseSandbox(s); err != nil {
			t.Fatal(err)
		}
	}
	cycle(0)
	before := m.remains()
	cycles := 500
	if testing.Short() {
		cycles = 50
	}
	for number := range cycles {
		cycle(number)
	}
	// The garbage collector closes nothing here; what was not closed stays open.
	if after := m.remains(); after != before {
		t.Errorf("before: %s\nafter:  %s", before, after)
	}
}

func TestContainersComeAndGoAtOnce(t *testing.T) {
	m := newMachine(t)
	m.create(Config{Name: "back"})
	client := m.container("client", "back")
	var running sync.WaitGroup
	for worker := range 8 {
		running.Go(func() {
			for round := range 5 {
				name := fmt.Sprintf("c%d", worker)
				s, err := m.NewSandbox(fmt.Sprintf("%d%d%s", worker, round, newID()[2:]))
				if err != nil {
					t.Error(err)
					return
				}
				_, err = m.Connect(s, "back", EndpointSpec{ContainerName: name})
				if err == nil {
					_, err = m.Publish(s, []PortBinding{{Protocol: "tcp", ContainerPort: 80}})
				}
				if err != nil {
					t.Error(err)
				}
				if err := m.CloseSandbox(s); err != nil {
					t.Error(err)
				}
			}
		})
		running.Go(func() {
			for range 5 {
				m.resolves(client, "client", "172.18.0.2")
			}
		})
	}
	running.Wait()
	if e := m.container("last", "back").Endpoints()[0]; e.Address.String() != "172.18.0.3/16" {
		t.Errorf("addresses were not given back: the next is %s", e.Address)
	}
}
