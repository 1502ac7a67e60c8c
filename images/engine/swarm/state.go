package swarm

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/api/types/swarm"

	"twinhull/engine/fault"
	"twinhull/engine/network"
)

// state is all that a manager knows of its swarm. It is guarded by the manager, and kept in a file.
type state struct {
	ID      string
	Created time.Time
	Updated time.Time
	Version uint64 // of the spec
	// Index counts changes; every object has that of its last one.
	Index     uint64
	Spec      swarm.Spec
	Worker    string // secrets of the tokens
	Manager   string
	Authority identity
	Pools     []netip.Prefix
	Size      int // of subnets, in bits of the prefix
	Nodes     map[string]*node
	Networks  map[string]*network.Network
	Services  map[string]*service
	Tasks     map[string]*task
	Attached  []*attached
	// Tunnel is the last number of a VXLAN that was given.
	Tunnel uint32
}

type node struct {
	swarm.Node
	Address netip.Addr // where its tunnels end
	Mesh    netip.Addr // of its mesh in the ingress network

	// seen is when it last said something.
	seen time.Time
}

type service struct {
	swarm.Service
	// Generation changes when its tasks must: with the template or the ports, not with the number.
	Generation uint64
	// Changed is when an update last touched a task.
	Changed time.Time
}

type task struct {
	swarm.Task
	// Generation is that of its service that it was made from.
	Generation uint64
	// Networks are where it is, the main one first.
	Networks []taskNetwork
	Ports    []swarm.PortConfig
	// NotBefore is when one that takes the place of another may start.
	NotBefore time.Time
	// After is the task that must have ended before.
	After string
	// Gone says that no trace of it is to be kept.
	Gone bool
}

// attached is a container of `docker run` in a swarm's network.
type attached struct {
	Network   string
	Node      string
	Container string
	Name      string
	Names     []string
	Address   netip.Addr
	MAC       string
}

const (
	// defaultHeartbeat is Docker's; a node that misses missedHeartbeats is down.
	defaultHeartbeat = 5 * time.Second
	missedHeartbeats = 3
	// defaultDelay before a task that ended is replaced, and defaultHistory of what is kept of those that ended, are Docker's.
	defaultDelay   = 5 * time.Second
	defaultHistory = 5
	// firstTunnel is the number of the ingress network.
	firstTunnel = 4096
	ingressName = "ingress"
	defaultSize = 24

	maxTasks = 1000
)

var defaultPool = netip.MustParsePrefix("10.0.0.0/8")

func newState(now time.Time, spec swarm.Spec, pools []netip.Prefix, size int) (*state, error) {
	authority, err := newAuthority(now)
	if err != nil {
		return nil, err
	}
	s := &state{
		ID: newID(), Created: now, Updated: now, Spec: spec, Worker: newSecret(), Manager: newSecret(), Authority: authority,
		Pools: pools, Size: size, Tunnel: firstTunnel - 1,
		Nodes: map[string]*node{}, Networks: map[string]*network.Network{}, Services: map[string]*service{},
		Tasks: map[string]*task{},
	}
	if len(s.Pools) == 0 {
		s.Pools = []netip.Prefix{defaultPool}
	}
	if s.Size == 0 {
		s.Size = defaultSize
	}
	if s.Spec.Name == "" {
		s.Spec.Name = "default"
	}
	if s.Spec.Dispatcher.HeartbeatPeriod <= 0 {
		s.Spec.Dispatcher.HeartbeatPeriod = defaultHeartbeat
	}
	if s.Spec.Orchestration.TaskHistoryRetentionLimit == nil {
		s.Spec.Orchestration.TaskHistoryRetentionLimit = new(int64(defaultHistory))
	}
	if s.Spec.CAConfig.NodeCertExpiry == 0 {
		s.Spec.CAConfig.NodeCertExpiry = 90 * 24 * time.Hour
	}
	s.Spec.Raft = swarm.RaftConfig{SnapshotInterval: 10000, KeepOldSnapshots: new(uint64(0)), LogEntriesForSlowFollowers: 500, ElectionTick: 10, HeartbeatTick: 1}
	s.Version = s.next()
	_, err = s.createNetwork(now, network.Config{Name: ingressName, Driver: "overlay", Ingress: true})
	return s, err
}

func (s *state) next() uint64 {
	s.Index++
	return s.Index
}

func (s *state) meta(now time.Time) swarm.Meta {
	return swarm.Meta{Version: swarm.Version{Index: s.next()}, CreatedAt: now, UpdatedAt: now}
}

func (s *state) touch(meta *swarm.Meta, now time.Time) {
	meta.Version.Index, meta.UpdatedAt = s.next(), now
}

func (s *state) heartbeat() time.Duration { return s.Spec.Dispatcher.HeartbeatPeriod }

// find finds an object by its id, its name or the start of its id. Docker's sentence says what it is.
func find[T any](kind, wanted string, objects map[string]T, name func(T) string) (found T, err error) {
	if object, ok := objects[wanted]; ok {
		return object, nil
	}
	count := 0
	for id, object := range objects {
		if name(object) == wanted {
			return object, nil
		}
		if wanted != "" && strings.HasPrefix(id, wanted) {
			found = object
			count++
		}
	}
	switch count {
	case 1:
		return found, nil
	case 0:
		return found, fault.New(fault.NotFound, "%s %s not found", kind, wanted)
	}
	return found, fault.New(fault.Invalid, "%s %s is ambiguous (%d matches found)", kind, wanted, count)
}

