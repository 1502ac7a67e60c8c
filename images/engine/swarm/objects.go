package swarm

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/api/types/swarm"

	"twinhull/engine/fault"
	"twinhull/engine/filters"
)

// Inspect is the swarm, with its tokens.
func (s *Swarm) Inspect() (swarm.Swarm, error) {
	m, err := s.leading()
	if err != nil {
		return swarm.Swarm{}, err
	}
	return look(m, func(s *state) (swarm.Swarm, error) {
		return swarm.Swarm{ClusterInfo: s.cluster(), JoinTokens: swarm.JoinTokens{
			Worker:  joinToken(s.Authority.Certificate, s.Worker),
			Manager: joinToken(s.Authority.Certificate, s.Manager),
		}}, nil
	})
}

// Update changes the swarm's settings and tokens.
func (s *Swarm) Update(version uint64, spec swarm.Spec, rotateWorker, rotateManager bool) error {
	m, err := s.leading()
	if err != nil {
		return err
	}
	_, err = change(m, func(s *state, now time.Time) (struct{}, error) {
		switch {
		case version != s.Version:
			return struct{}{}, fault.New(fault.Invalid, "rpc error: code = Unknown desc = update out of sequence")
		case spec.EncryptionConfig.AutoLockManagers:
			return struct{}{}, fault.New(fault.NotImplemented, "--autolock encrypts a manager's keys: this engine keeps them as they are")
		case spec.CAConfig.ForceRotate != s.Spec.CAConfig.ForceRotate:
			return struct{}{}, fault.New(fault.NotImplemented, "the root certificate of a swarm of this engine is not exchanged: make a new swarm")
		}
		if rotateWorker {
			s.Worker = newSecret()
		}
		if rotateManager {
			s.Manager = newSecret()
		}
		if spec.Name == "" {
			spec.Name = s.Spec.Name
		}
		if spec.Dispatcher.HeartbeatPeriod <= 0 {
			spec.Dispatcher.HeartbeatPeriod = defaultHeartbeat
		}
		if spec.Orchestration.TaskHistoryRetentionLimit == nil {
			spec.Orchestration.TaskHistoryRetentionLimit = new(int64(defaultHistory))
		}
		spec.Raft = s.Spec.Raft
		s.Spec, s.Version, s.Updated = spec, s.next(), now
		return struct{}{}, nil
	})
	return err
}

func matchNames(wanted filters.Filters, id, name string, labels map[string]string) bool {
	return wanted.Match("id", func(value string) bool { return strings.HasPrefix(id, value) }) &&
		wanted.Match("name", func(value string) bool { return strings.HasPrefix(name, value) }) &&
		wanted.MatchLabels("label", labels)
}

// Nodes are the swarm's nodes that match: id, name, label, node.label, role, membership.
func (s *Swarm) Nodes(wanted filters.Filters) ([]swarm.Node, error) {
	m, err := s.leading()
	if err != nil {
		return nil, err
	}
	return look(m, func(s *state) ([]swarm.Node, error) {
		all := []swarm.Node{}
		for _, n := range s.Nodes {
			if matchNames(wanted, n.ID, n.Description.Hostname, n.Description.Engine.Labels) &&
				wanted.MatchLabels("node.label", n.Spec.Labels) &&
				wanted.Match("role", func(value string) bool { return value == string(n.Spec.Role) }) &&
				wanted.Match("membership", func(value string) bool { return value == "accepted" }) {
				all = append(all, n.Node)
			}
		}
		slices.SortFunc(all, func(a, b swarm.Node) int { return strings.Compare(a.ID, b.ID) })
		return all, nil
	})
}

// Node finds a node by id, host name or the start of its id; "self" is this one.
func (s *Swarm) Node(id string) (swarm.Node, error) {
	m, err := s.leading()
	if err != nil {
		return swarm.Node{}, err
	}
	return look(m, func(s *state) (swarm.Node, error) {
		n, err := s.node(id)
		if err != nil {
			return swarm.Node{}, err
		}
		return n.Node, nil
	})
}

