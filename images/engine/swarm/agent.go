package swarm

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/moby/moby/api/types/swarm"

	"twinhull/engine/fault"
	"twinhull/engine/network"
)

// Networks are a node's, as far as a swarm changes them.
type Networks interface {
	SetCluster(network.Cluster) error
	Adopt(*network.Network) error
	SetViews(map[string]network.SwarmView) error
	SetMesh(ingress string, own netip.Addr, ports []network.MeshPort) error
}

// Engine runs a node's tasks.
type Engine interface {
	// Describe says what the node is.
	Describe() swarm.NodeDescription
	// Find returns the container of a task, "" if there is none, and all tasks that have one.
	Find(taskID string) (containerID string)
	Tasks() []string
	// Prepare gets the image and makes the container.
	Prepare(ctx context.Context, a *assignment) (containerID string, err error)
	// Start starts it; one that runs already goes on.
	Start(ctx context.Context, containerID string) (swarm.ContainerStatus, error)
	// Wait waits for its end, until ctx ends.
	Wait(ctx context.Context, containerID string) (exitCode int, err error)
	Stop(ctx context.Context, containerID string, patience *time.Duration) error
	Remove(ctx context.Context, containerID string) error
	Logs(ctx context.Context, containerID string, request logRequest, sink func(logLine) error) error
}

// agent is a node's part: it does what the manager's view says, and tells how that goes.
type agent struct {
	engine   Engine
	networks Networks
	clock    func() time.Time
	dial     func(ctx context.Context) (net.Conn, error)
	greeting func() hello

	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
	telling sync.Mutex

	mutex    sync.Mutex
	wire     *wire
	view     view
	fresh    chan struct{} // has a token when view has not been applied
	ready    chan struct{} // closed once the first view has been applied
	problem  error
	tasks    map[string]*taskRun
	statuses map[string]swarm.TaskStatus
	reading  map[uint64]context.CancelFunc // logs
	detached []detaching
	told     chan struct{}
}

// taskRun is a task that has a container, or gets one.
type taskRun struct {
	assignment assignment
	stop       context.CancelFunc
	wanted     context.Context // ends when the task is to end
	remove     chan struct{}   // closed when its container is to go
}

// forget has a task end and leave nothing. It expects the agent's lock to be held.
func (run *taskRun) forget() {
	run.stop()
	select {
	case <-run.remove:
	default:
		close(run.remove)
	}
}

func newAgent(engine Engine, networks Networks, clock func() time.Time, dial func(context.Context) (net.Conn, error), greeting func() hello) *agent {
	a := &agent{
		engine: engine, networks: networks, clock: clock, dial: dial, greeting: greeting, fresh: make(chan struct{}, 1),
		ready: make(chan struct{}), told: make(chan struct{}, 1), tasks: map[string]*taskRun{}, statuses: map[string]swarm.TaskStatus{}, reading: map[uint64]context.CancelFunc{},
	}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	return a
}

func (a *agent) start() {
	a.running.Go(a.keepConnected)
	a.running.Go(a.applyViews)
	a.running.Go(a.detachAll)
}

// retry is how long to wait before the manager is tried again.
const retry = time.Second

func (a *agent) keepConnected() {
	for a.ctx.Err() == nil {
		err := a.session()
		a.mutex.Lock()
		a.wire, a.problem = nil, err
		period := a.view.Heartbeat
		a.mutex.Unlock()
		if period <= 0 || period > retry {
			period = retry
		}
		select {
		case <-a.ctx.Done():
		case <-time.After(period):
		}
	}
}

// session is one connection to the manager.
func (a *agent) session() error {
	conn, err := a.dial(a.ctx)
	if err != nil {
		return err
	}
	w := newWire(conn)
	w.idle.Store(int64(missedHeartbeats * defaultHeartbeat))
	defer w.fail(net.ErrClosed)
	defer context.AfterFunc(a.ctx, func() { conn.Close() })()
	ended := make(chan error, 1)
	a.running.Go(func() { ended <- a.listen(w) })
	if err := w.ask(kindHello, a.greeting(), nil); err != nil {
		return err
	}
	a.mutex.Lock()
	a.wire, a.problem = w, nil
	a.mutex.Unlock()
	a.tellAll(w)
	for {
		a.mutex.Lock()
		period := a.view.Heartbeat
		a.mutex.Unlock()
		if period <= 0 {
			period = defaultHeartbeat
		}
		w.idle.Store(int64(missedHeartbeats * period))
		timer := time.NewTimer(period)
		select {
		case err := <-ended:
			timer.Stop()
			return err
		case <-timer.C:
			if _, err := w.request(kindHeartbeat, nil, func(message) bool { return true }); err != nil {
				return err
			}
		}
	}
}

