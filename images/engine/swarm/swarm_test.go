package swarm

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/api/types/swarm"

	"twinhull/engine/fault"
	"twinhull/engine/filters"
	"twinhull/engine/network"
)

// engine runs tasks that only seem to run, and networks remembers what a node was told of them.
type fakeEngine struct {
	name  string
	mutex sync.Mutex
	tasks map[string]chan struct{}
}

func (e *fakeEngine) Describe() swarm.NodeDescription { return swarm.NodeDescription{Hostname: e.name} }

func (e *fakeEngine) Find(id string) string {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.tasks[id] == nil {
		return ""
	}
	return id
}

func (e *fakeEngine) Tasks() []string {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	var all []string
	for id := range e.tasks {
		all = append(all, id)
	}
	return all
}

func (e *fakeEngine) Prepare(_ context.Context, a *assignment) (string, error) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if a.Task.Spec.ContainerSpec.Image == "nothing" {
		return "", errors.New("No such image: nothing")
	}
	e.tasks[a.Task.ID] = make(chan struct{})
	return a.Task.ID, nil
}

func (e *fakeEngine) Start(context.Context, string) (swarm.ContainerStatus, error) {
	return swarm.ContainerStatus{PID: 1}, nil
}

func (e *fakeEngine) Wait(ctx context.Context, _ string) (int, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

func (e *fakeEngine) Stop(context.Context, string, *time.Duration) error { return nil }

func (e *fakeEngine) Remove(_ context.Context, id string) error {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	delete(e.tasks, id)
	return nil
}

func (e *fakeEngine) Logs(_ context.Context, id string, _ logRequest, sink func(logLine) error) error {
	return sink(logLine{Text: []byte("line of " + e.name + "\n")})
}

type fakeNetworks struct {
	mutex   sync.Mutex
	cluster network.Cluster
	views   map[string]network.SwarmView
	ports   []network.MeshPort
}

func (f *fakeNetworks) SetCluster(c network.Cluster) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.cluster = c
	return nil
}
func (f *fakeNetworks) Adopt(*network.Network) error { return nil }
func (f *fakeNetworks) SetViews(views map[string]network.SwarmView) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.views = views
	return nil
}
func (f *fakeNetworks) SetMesh(_ string, _ netip.Addr, ports []network.MeshPort) error {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.ports = ports
	return nil
}

type host struct {
	*Swarm
	engine   *fakeEngine
	networks *fakeNetworks
}

func newHost(t *testing.T, name string) *host {
	t.Helper()
	h := &host{engine: &fakeEngine{name: name, tasks: map[string]chan struct{}{}}, networks: &fakeNetworks{}}
	var err error
	if h.Swarm, err = Open(filepath.Join(t.TempDir(), "swarm"), h.engine, h.networks); err != nil {
		t.Fatal(err)
	}
	return h
}