// UpdateNode changes what is wanted of a node.
func (s *Swarm) UpdateNode(id string, version uint64, spec swarm.NodeSpec) error {
	m, err := s.leading()
	if err != nil {
		return err
	}
	_, err = change(m, func(s *state, now time.Time) (struct{}, error) {
		n, err := s.node(id)
		switch {
		case err != nil:
			return struct{}{}, err
		case version != n.Version.Index:
			return struct{}{}, fault.New(fault.Invalid, "rpc error: code = Unknown desc = update out of sequence")
		case spec.Role != n.Spec.Role && spec.Role == swarm.NodeRoleManager:
			return struct{}{}, fault.New(fault.NotImplemented, "swarms of this engine have one manager: node %s cannot become another", n.ID)
		case spec.Role != n.Spec.Role:
			return struct{}{}, fault.New(fault.Invalid, "rpc error: code = FailedPrecondition desc = attempting to demote the last manager of the swarm")
		case spec.Availability != swarm.NodeAvailabilityActive && spec.Availability != swarm.NodeAvailabilityPause &&
			spec.Availability != swarm.NodeAvailabilityDrain:
			return struct{}{}, fault.New(fault.Invalid, "invalid Availability: %q", spec.Availability)
		}
		if spec.Labels == nil {
			spec.Labels = map[string]string{}
		}
		n.Spec = spec
		s.touch(&n.Meta, now)
		return struct{}{}, nil
	})
	return err
}

// RemoveNode forgets a node that is down, or any with force.
func (s *Swarm) RemoveNode(id string, force bool) error {
	m, err := s.leading()
	if err != nil {
		return err
	}
	_, err = change(m, func(s *state, now time.Time) (struct{}, error) { return struct{}{}, s.removeNode(now, id, force) })
	return err
}

// withStatus counts a service's tasks.
func (s *state) withStatus(v *service) swarm.Service {
	described := v.Service
	status := &swarm.ServiceStatus{}
	status.RunningTasks = uint64(len(s.tasksOf(v, func(t *task) bool {
		return t.Status.State == swarm.TaskStateRunning && t.DesiredState == swarm.TaskStateRunning && s.reachable(t.NodeID)
	})))
	if replicated := v.Spec.Mode.Replicated; replicated != nil {
		status.DesiredTasks = *replicated.Replicas
	} else {
		status.DesiredTasks = uint64(len(s.tasksOf(v, isLive)))
	}
	described.ServiceStatus = status
	return described
}

// Services are those that match: id, name, label, mode.
func (s *Swarm) Services(wanted filters.Filters, status bool) ([]swarm.Service, error) {
	m, err := s.leading()
	if err != nil {
		return nil, err
	}
	return look(m, func(s *state) ([]swarm.Service, error) {
		all := []swarm.Service{}
		for _, v := range s.Services {
			mode := "replicated"
			if v.Spec.Mode.Global != nil {
				mode = "global"
			}
			if !matchNames(wanted, v.ID, v.Spec.Name, v.Spec.Labels) || !wanted.Match("mode", func(value string) bool { return value == mode }) {
				continue
			}
			described := s.withStatus(v)
			if !status {
				described.ServiceStatus = nil
			}
			all = append(all, described)
		}
		slices.SortFunc(all, func(a, b swarm.Service) int { return a.CreatedAt.Compare(b.CreatedAt) })
		return all, nil
	})
}

// Service finds a service by id, name or the start of its id.
func (s *Swarm) Service(id string) (swarm.Service, error) {
	m, err := s.leading()
	if err != nil {
		return swarm.Service{}, err
	}
	return look(m, func(s *state) (swarm.Service, error) {
		v, err := s.service(id)
		if err != nil {
			return swarm.Service{}, err
		}
		return v.Service, nil
	})
}

// CreateService makes a service and returns its id.
func (s *Swarm) CreateService(spec swarm.ServiceSpec) (string, error) {
	m, err := s.leading()
	if err != nil {
		return "", err
	}
	return change(m, func(s *state, now time.Time) (string, error) {
		v, err := s.createService(now, spec)
		if err != nil {
			return "", err
		}
		return v.ID, nil
	})
}

// UpdateService changes a service. version is that of the service which the new specification was made from.
func (s *Swarm) UpdateService(id string, version uint64, spec swarm.ServiceSpec, rollback bool) error {
	m, err := s.leading()
	if err != nil {
		return err
	}
	_, err = change(m, func(s *state, now time.Time) (struct{}, error) {
		return struct{}{}, s.updateService(now, id, version, spec, rollback)
	})
	return err
}