func (a *agent) listen(w *wire) error {
	for {
		said, err := w.receive()
		if err != nil {
			return err
		}
		switch said.Kind {
		case kindView:
			var seen view
			if err := json.Unmarshal(said.Body, &seen); err != nil {
				return err
			}
			a.mutex.Lock()
			a.view = seen
			a.mutex.Unlock()
			select {
			case a.fresh <- struct{}{}:
			default:
			}
		case kindLogs:
			var asked logRequest
			if err := json.Unmarshal(said.Body, &asked); err != nil {
				return err
			}
			a.readLog(w, said, asked)
		}
	}
}

// tellAll tells the statuses of all tasks; the manager may have missed some.
func (a *agent) tellAll(w *wire) {
	// What is collected later is sent later.
	a.telling.Lock()
	defer a.telling.Unlock()
	a.mutex.Lock()
	var all []report
	for _, id := range slices.Sorted(maps.Keys(a.statuses)) {
		all = append(all, report{id, a.statuses[id]})
	}
	a.mutex.Unlock()
	if len(all) > 0 {
		_ = w.send(message{Kind: kindStatus}, all)
	}
}

func (a *agent) tell(task string, status swarm.TaskState, text, failure string, container *swarm.ContainerStatus) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if isOver(a.statuses[task].State) {
		return
	}
	said := swarm.TaskStatus{Timestamp: a.clock(), State: status, Message: text, Err: failure, ContainerStatus: container}
	a.statuses[task] = said
	if a.wire != nil {
		w := a.wire
		a.running.Go(func() { a.tellAll(w) })
	}
}

func (a *agent) applyViews() {
	applied := false
	for {
		select {
		case <-a.ctx.Done():
			return
		case <-a.fresh:
		}
		a.mutex.Lock()
		seen := a.view
		a.mutex.Unlock()
		if err := a.apply(seen); err != nil {
			log.Printf("do what the swarm's manager says: %v", err)
		}
		if !applied {
			applied = true
			close(a.ready)
		}
	}
}

func (a *agent) apply(seen view) error {
	var err error
	views := map[string]network.SwarmView{}
	for id, one := range seen.Networks {
		err = errors.Join(err, a.networks.Adopt(one.Network))
		views[id] = one.SwarmView
	}
	err = errors.Join(err, a.networks.SetViews(views))
	err = errors.Join(err, a.networks.SetMesh(seen.Mesh.Network, seen.Mesh.Address, seen.Mesh.Ports))
	wanted := map[string]bool{}
	for _, one := range seen.Tasks {
		wanted[one.Task.ID] = true
		a.want(one)
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	for id, run := range a.tasks {
		if !wanted[id] {
			run.forget()
		}
	}
	// Containers of tasks that the swarm has forgotten while this node was away.
	for _, id := range a.engine.Tasks() {
		if container := a.engine.Find(id); !wanted[id] && a.tasks[id] == nil && container != "" {
			a.running.Go(func() {
				_ = a.engine.Stop(context.Background(), container, nil)
				_ = a.engine.Remove(context.Background(), container)
			})
		}
	}
	return err
}

// want starts a task, or ends it.
func (a *agent) want(one assignment) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	run := a.tasks[one.Task.ID]
	if run == nil {
		run = &taskRun{assignment: one, remove: make(chan struct{})}
		run.wanted, run.stop = context.WithCancel(a.ctx)
		a.tasks[one.Task.ID] = run
		a.running.Go(func() { a.runTask(run) })
	}
	switch one.Task.DesiredState {
	case swarm.TaskStateRunning:
	case swarm.TaskStateRemove:
		run.forget()
	default:
		run.stop()
	}
}

