package swarm

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/swarm"

	"twinhull/engine/fault"
	"twinhull/engine/network"
)

// world is a manager's state with a clock, and nodes that do what they are told at once.
type world struct {
	*state
	t   *testing.T
	now time.Time
	// fails has tasks of these services end with an error.
	fails map[string]bool
	deaf  map[string]bool // nodes that are cut off
}

func newWorld(t *testing.T, nodes ...string) *world {
	t.Helper()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s, err := newState(now, swarm.Spec{}, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{state: s, t: t, now: now, fails: map[string]bool{}, deaf: map[string]bool{}}
	for at, name := range nodes {
		role := swarm.NodeRoleWorker
		if at == 0 {
			role = swarm.NodeRoleManager
		}
		n := s.addNode(now, name, role)
		s.greet(now, n, netip.AddrFrom4([4]byte{192, 168, 0, byte(at + 1)}), hello{Description: swarm.NodeDescription{Hostname: name}})
	}
	return w
}

// pass lets time pass in steps of a second.
func (w *world) pass(seconds int) {
	for range seconds {
		w.now = w.now.Add(time.Second)
		for _, n := range w.Nodes {
			if w.deaf[n.Description.Hostname] || n.Status.State == swarm.NodeStateUnknown {
				continue
			}
			n.seen = w.now
			n.Status.State = swarm.NodeStateReady
			for _, one := range w.view(n.ID).Tasks {
				t := w.Tasks[one.Task.ID]
				status := swarm.TaskStateRunning
				switch {
				case one.Task.DesiredState != swarm.TaskStateRunning:
					status = swarm.TaskStateShutdown
				case w.fails[one.Service] && t.Status.State == swarm.TaskStateRunning:
					status = swarm.TaskStateFailed
				case t.Status.State == swarm.TaskStateRunning:
					continue
				}
				w.report(n.ID, report{t.ID, swarm.TaskStatus{Timestamp: w.now, State: status}})
			}
		}
		w.missing(w.now)
		w.giveMesh()
		w.reconcile(w.now)
	}
}

func specOf(name string, replicas int) swarm.ServiceSpec {
	return swarm.ServiceSpec{
		Annotations:  swarm.Annotations{Name: name},
		TaskTemplate: swarm.TaskSpec{ContainerSpec: &swarm.ContainerSpec{Image: "busybox"}},
		Mode:         swarm.ServiceMode{Replicated: &swarm.ReplicatedService{Replicas: new(uint64(replicas))}},
	}
}

func (w *world) create(spec swarm.ServiceSpec) *service {
	w.t.Helper()
	v, err := w.createService(w.now, spec)
	if err != nil {
		w.t.Fatal(err)
	}
	w.reconcile(w.now)
	return v
}

// where says how many tasks of a service run on each node: "a:2 b:1".
func (w *world) where(v *service) string {
	count := map[string]int{}
	for _, t := range w.tasksOf(v, func(t *task) bool {
		return t.Status.State == swarm.TaskStateRunning && t.DesiredState == swarm.TaskStateRunning
	}) {
		count[w.Nodes[t.NodeID].Description.Hostname]++
	}
	var parts []string
	for name, number := range count {
		parts = append(parts, fmt.Sprintf("%s:%d", name, number))
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

func (w *world) expect(v *service, wanted string) {
	w.t.Helper()
	if got := w.where(v); got != wanted {
		w.t.Errorf("%s runs on %q instead of %q", v.Spec.Name, got, wanted)
	}
}

func (w *world) update(v *service, change func(*swarm.ServiceSpec)) {
	w.t.Helper()
	spec := v.Spec
	change(&spec)
	if err := w.updateService(w.now, v.ID, v.Version.Index, spec, false); err != nil {
		w.t.Fatal(err)
	}
	w.reconcile(w.now)
}

func replicas(count int) func(*swarm.ServiceSpec) {
	return func(spec *swarm.ServiceSpec) {
		spec.Mode.Replicated = &swarm.ReplicatedService{Replicas: new(uint64(count))}
	}
}

func TestReplicasSpreadAndScale(t *testing.T) {
	w := newWorld(t, "a", "b")
	v := w.create(specOf("web", 4))
	w.pass(2)
	w.expect(v, "a:2 b:2")
	w.update(v, replicas(5))
	w.pass(2)
	if got := w.where(v); got != "a:3 b:2" && got != "a:2 b:3" {
		t.Errorf("it runs on %s", got)
	}
	w.update(v, replicas(2))
	w.pass(2)
	w.expect(v, "a:1 b:1")
	if len(w.Tasks) != 2 {
		t.Errorf("%d tasks are kept", len(w.Tasks))
	}
	w.update(v, replicas(0))
	w.pass(2)
	w.expect(v, "")
	if err := w.removeService("web"); err != nil {
		t.Fatal(err)
	}
	w.pass(1)
	if len(w.Tasks) != 0 {
		t.Errorf("%d tasks stayed", len(w.Tasks))
	}
}

func TestNodesThatAreCutOffAreNoticed(t *testing.T) {
	w := newWorld(t, "a", "b")
	v := w.create(specOf("web", 4))
	w.pass(2)
	w.deaf["b"] = true
	w.pass(14)
	w.expect(v, "a:2 b:2")
	w.pass(4)
	w.expect(v, "a:4")
	b, err := w.node("b")
	if err != nil || b.Status.State != swarm.NodeStateDown || b.Status.Message != "heartbeat failure" {
		t.Errorf("b is %v, %v", b.Status, err)
	}
	// Its tasks count as running until it can say that they are not, and keep their addresses.
	lost := w.tasksOf(v, func(t *task) bool { return t.NodeID == b.ID })
	if len(lost) != 2 || lost[0].DesiredState != swarm.TaskStateShutdown || lost[0].Status.State != swarm.TaskStateRunning {
		t.Errorf("its tasks are %v", lost)
	}
	// Healed: it hears that its tasks are to end; the others stay where they are, as in Docker.
	w.deaf["b"] = false
	w.pass(2)
	w.expect(v, "a:4")
	if lost[0].Status.State != swarm.TaskStateShutdown || b.Status.State != swarm.NodeStateReady {
		t.Errorf("after it came back: %s, %s", lost[0].Status.State, b.Status.State)
	}
	w.update(v, replicas(6))
	w.pass(2)
	w.expect(v, "a:4 b:2")
}

func TestFailedTasksStartAgainAfterADelay(t *testing.T) {
	w := newWorld(t, "a")
	v := w.create(specOf("web", 1))
	w.pass(1)
	w.expect(v, "a:1")
	w.fails["web"] = true
	w.pass(1)
	w.fails["web"] = false
	w.pass(4)
	w.expect(v, "")
	w.pass(3)
	w.expect(v, "a:1")
	for range 10 {
		w.fails["web"] = true
		w.pass(2)
		w.fails["web"] = false
		w.pass(7)
	}
	if kept := len(w.Tasks); kept != 1+defaultHistory {
		t.Errorf("%d tasks are kept", kept)
	}
}

func TestRestartPolicies(t *testing.T) {
	w := newWorld(t, "a")
	spec := specOf("none", 1)
	spec.TaskTemplate.RestartPolicy = &swarm.RestartPolicy{Condition: swarm.RestartPolicyConditionNone}
	never := w.create(spec)
	spec = specOf("twice", 1)
	spec.TaskTemplate.RestartPolicy = &swarm.RestartPolicy{
		Condition: swarm.RestartPolicyConditionOnFailure, MaxAttempts: new(uint64(2)), Delay: new(time.Duration(0)),
	}
	twice := w.create(spec)
	w.fails["none"], w.fails["twice"] = true, true
	w.pass(20)
	for v, wanted := range map[*service]int{never: 1, twice: 3} {
		if tasks := w.tasksOf(v, func(*task) bool { return true }); len(tasks) != wanted {
			t.Errorf("%s has had %d tasks", v.Spec.Name, len(tasks))
		}
	}
}

func TestUpdatesRoll(t *testing.T) {
	w := newWorld(t, "a", "b")
	v := w.create(specOf("web", 4))
	w.pass(2)
	w.update(v, func(spec *swarm.ServiceSpec) {
		spec.TaskTemplate.ContainerSpec = &swarm.ContainerSpec{Image: "busybox:2"}
	})
	fewest := 4
	for range 20 {
		w.pass(1)
		running := w.tasksOf(v, func(t *task) bool {
			return t.Status.State == swarm.TaskStateRunning && t.DesiredState == swarm.TaskStateRunning
		})
		fewest = min(fewest, len(running))
	}
	if fewest != 3 {
		t.Errorf("%d tasks were left during the update", fewest)
	}
	if v.UpdateStatus == nil || v.UpdateStatus.State != swarm.UpdateStateCompleted {
		t.Errorf("the update is %v", v.UpdateStatus)
	}
	for _, t2 := range w.tasksOf(v, isLive) {
		if t2.Spec.ContainerSpec.Image != "busybox:2" {
			t.Errorf("task %s runs %s", t2.ID, t2.Spec.ContainerSpec.Image)
		}
	}
	if err := w.updateService(w.now, "web", v.Version.Index, swarm.ServiceSpec{}, true); err != nil {
		t.Fatal(err)
	}
	w.pass(20)
	if v.UpdateStatus.State != swarm.UpdateStateRollbackCompleted || v.Spec.TaskTemplate.ContainerSpec.Image != "busybox" {
		t.Errorf("after the rollback: %v, %s", v.UpdateStatus, v.Spec.TaskTemplate.ContainerSpec.Image)
	}
	w.expect(v, "a:2 b:2")
}

func TestPlacement(t *testing.T) {
	w := newWorld(t, "a", "b", "c")
	for name, test := range map[string]struct{ constraint, wanted string }{
		"role": {"node.role==worker", "b:1 c:1"}, "not": {"node.hostname!=b", "a:1 c:1"}, "host": {"node.hostname==c", "c:2"},
		"nowhere": {"node.labels.disk==ssd", ""},
	} {
		spec := specOf(name, 2)
		spec.TaskTemplate.Placement = &swarm.Placement{Constraints: []string{test.constraint}}
		v := w.create(spec)
		w.pass(2)
		w.expect(v, test.wanted)
		if test.wanted == "" {
			if why := w.tasksOf(v, isLive)[0].Status.Err; why != "no suitable node (scheduling constraints not satisfied on 3 nodes)" {
				t.Errorf("it waits because of %q", why)
			}
			b, _ := w.node("b")
			b.Spec.Labels["disk"] = "ssd"
			w.pass(2)
			w.expect(v, "b:2")
		}
		if err := w.removeService(name); err != nil {
			t.Fatal(err)
		}
		w.pass(2)
	}
	spec := specOf("everywhere", 0)
	spec.Mode = swarm.ServiceMode{Global: &swarm.GlobalService{}}
	v := w.create(spec)
	w.pass(2)
	w.expect(v, "a:1 b:1 c:1")
	b, _ := w.node("b")
	b.Spec.Availability = swarm.NodeAvailabilityDrain
	w.pass(2)
	w.expect(v, "a:1 c:1")
	b.Spec.Availability = swarm.NodeAvailabilityActive
	w.pass(2)
	w.expect(v, "a:1 b:1 c:1")
}

func TestAddressesOfNetworks(t *testing.T) {
	w := newWorld(t, "a", "b")
	ingress := w.ingress()
	if subnet := ingress.IPAM.Subnets[0].Subnet.String(); subnet != "10.0.0.0/24" || ingress.Options[network.OptionVXLAN] != "4096" {
		t.Errorf("ingress is %s, %v", subnet, ingress.Options)
	}
	n, err := w.createNetwork(w.now, network.Config{Name: "back", Driver: "overlay", Attachable: true})
	if err != nil || n.IPAM.Subnets[0].Subnet.String() != "10.0.1.0/24" || n.Options[network.OptionVXLAN] != "4097" {
		t.Fatalf("%v, %v", n, err)
	}
	spec := specOf("web", 2)
	spec.TaskTemplate.Networks = []swarm.NetworkAttachmentConfig{{Target: "back", Aliases: []string{"Shop"}}}
	spec.EndpointSpec = &swarm.EndpointSpec{Ports: []swarm.PortConfig{{TargetPort: 80, PublishedPort: 8080}}}
	v := w.create(spec)
	w.pass(2)
	grant, err := w.attach("b-has-no-such-id", attaching{"back", network.Attachment{ContainerID: "c1", ContainerName: "client", DNSNames: []string{"client"}}})
	if err != nil || grant.Address.String() != "10.0.1.5" {
		t.Errorf("granted %v, %v", grant, err)
	}
	a, _ := w.node("a")
	seen := w.view(a.ID).Networks[n.ID]
	if len(seen.Peers) != 1 || seen.Peers[0].Machine.String() != "192.168.0.2" {
		t.Errorf("the peers are %v", seen.Peers)
	}
	if fmt.Sprint(seen.Names["web"], seen.Names["shop"], seen.Names["tasks.web"], seen.Names["client"]) != "[10.0.1.2] [10.0.1.2] [10.0.1.3 10.0.1.4] [10.0.1.5]" {
		t.Errorf("the names are %v", seen.Names)
	}
	mesh := w.view(a.ID).Mesh
	if len(mesh.Ports) != 1 || mesh.Ports[0].Published != 8080 || len(mesh.Ports[0].Backends) != 2 || !mesh.Address.IsValid() {
		t.Errorf("the mesh is %v", mesh)
	}
	if err := w.removeNetwork("back"); err == nil || !strings.Contains(err.Error(), "is in use by service "+v.ID) {
		t.Errorf("removing it: %v", err)
	}
	w.detach("b-has-no-such-id", detaching{n.ID, "c1"})
	if err := w.removeService("web"); err != nil {
		t.Fatal(err)
	}
	w.pass(2)
	if err := w.removeNetwork("back"); err != nil {
		t.Error(err)
	}
}

func TestRefusedServices(t *testing.T) {
	w := newWorld(t, "a")
	w.create(func() swarm.ServiceSpec {
		spec := specOf("web", 1)
		spec.EndpointSpec = &swarm.EndpointSpec{Ports: []swarm.PortConfig{{TargetPort: 80, PublishedPort: 8080}}}
		return spec
	}())
	for text, change := range map[string]func(*swarm.ServiceSpec){
		"name conflicts with an existing object: service web already exists": func(s *swarm.ServiceSpec) { s.Name = "web" },
		"name must be valid as a DNS name component":                         func(s *swarm.ServiceSpec) { s.Name = "a b" },
		"image reference must be provided":                                   func(s *swarm.ServiceSpec) { s.TaskTemplate.ContainerSpec.Image = "" },
		"network nowhere not found": func(s *swarm.ServiceSpec) {
			s.TaskTemplate.Networks = []swarm.NetworkAttachmentConfig{{Target: "nowhere"}}
		},
		"port '8080' is already in use by service 'web'": func(s *swarm.ServiceSpec) {
			s.EndpointSpec = &swarm.EndpointSpec{Ports: []swarm.PortConfig{{TargetPort: 81, PublishedPort: 8080}}}
		},
		"can't be used with dnsrr mode": func(s *swarm.ServiceSpec) {
			s.EndpointSpec = &swarm.EndpointSpec{Mode: "dnsrr", Ports: []swarm.PortConfig{{TargetPort: 81, PublishedPort: 81}}}
		},
		"neither secrets nor configs": func(s *swarm.ServiceSpec) {
			s.TaskTemplate.ContainerSpec.Secrets = []*swarm.SecretReference{{}}
		},
		"constraint expected one operator": func(s *swarm.ServiceSpec) {
			s.TaskTemplate.Placement = &swarm.Placement{Constraints: []string{"node.role=manager"}}
		},
		"have no jobs": func(s *swarm.ServiceSpec) { s.Mode = swarm.ServiceMode{GlobalJob: &swarm.GlobalJob{}} },
	} {
		spec := specOf("other", 1)
		change(&spec)
		if _, err := w.createService(w.now, spec); err == nil || !strings.Contains(err.Error(), text) || fault.KindOf(err) == fault.Internal {
			t.Errorf("%v instead of %q", err, text)
		}
	}
}

func TestTokens(t *testing.T) {
	authority, err := newAuthority(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	secret := newSecret()
	token := joinToken(authority.Certificate, secret)
	digest, read, err := parseToken(token)
	if err != nil || read != secret || digest != digestOf(authority.Certificate) || len(token) != 85 {
		t.Errorf("%s is read as %s, %s, %v", token, digest, read, err)
	}
	for _, wrong := range []string{"", "SWMTKN-1", token + "x", strings.Replace(token, "-1-", "-2-", 1), strings.ToUpper(token), token[:84] + "-"} {
		if _, _, err := parseToken(wrong); err == nil {
			t.Errorf("%q is a token", wrong)
		}
	}
}

func FuzzToken(f *testing.F) {
	f.Add("SWMTKN-1-" + strings.Repeat("0", digestLength) + "-" + strings.Repeat("z", secretLength))
	f.Fuzz(func(t *testing.T, text string) {
		if digest, secret, err := parseToken(text); err == nil && tokenPrefix+digest+"-"+secret != text {
			t.Errorf("%q is read as %q, %q", text, digest, secret)
		}
	})
}

func FuzzMessages(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x10{\"Kind\":\"hello\"}"))
	f.Fuzz(func(t *testing.T, bytes []byte) {
		_, _ = readMessage(strings.NewReader(string(bytes)))
	})
}

func TestAReportThatComesLateChangesNothing(t *testing.T) {
	w := newWorld(t, "one")
	for id := range w.Nodes {
		late := &task{Task: swarm.Task{ID: "late", NodeID: id}}
		w.Tasks[late.ID] = late
		for _, state := range []swarm.TaskState{swarm.TaskStatePreparing, swarm.TaskStateRunning, swarm.TaskStateStarting} {
			w.report(id, report{late.ID, swarm.TaskStatus{State: state}})
		}
		if late.Status.State != swarm.TaskStateRunning {
			t.Errorf("a running task is %s again", late.Status.State)
		}
		w.report(id, report{late.ID, swarm.TaskStatus{State: swarm.TaskStateFailed}})
		if late.Status.State != swarm.TaskStateFailed {
			t.Errorf("a task that has failed is %s", late.Status.State)
		}
	}
}