// RemoveService ends a service and its tasks.
func (s *Swarm) RemoveService(id string) error {
	m, err := s.leading()
	if err != nil {
		return err
	}
	_, err = change(m, func(s *state, _ time.Time) (struct{}, error) { return struct{}{}, s.removeService(id) })
	return err
}

// Tasks are those that match: id, name, label, service, node, desired-state, _up-to-date. A service's and a node's names are
// as good as their ids; "self" is this node.
func (s *Swarm) Tasks(wanted filters.Filters) ([]swarm.Task, error) {
	m, err := s.leading()
	if err != nil {
		return nil, err
	}
	self := m.self
	return look(m, func(s *state) ([]swarm.Task, error) {
		all := []swarm.Task{}
		for _, t := range s.Tasks {
			v, n := s.Services[t.ServiceID], s.Nodes[t.NodeID]
			if wanted.Has("_up-to-date") && (v == nil || t.Generation != v.Generation) {
				continue
			}
			if !matchNames(wanted, t.ID, s.taskName(t), t.Labels) ||
				!wanted.Match("service", func(value string) bool {
					return t.ServiceID == value || t.Name == value || v == nil && strings.HasPrefix(t.ServiceID, value)
				}) ||
				!wanted.Match("node", func(value string) bool {
					return n != nil && (n.ID == value || n.Description.Hostname == value || value == "self" && n.ID == self)
				}) ||
				!wanted.Match("desired-state", func(value string) bool {
					switch value {
					case "running":
						return t.DesiredState == swarm.TaskStateRunning || t.DesiredState == swarm.TaskStateReady
					case "shutdown":
						return t.DesiredState == swarm.TaskStateShutdown || t.DesiredState == swarm.TaskStateRemove
					}
					return string(t.DesiredState) == value
				}) {
				continue
			}
			all = append(all, s.described(t))
		}
		slices.SortFunc(all, func(a, b swarm.Task) int { return strings.Compare(a.ID, b.ID) })
		return all, nil
	})
}

// described is a task as clients see it: its name is not part of that.
func (s *state) described(t *task) swarm.Task {
	described := t.Task
	described.Annotations = swarm.Annotations{Labels: map[string]string{}}
	if v := s.Services[t.ServiceID]; v != nil && len(t.Ports) > 0 {
		described.Status.PortStatus.Ports = t.Ports
	}
	return described
}

// Task finds a task by its id or the start of it.
func (s *Swarm) Task(id string) (swarm.Task, error) {
	m, err := s.leading()
	if err != nil {
		return swarm.Task{}, err
	}
	return look(m, func(s *state) (swarm.Task, error) {
		t, err := s.task(id)
		if err != nil {
			return swarm.Task{}, err
		}
		return s.described(t), nil
	})
}

// LogOptions of GET /services/{id}/logs.
type LogOptions struct {
	Since              time.Time
	Tail               int // negative for all
	Follow, Timestamps bool
}

// Logs sends the logs of tasks, each with the task's labels, until all have ended or ctx does. sink is called by one
// goroutine at a time.
func (s *Swarm) Logs(ctx context.Context, tasks []swarm.Task, options LogOptions, sink func(t *swarm.Task, stderr bool, line []byte) error) error {
	m, err := s.leading()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type said struct {
		task *swarm.Task
		line logLine
	}
	lines := make(chan said)
	ends := make(chan error, len(tasks))
	for at := range tasks {
		t := &tasks[at]
		go func() {
			ends <- m.logs(ctx, logRequest{
				Task: t.ID, Since: options.Since, Tail: options.Tail, Follow: options.Follow, Timestamps: options.Timestamps,
			}, func(line logLine) error {
				select {
				case lines <- said{t, line}:
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			})
		}()
	}
	var failure error
	for left := len(tasks); left > 0; {
		select {
		case one := <-lines:
			if err := sink(one.task, one.line.Stderr, one.line.Text); err != nil {
				return nil
			}
		case err := <-ends:
			left--
			if failure == nil {
				failure = err
			}
		}
	}
	return failure
}