// runTask is the life of a task. Its container stays when it has ended, until the swarm forgets the task.
func (a *agent) runTask(run *taskRun) {
	id := run.assignment.Task.ID
	a.execute(run)
	select {
	case <-a.ctx.Done():
		return
	case <-run.remove:
	}
	if container := a.engine.Find(id); container != "" {
		if err := a.engine.Remove(context.Background(), container); err != nil {
			log.Printf("remove the container of task %s: %v", id, err)
		}
	}
	a.mutex.Lock()
	w := a.wire
	a.mutex.Unlock()
	if w != nil {
		a.tellAll(w) // once more, for it is the last time; without a manager, the next view asks for this task's end again
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	delete(a.tasks, id)
	delete(a.statuses, id)
}

func (a *agent) execute(run *taskRun) {
	one := &run.assignment
	id := one.Task.ID
	container := a.engine.Find(id)
	if container == "" {
		if run.wanted.Err() != nil {
			a.tell(id, swarm.TaskStateShutdown, "shutdown", "", nil)
			return
		}
		a.tell(id, swarm.TaskStatePreparing, "preparing", "", nil)
		var err error
		if container, err = a.engine.Prepare(run.wanted, one); err != nil {
			if run.wanted.Err() != nil {
				a.tell(id, swarm.TaskStateShutdown, "shutdown", "", nil)
			} else {
				a.tell(id, swarm.TaskStateRejected, "preparing", err.Error(), nil)
			}
			return
		}
	}
	if run.wanted.Err() == nil {
		a.tell(id, swarm.TaskStateStarting, "starting", "", &swarm.ContainerStatus{ContainerID: container})
	}
	status, err := a.engine.Start(run.wanted, container)
	switch {
	case run.wanted.Err() != nil:
	case err != nil:
		a.tell(id, swarm.TaskStateFailed, "starting", err.Error(), &swarm.ContainerStatus{ContainerID: container})
		return
	default:
		a.tell(id, swarm.TaskStateRunning, "started", "", &status)
	}
	code, err := a.engine.Wait(run.wanted, container)
	if run.wanted.Err() != nil {
		if a.ctx.Err() != nil {
			return // the node goes, and its containers with it or not
		}
		if err := a.engine.Stop(context.Background(), container, one.Task.Spec.ContainerSpec.StopGracePeriod); err != nil && !fault.Is(err, fault.NotModified) {
			log.Printf("stop the container of task %s: %v", id, err)
		}
		a.tell(id, swarm.TaskStateShutdown, "shutdown", "", &status)
		return
	}
	status.PID, status.ExitCode = 0, code
	switch {
	case err != nil:
		a.tell(id, swarm.TaskStateFailed, "started", err.Error(), &status)
	case code != 0:
		a.tell(id, swarm.TaskStateFailed, "started", exitText(code), &status)
	default:
		a.tell(id, swarm.TaskStateComplete, "finished", "", &status)
	}
}

// stopAll ends the agent. With leave its tasks' containers go as well, and the manager is told.
func (a *agent) stopAll(leave bool) error {
	a.mutex.Lock()
	w := a.wire
	a.mutex.Unlock()
	if leave && w != nil {
		// If it is not told, it will notice.
		_ = w.ask(kindLeave, nil, nil)
	}
	a.cancel()
	a.running.Wait()
	if !leave {
		return nil
	}
	var err error
	for _, id := range a.engine.Tasks() {
		if container := a.engine.Find(id); container != "" {
			_ = a.engine.Stop(context.Background(), container, nil)
			err = errors.Join(err, a.engine.Remove(context.Background(), container))
		}
	}
	return err
}

// attach asks for an address, unless the container is a task's, which has one.
func (a *agent) attach(name string, container network.Attachment) (network.Grant, error) {
	a.mutex.Lock()
	w := a.wire
	for _, run := range a.tasks {
		if containerName(&run.assignment) != container.ContainerName {
			continue
		}
		for _, used := range run.assignment.Networks {
			if known, ok := a.view.Networks[used.ID]; ok && (used.ID == name || known.Network.Name == name) {
				a.mutex.Unlock()
				return network.Grant{Network: known.Network, Address: used.Address}, nil
			}
		}
	}
	a.mutex.Unlock()
	if w == nil {
		return network.Grant{}, fault.New(fault.Unavailable, "network %s cannot be joined: the swarm's manager is not reached", name)
	}
	var grant network.Grant
	err := w.ask(kindAttach, attaching{name, container}, &grant)
	return grant, err
}

// detach is told to the manager when it can be.
func (a *agent) detach(networkID, container string) {
	a.mutex.Lock()
	a.detached = append(a.detached, detaching{networkID, container})
	a.mutex.Unlock()
	select {
	case a.told <- struct{}{}:
	default:
	}
}

func (a *agent) detachAll() {
	for {
		select {
		case <-a.ctx.Done():
			return
		case <-a.told:
		}
		for {
			a.mutex.Lock()
			if len(a.detached) == 0 {
				a.mutex.Unlock()
				break
			}
			next, w := a.detached[0], a.wire
			a.mutex.Unlock()
			if w == nil || w.ask(kindDetach, next, nil) != nil {
				select {
				case <-a.ctx.Done():
					return
				case <-time.After(retry):
				}
				continue
			}
			a.mutex.Lock()
			a.detached = a.detached[1:]
			a.mutex.Unlock()
		}
	}
}

// readLog answers a request for a log, or ends one.
func (a *agent) readLog(w *wire, asked message, request logRequest) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if request.Stop != 0 {
		if stop := a.reading[request.Stop]; stop != nil {
			stop()
		}
		return
	}
	ctx, stop := context.WithCancel(a.ctx)
	a.reading[asked.Number] = stop
	a.running.Go(func() {
		defer func() {
			stop()
			a.mutex.Lock()
			delete(a.reading, asked.Number)
			a.mutex.Unlock()
		}()
		container := a.engine.Find(request.Task)
		err := error(fault.New(fault.NotFound, "task %s has no container here", request.Task))
		if container != "" {
			err = a.engine.Logs(ctx, container, request, func(line logLine) error { return w.answer(asked, line, nil) })
		}
		_ = w.answer(asked, nil, err)
	})
}
