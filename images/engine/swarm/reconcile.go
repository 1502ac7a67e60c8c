package swarm

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/moby/moby/api/types/swarm"
)

// reconcile has the tasks become what is wanted of them. It is called after every change and when time has passed.
func (s *state) reconcile(now time.Time) {
	for _, id := range slices.Sorted(maps.Keys(s.Services)) {
		v := s.Services[id]
		s.settle(now, v)
		if v.Spec.Mode.Global != nil {
			s.spreadGlobal(now, v)
		} else {
			s.fillSlots(now, v)
		}
		s.roll(now, v)
	}
	s.release(now)
	s.forgetOld()
}

// isLive tells whether a task is wanted to run and may.
func isLive(t *task) bool {
	return (t.DesiredState == swarm.TaskStateRunning || t.DesiredState == swarm.TaskStateReady) && !isOver(t.Status.State)
}

func (s *state) tasksOf(v *service, which func(*task) bool) []*task {
	var found []*task
	for _, t := range s.Tasks {
		if t.ServiceID == v.ID && which(t) {
			found = append(found, t)
		}
	}
	slices.SortFunc(found, func(a, b *task) int {
		return cmp.Or(cmp.Compare(a.Slot, b.Slot), a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return found
}

func (s *state) setStatus(now time.Time, t *task, status swarm.TaskState, message, failure string) {
	t.Status = swarm.TaskStatus{
		Timestamp: now, State: status, Message: message, Err: failure,
		ContainerStatus: t.Status.ContainerStatus, PortStatus: t.Status.PortStatus,
	}
	s.touch(&t.Meta, now)
}

// settle ends tasks that ended by themselves or whose node cannot run them, and has others take their place.
func (s *state) settle(now time.Time, v *service) {
	for _, t := range s.tasksOf(v, func(t *task) bool {
		return t.DesiredState == swarm.TaskStateRunning || t.DesiredState == swarm.TaskStateReady
	}) {
		n := s.Nodes[t.NodeID]
		lost := t.NodeID != "" && (n == nil || n.Status.State == swarm.NodeStateDown || n.Spec.Availability == swarm.NodeAvailabilityDrain)
		switch {
		case isOver(t.Status.State):
			t.DesiredState = swarm.TaskStateShutdown
			if n == nil || !s.restarts(now, v, t) {
				continue
			}
			s.pauseUpdate(now, v, t)
			if !lost {
				s.replace(now, v, t, delayOf(v))
			} else {
				s.replace(now, v, t, 0)
			}
		case lost:
			t.DesiredState = swarm.TaskStateShutdown
			s.touch(&t.Meta, now)
			s.replace(now, v, t, 0)
		}
	}
}

func delayOf(v *service) time.Duration {
	if policy := v.Spec.TaskTemplate.RestartPolicy; policy != nil && policy.Delay != nil {
		return *policy.Delay
	}
	return defaultDelay
}

// restarts tells whether a task that ended is to be replaced.
func (s *state) restarts(now time.Time, v *service, ended *task) bool {
	policy := v.Spec.TaskTemplate.RestartPolicy
	if policy == nil {
		return true
	}
	switch policy.Condition {
	case swarm.RestartPolicyConditionNone:
		return false
	case swarm.RestartPolicyConditionOnFailure:
		if ended.Status.State == swarm.TaskStateComplete {
			return false
		}
	}
	if policy.MaxAttempts == nil || *policy.MaxAttempts == 0 {
		return true
	}
	var since time.Time
	if policy.Window != nil && *policy.Window > 0 {
		since = now.Add(-*policy.Window)
	}
	before := s.tasksOf(v, func(t *task) bool {
		return t.Slot == ended.Slot && (t.Slot != 0 || t.NodeID == ended.NodeID) && t.Generation == ended.Generation &&
			isOver(t.Status.State) && t.Status.Timestamp.After(since)
	})
	return uint64(len(before)) <= *policy.MaxAttempts
}

// replace makes the next task of a slot.
func (s *state) replace(now time.Time, v *service, old *task, delay time.Duration) {
	if v.Spec.Mode.Global != nil && delay == 0 {
		return // of a node that is lost; spreadGlobal makes those of the others
	}
	next := s.newTask(now, v, old.Slot)
	if v.Spec.Mode.Global != nil {
		next.NodeID = old.NodeID
	}
	next.NotBefore = now.Add(delay)
}

func (s *state) newTask(now time.Time, v *service, slot int) *task {
	t := &task{Generation: v.Generation, Task: swarm.Task{
		ID: newID(), Meta: s.meta(now), Annotations: swarm.Annotations{Labels: map[string]string{}},
		Spec: v.Spec.TaskTemplate, ServiceID: v.ID, Slot: slot, DesiredState: swarm.TaskStateReady,
		Status: swarm.TaskStatus{Timestamp: now, State: swarm.TaskStatePending, Message: "created"},
	}}
	t.Name = v.Spec.Name
	s.Tasks[t.ID] = t
	return t
}

// fillSlots makes tasks that are missing and ends those that are too many: first of the nodes that have most.
func (s *state) fillSlots(now time.Time, v *service) {
	wanted := int(*v.Spec.Mode.Replicated.Replicas)
	slots := map[int]bool{}
	live := s.tasksOf(v, isLive)
	for _, t := range live {
		slots[t.Slot] = true
	}
	for len(slots) > wanted {
		load := map[string]int{}
		for _, t := range live {
			load[t.NodeID]++
		}
		most := slices.MaxFunc(live, func(a, b *task) int {
			return cmp.Or(cmp.Compare(load[a.NodeID], load[b.NodeID]), cmp.Compare(a.Slot, b.Slot))
		})
		for _, t := range s.tasksOf(v, func(t *task) bool { return t.Slot == most.Slot }) {
			t.DesiredState, t.Gone = swarm.TaskStateRemove, true
			s.touch(&t.Meta, now)
		}
		delete(slots, most.Slot)
		live = slices.DeleteFunc(live, func(t *task) bool { return t.Slot == most.Slot })
	}
	// A slot that has ended for good, by its restart policy, is not filled again.
	for _, t := range s.tasksOf(v, func(t *task) bool { return endedItself(t) && !t.Gone && t.Generation == v.Generation }) {
		slots[t.Slot] = true
	}
	for slot := 1; len(slots) < wanted; slot++ {
		if !slots[slot] {
			slots[slot] = true
			s.newTask(now, v, slot)
		}
	}
}

// spreadGlobal has one task on every node that can have one.
func (s *state) spreadGlobal(now time.Time, v *service) {
	for _, id := range slices.Sorted(maps.Keys(s.Nodes)) {
		n := s.Nodes[id]
		tasks := s.tasksOf(v, func(t *task) bool {
			return t.NodeID == id && (isLive(t) || endedItself(t) && !t.Gone && t.Generation == v.Generation)
		})
		if len(tasks) == 0 && s.fits(n, v) == "" {
			s.newTask(now, v, 0).NodeID = id
		}
	}
}

// endedItself tells whether a task ended without anybody wanting it to.
func endedItself(t *task) bool {
	switch t.Status.State {
	case swarm.TaskStateComplete, swarm.TaskStateFailed, swarm.TaskStateRejected:
		return true
	}
	return false
}

// roll goes on with an update: so many tasks at a time, each stopped before the next of its slot starts.
func (s *state) roll(now time.Time, v *service) {
	config := v.Spec.UpdateConfig
	rollingBack := v.UpdateStatus != nil && v.UpdateStatus.State == swarm.UpdateStateRollbackStarted
	if rollingBack {
		config = v.Spec.RollbackConfig
	}
	if v.UpdateStatus != nil && (v.UpdateStatus.State == swarm.UpdateStatePaused || v.UpdateStatus.State == swarm.UpdateStateRollbackPaused) {
		return
	}
	parallel, delay := 1, time.Duration(0)
	if config != nil {
		parallel, delay = int(config.Parallelism), config.Delay
	}
	old := s.tasksOf(v, func(t *task) bool { return isLive(t) && t.Generation != v.Generation })
	moving := s.tasksOf(v, func(t *task) bool {
		return isLive(t) && t.Generation == v.Generation && t.Status.State != swarm.TaskStateRunning
	})
	if parallel <= 0 {
		parallel = len(old)
	}
	for _, t := range old {
		if len(moving) >= parallel || now.Before(v.Changed.Add(delay)) && len(moving) == 0 && !v.Changed.IsZero() {
			break
		}
		t.DesiredState = swarm.TaskStateShutdown
		s.touch(&t.Meta, now)
		next := s.newTask(now, v, t.Slot)
		next.After = t.ID
		if v.Spec.Mode.Global != nil {
			next.NodeID = t.NodeID
		}
		moving = append(moving, next)
		v.Changed = now
	}
	if v.UpdateStatus != nil && len(old) == 0 && len(moving) == 0 && v.UpdateStatus.CompletedAt == nil {
		v.UpdateStatus.State, v.UpdateStatus.Message = swarm.UpdateStateCompleted, "update completed"
		if rollingBack {
			v.UpdateStatus.State, v.UpdateStatus.Message = swarm.UpdateStateRollbackCompleted, "rollback completed"
		}
		v.UpdateStatus.CompletedAt = new(now)
		v.Changed = time.Time{}
		s.touch(&v.Meta, now)
	}
}

// pauseUpdate stops an update when one of its new tasks failed.
func (s *state) pauseUpdate(now time.Time, v *service, failed *task) {
	if v.UpdateStatus == nil || v.UpdateStatus.State != swarm.UpdateStateUpdating || failed.Generation != v.Generation ||
		failed.Status.State == swarm.TaskStateComplete {
		return
	}
	if v.Spec.UpdateConfig != nil && v.Spec.UpdateConfig.FailureAction == swarm.UpdateFailureActionContinue {
		return
	}
	v.UpdateStatus.State = swarm.UpdateStatePaused
	v.UpdateStatus.Message = fmt.Sprintf("update paused due to failure or early termination of task %s", failed.ID)
	s.touch(&v.Meta, now)
}

// release lets tasks start whose time has come and for which there is a node.
func (s *state) release(now time.Time) {
	var waiting []*task
	for _, t := range s.Tasks {
		if t.DesiredState == swarm.TaskStateReady && !isOver(t.Status.State) {
			waiting = append(waiting, t)
		}
	}
	slices.SortFunc(waiting, func(a, b *task) int {
		return cmp.Or(cmp.Compare(a.Slot, b.Slot), cmp.Compare(a.ID, b.ID))
	})
	for _, t := range waiting {
		v := s.Services[t.ServiceID]
		if v == nil || now.Before(t.NotBefore) {
			continue
		}
		if before := s.Tasks[t.After]; before != nil && !isOver(before.Status.State) && s.reachable(before.NodeID) {
			continue
		}
		s.place(now, v, t)
	}
}

func (s *state) reachable(nodeID string) bool {
	n := s.Nodes[nodeID]
	return n != nil && n.Status.State == swarm.NodeStateReady
}

// place gives a task a node and addresses.
func (s *state) place(now time.Time, v *service, t *task) {
	chosen := s.Nodes[t.NodeID]
	why := ""
	if chosen != nil {
		why = s.fits(chosen, v)
	} else {
		chosen, why = s.choose(v)
	}
	if why != "" {
		if t.Status.Err != why {
			s.setStatus(now, t, swarm.TaskStatePending, "pending task scheduling", why)
		}
		return
	}
	networks := s.networksOf(v)
	t.Networks = nil
	for at := range networks {
		n, ok := s.Networks[networks[at].ID]
		if !ok {
			t.Networks = append(t.Networks, networks[at])
			continue
		}
		address, err := s.take(n, netip.Addr{})
		if err != nil {
			t.Networks = nil
			if t.Status.Err != err.Error() {
				s.setStatus(now, t, swarm.TaskStatePending, "pending task allocation", err.Error())
			}
			return
		}
		networks[at].Address = address
		t.Networks = append(t.Networks, networks[at])
		subnet := n.IPAM.Subnets[0].Subnet
		t.NetworksAttachments = append(t.NetworksAttachments, swarm.NetworkAttachment{
			Network: describe(n), Addresses: []netip.Prefix{netip.PrefixFrom(address, subnet.Bits())},
		})
	}
	t.Ports = nil
	for _, port := range v.Endpoint.Ports {
		if !isMesh(port) {
			t.Ports = append(t.Ports, port)
		}
	}
	t.NodeID, t.DesiredState = chosen.ID, swarm.TaskStateRunning
	s.setStatus(now, t, swarm.TaskStateAssigned, "scheduler assigned task to node", "")
}

// fits tells why a service's task cannot be on a node; "" if it can.
func (s *state) fits(n *node, v *service) string {
	switch {
	case n.Status.State != swarm.NodeStateReady || n.Spec.Availability != swarm.NodeAvailabilityActive:
		return "not available for new tasks"
	case !n.Address.IsValid():
		return "not available for new tasks"
	}
	on := s.tasksOf(v, func(t *task) bool { return t.NodeID == n.ID && isLive(t) && t.DesiredState == swarm.TaskStateRunning })
	if placement := v.Spec.TaskTemplate.Placement; placement != nil {
		for _, text := range placement.Constraints {
			if c, err := parseConstraint(text); err == nil && !c.holds(n) {
				return "scheduling constraints not satisfied"
			}
		}
		if limit := placement.MaxReplicas; limit > 0 && uint64(len(on)) >= limit {
			return "max replicas per node limit exceed"
		}
	}
	for _, port := range v.Endpoint.Ports {
		for _, t := range s.Tasks {
			if isMesh(port) || t.NodeID != n.ID || isOver(t.Status.State) {
				continue
			}
			if slices.ContainsFunc(t.Ports, func(taken swarm.PortConfig) bool {
				return port.PublishedPort != 0 && portKey(taken) == portKey(port)
			}) {
				return "host-mode port already in use"
			}
		}
	}
	return ""
}

// choose finds the node with the fewest tasks of a service, and of those the one with the fewest at all.
func (s *state) choose(v *service) (*node, string) {
	var candidates []*node
	reasons := map[string]int{}
	for _, n := range s.Nodes {
		if why := s.fits(n, v); why != "" {
			reasons[why]++
		} else {
			candidates = append(candidates, n)
		}
	}
	if len(candidates) == 0 {
		text := ""
		for _, why := range slices.Sorted(maps.Keys(reasons)) {
			if text != "" {
				text += "; "
			}
			count := fmt.Sprintf("%d node", reasons[why])
			if reasons[why] > 1 {
				count += "s"
			}
			if why == "not available for new tasks" {
				text += count + " " + why
			} else {
				text += why + " on " + count
			}
		}
		return nil, "no suitable node (" + text + ")"
	}
	own, all := map[string]int{}, map[string]int{}
	for _, t := range s.Tasks {
		if isLive(t) && t.NodeID != "" {
			all[t.NodeID]++
			if t.ServiceID == v.ID {
				own[t.NodeID]++
			}
		}
	}
	return slices.MinFunc(candidates, func(a, b *node) int {
		return cmp.Or(cmp.Compare(own[a.ID], own[b.ID]), cmp.Compare(all[a.ID], all[b.ID]), cmp.Compare(a.ID, b.ID))
	}), ""
}

// report takes in what a node says of one of its tasks.
func (s *state) report(nodeID string, said report) {
	t := s.Tasks[said.Task]
	if t == nil || t.NodeID != nodeID || isOver(t.Status.State) || isBefore(said.Status.State, t.Status.State) {
		return
	}
	t.Status = said.Status
	s.touch(&t.Meta, said.Status.Timestamp)
}

// forgetOld keeps a few tasks of each slot that ended, and none of what is to leave no trace.
func (s *state) forgetOld() {
	limit := int(*s.Spec.Orchestration.TaskHistoryRetentionLimit)
	ended := map[string][]*task{}
	for id, t := range s.Tasks {
		n := s.Nodes[t.NodeID]
		over := isOver(t.Status.State) || t.NodeID == "" || n == nil
		switch {
		case t.Gone && over, t.Gone && n != nil && n.Status.State == swarm.NodeStateDown:
			delete(s.Tasks, id)
		case over && !isLive(t):
			key := fmt.Sprintf("%s.%d", t.ServiceID, t.Slot)
			if t.Slot == 0 {
				key += t.NodeID
			}
			ended[key] = append(ended[key], t)
		}
	}
	for _, tasks := range ended {
		if len(tasks) <= limit {
			continue
		}
		slices.SortFunc(tasks, func(a, b *task) int { return b.CreatedAt.Compare(a.CreatedAt) })
		for _, t := range tasks[limit:] {
			delete(s.Tasks, t.ID)
		}
	}
}