func (s *state) node(wanted string) (*node, error) {
	same := 0
	for _, n := range s.Nodes {
		if n.Description.Hostname == wanted {
			same++
		}
	}
	if same > 1 {
		return nil, fault.New(fault.Invalid, "node %s is ambiguous (%d matches found)", wanted, same)
	}
	return find("node", wanted, s.Nodes, func(n *node) string { return n.Description.Hostname })
}

func (s *state) service(wanted string) (*service, error) {
	return find("service", wanted, s.Services, func(v *service) string { return v.Spec.Name })
}

func (s *state) task(wanted string) (*task, error) {
	return find("task", wanted, s.Tasks, func(t *task) string { return s.taskName(t) })
}

func (s *state) network(wanted string) (*network.Network, error) {
	return find("network", wanted, s.Networks, func(n *network.Network) string { return n.Name })
}

func (s *state) ingress() *network.Network {
	for _, n := range s.Networks {
		if n.Ingress {
			return n
		}
	}
	return nil
}

// isOver tells whether a task's status is one of the last.
func isOver(status swarm.TaskState) bool {
	return slices.Contains([]swarm.TaskState{
		swarm.TaskStateComplete, swarm.TaskStateShutdown, swarm.TaskStateFailed, swarm.TaskStateRejected,
		swarm.TaskStateRemove, swarm.TaskStateOrphaned,
	}, status)
}

// stages of a task's life up to its running; it never goes back.
var stages = []swarm.TaskState{
	swarm.TaskStateNew, swarm.TaskStateAllocated, swarm.TaskStatePending, swarm.TaskStateAssigned, swarm.TaskStateAccepted,
	swarm.TaskStatePreparing, swarm.TaskStateReady, swarm.TaskStateStarting, swarm.TaskStateRunning,
}

// isBefore says whether a task that is in the one state has been in the other already.
func isBefore(one, other swarm.TaskState) bool {
	first, second := slices.Index(stages, one), slices.Index(stages, other)
	return first >= 0 && first < second
}

// addNode makes a node known. Its secret was checked.
func (s *state) addNode(now time.Time, hostname string, role swarm.NodeRole) *node {
	n := &node{Node: swarm.Node{
		ID: newID(), Meta: s.meta(now),
		Spec:        swarm.NodeSpec{Annotations: swarm.Annotations{Labels: map[string]string{}}, Role: role, Availability: swarm.NodeAvailabilityActive},
		Description: swarm.NodeDescription{Hostname: hostname},
		Status:      swarm.NodeStatus{State: swarm.NodeStateUnknown},
	}}
	s.Nodes[n.ID] = n
	return n
}

// greet takes in what a node says of itself.
func (s *state) greet(now time.Time, n *node, address netip.Addr, said hello) {
	n.seen = now
	n.Description = said.Description
	n.Description.TLSInfo = swarm.TLSInfo{TrustRoot: asPEM(s.Authority.Certificate)}
	n.Address = address
	if n.Status.State == swarm.NodeStateUnknown && said.Availability != "" {
		n.Spec.Availability = said.Availability
	}
	if n.Status.State != swarm.NodeStateReady || n.Status.Addr != address.String() {
		n.Status = swarm.NodeStatus{State: swarm.NodeStateReady, Addr: address.String()}
	}
	s.touch(&n.Meta, now)
}

// down marks a node.
func (s *state) down(now time.Time, n *node, why string) {
	n.Status.State, n.Status.Message = swarm.NodeStateDown, why
	s.touch(&n.Meta, now)
}

// missing marks nodes that have not been heard of, and tells whether there are any.
func (s *state) missing(now time.Time) bool {
	found := false
	for _, n := range s.Nodes {
		// The manager's own node is there as long as somebody asks.
		if n.ManagerStatus == nil && n.Status.State == swarm.NodeStateReady && now.Sub(n.seen) > missedHeartbeats*s.heartbeat() {
			s.down(now, n, "heartbeat failure")
			found = true
		}
	}
	return found
}

// forgive has nodes not be blamed for a time in which the manager itself did not run.
func (s *state) forgive(stall time.Duration) {
	for _, n := range s.Nodes {
		n.seen = n.seen.Add(stall)
	}
}

// removeNode forgets a node.
func (s *state) removeNode(now time.Time, wanted string, force bool) error {
	n, err := s.node(wanted)
	if err != nil {
		return err
	}
	switch {
	case n.Spec.Role == swarm.NodeRoleManager:
		return fault.New(fault.Invalid, "rpc error: code = FailedPrecondition desc = node %s is a cluster manager and is a member "+
			"of the raft cluster. It must be demoted to worker before removal", n.ID)
	case n.Status.State != swarm.NodeStateDown && !force:
		return fault.New(fault.Invalid, "rpc error: code = FailedPrecondition desc = node %s is not down and can't be removed", n.ID)
	}
	delete(s.Nodes, n.ID)
	for _, t := range s.Tasks {
		if t.NodeID == n.ID && !isOver(t.Status.State) {
			t.DesiredState = swarm.TaskStateShutdown
			s.setStatus(now, t, swarm.TaskStateOrphaned, "the node was removed", "")
		}
	}
	s.Attached = slices.DeleteFunc(s.Attached, func(a *attached) bool { return a.Node == n.ID })
	return nil
}