// await waits for a condition that other goroutines bring about.
func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !condition(); {
		if time.Now().After(deadline) {
			t.Fatalf("in vain: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (h *host) nodeState(name string) swarm.NodeState {
	n, err := h.Node(name)
	if err != nil {
		return swarm.NodeState(err.Error())
	}
	return n.Status.State
}

// running says where a service's tasks run.
func (h *host) running(service string) (on map[string]int) {
	on = map[string]int{}
	tasks, _ := h.Tasks(filters.Filters{"service": {service}, "desired-state": {"running"}})
	for _, t := range tasks {
		if t.Status.State == swarm.TaskStateRunning {
			n, _ := h.Node(t.NodeID)
			on[n.Description.Hostname]++
		}
	}
	return on
}

func TestSwarmOfTwo(t *testing.T) {
	before := runtime.NumGoroutine()
	one, two := newHost(t, "one"), newHost(t, "two")
	if after := runtime.NumGoroutine(); after != before {
		t.Errorf("machines without a swarm have %d goroutines more", after-before)
	}
	if _, err := one.Nodes(nil); err == nil || !strings.HasPrefix(err.Error(), "This node is not a swarm manager. Use") || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("without a swarm: %v", err)
	}
	spec := swarm.Spec{Dispatcher: swarm.DispatcherConfig{HeartbeatPeriod: 200 * time.Millisecond}}
	if _, err := one.Init(swarm.InitRequest{AdvertiseAddr: "127.0.0.1:23770", ListenAddr: "127.0.0.1:23770", Spec: spec}); err != nil {
		t.Fatal(err)
	}
	if _, err := one.Init(swarm.InitRequest{}); err == nil || !strings.Contains(err.Error(), "already part of a swarm") {
		t.Errorf("a second time: %v", err)
	}
	tokens, err := one.Swarm.Inspect()
	if err != nil {
		t.Fatal(err)
	}
	join := swarm.JoinRequest{RemoteAddrs: []string{"127.0.0.1:23770"}}
	worker := tokens.JoinTokens.Worker
	for token, text := range map[string]string{
		"":                        "invalid join token",
		tokens.JoinTokens.Manager: "have one manager",
		worker[:59] + strings.Repeat("0", 26)[:1] + worker[60:84] + "0": "valid join token",
		tokenPrefix + strings.Repeat("0", 50) + worker[59:]:             "remote CA does not match fingerprint",
	} {
		join.JoinToken = token
		if err := two.Join(join); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("with the token %s: %v instead of %q", token, err, text)
		}
	}
	join.JoinToken = worker
	if err := two.Join(join); err != nil {
		t.Fatal(err)
	}
	if _, err := two.Nodes(nil); err == nil || !strings.Contains(err.Error(), "Worker nodes can't be used to view or modify cluster state") {
		t.Errorf("a worker says %v", err)
	}
	await(t, "two nodes", func() bool { return one.nodeState("two") == swarm.NodeStateReady })

	service := specOf("web", 4)
	service.EndpointSpec = &swarm.EndpointSpec{Ports: []swarm.PortConfig{{TargetPort: 80, PublishedPort: 8080}}}
	if _, err := one.CreateService(service); err != nil {
		t.Fatal(err)
	}
	await(t, "two tasks on each", func() bool { return fmt.Sprint(one.running("web")) == "map[one:2 two:2]" })
	await(t, "the port on the worker", func() bool {
		two.networks.mutex.Lock()
		defer two.networks.mutex.Unlock()
		return len(two.networks.ports) == 1 && len(two.networks.ports[0].Backends) == 4
	})
	tasks, _ := one.Tasks(nil)
	lines := map[string]int{}
	err = one.Logs(context.Background(), tasks, LogOptions{Tail: -1}, func(_ *swarm.Task, _ bool, line []byte) error {
		lines[string(line)]++
		return nil
	})
	if err != nil || lines["line of one\n"] != 2 || lines["line of two\n"] != 2 {
		t.Errorf("the logs are %v, %v", lines, err)
	}

	// Cut off: the other end says nothing more and its tasks go on.
	two.Close()
	await(t, "the node is down", func() bool { return one.nodeState("two") == swarm.NodeStateDown })
	await(t, "its tasks are elsewhere", func() bool { return one.running("web")["one"] == 4 })
	again, err := Open(two.directory, two.engine, two.networks)
	if err == nil {
		err = again.Resume()
	}
	if err != nil {
		t.Fatal(err)
	}
	two.Swarm = again
	await(t, "the node is back", func() bool { return one.nodeState("two") == swarm.NodeStateReady })
	await(t, "no tasks that were replaced", func() bool {
		old, _ := one.Tasks(filters.Filters{"desired-state": {"shutdown"}})
		for _, t := range old {
			if !isOver(t.Status.State) {
				return false
			}
		}
		return len(old) == 2
	})

	// A manager that starts again knows everything, and its nodes find it.
	one.Close()
	if one.Swarm, err = Open(one.directory, one.engine, one.networks); err == nil {
		err = one.Resume()
	}
	if err != nil {
		t.Fatal(err)
	}
	await(t, "all as before", func() bool {
		return one.nodeState("two") == swarm.NodeStateReady && one.running("web")["one"] == 4 && two.Info().Error == ""
	})

	if err := two.Leave(false); err != nil {
		t.Fatal(err)
	}
	await(t, "the node has left", func() bool { return one.nodeState("two") == swarm.NodeStateDown })
	if err := one.RemoveNode("two", false); err != nil {
		t.Error(err)
	}
	if err := one.Leave(false); err == nil || !strings.Contains(err.Error(), "erases all current state") {
		t.Errorf("leaving as the manager: %v", err)
	}
	if err := one.Leave(true); err != nil {
		t.Fatal(err)
	}
	for _, h := range []*host{one, two} {
		if _, err := os.Stat(h.directory); !errors.Is(err, os.ErrNotExist) || len(h.engine.tasks) != 0 || h.networks.cluster != nil {
			t.Errorf("of %s stayed: %v, %d tasks, %v", h.engine.name, err, len(h.engine.tasks), h.networks.cluster)
		}
	}
	await(t, "no goroutine stays", func() bool { return runtime.NumGoroutine() <= before })
}
