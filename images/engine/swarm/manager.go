package swarm

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/moby/moby/api/types/swarm"

	"twinhull/engine/fault"
	"twinhull/engine/network"
)

// manager gives a state a lock, a file, a clock and connections.
type manager struct {
	path  string
	clock func() time.Time
	self  string // the node that it is on

	mutex    sync.Mutex
	state    *state
	sessions map[string]*session // by node
	kept     []byte
	wake     chan struct{}

	// credentials are what the manager shows to nodes. They are made once, when they are first wanted: that takes 30 million
	// instructions, and a swarm's first minute is when somebody waits.
	credentials func() (*tls.Config, error)

	listener net.Listener
	stop     context.CancelFunc
	running  sync.WaitGroup
	conns    map[net.Conn]struct{}
}

// session is a node that is connected.
type session struct {
	wire *wire
	sent []byte
	node string
}

const (
	// maxConnections bounds nodes and those who want to be some.
	maxConnections = 64
	// greeting is how long a connection may take to say who it is.
	greeting = 30 * time.Second
	// tick is how often the manager looks at the time, at most.
	tick = time.Second
)

func newManager(path string, s *state, self string, clock func() time.Time) *manager {
	now := clock()
	for _, n := range s.Nodes {
		n.seen = now // a manager that starts again gives its nodes the time to come back
	}
	m := &manager{
		path: path, clock: clock, self: self, state: s, sessions: map[string]*session{}, wake: make(chan struct{}, 1),
		conns: map[net.Conn]struct{}{},
	}
	m.credentials = sync.OnceValues(func() (*tls.Config, error) {
		return s.Authority.managerSettings(clock(), self, s.ID)
	})
	return m
}

// start serves nodes at an address.
func (m *manager) start(listener net.Listener) error {
	// From now on it is only read, by whoever signs.
	if _, err := m.state.Authority.key(); err != nil {
		return err
	}
	config := &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return m.credentials() }}
	ctx, cancel := context.WithCancel(context.Background())
	m.stop, m.listener = cancel, listener
	m.running.Go(func() { m.loop(ctx) })
	m.running.Go(func() {
		for {
			conn, err := listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				continue
			}
			if !m.admit(conn) {
				conn.Close()
				continue
			}
			m.running.Go(func() {
				defer m.dismiss(conn)
				m.greet(tls.Server(conn, config))
			})
		}
	})
	return nil
}

// prepare has the credentials made meanwhile.
func (m *manager) prepare() { m.running.Go(func() { _, _ = m.credentials() }) }

func (m *manager) admit(conn net.Conn) bool {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if len(m.conns) >= maxConnections {
		return false
	}
	m.conns[conn] = struct{}{}
	return true
}

func (m *manager) dismiss(conn net.Conn) {
	conn.Close()
	m.mutex.Lock()
	defer m.mutex.Unlock()
	delete(m.conns, conn)
}

// close ends all connections, and returns when nothing runs any more.
func (m *manager) close() {
	m.stop()
	m.listener.Close()
	m.mutex.Lock()
	for conn := range m.conns {
		conn.Close()
	}
	m.mutex.Unlock()
	m.running.Wait()
}

// pipe connects the manager's own node.
func (m *manager) pipe() net.Conn {
	here, there := net.Pipe()
	m.mutex.Lock()
	m.conns[here] = struct{}{}
	m.mutex.Unlock()
	m.running.Go(func() {
		defer m.dismiss(here)
		m.serve(here, m.self, netip.Addr{})
	})
	return there
}

// greet finds out who connects: a node by its certificate, or somebody who wants to join.
func (m *manager) greet(conn *tls.Conn) {
	conn.SetDeadline(time.Now().Add(greeting))
	if err := conn.Handshake(); err != nil {
		return
	}
	address, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return
	}
	from := address.Addr().Unmap()
	if certificates := conn.ConnectionState().PeerCertificates; len(certificates) > 0 {
		conn.SetDeadline(time.Time{})
		m.serve(conn, certificates[0].Subject.CommonName, from)
		return
	}
	w := newWire(conn)
	asked, err := w.receive()
	if err != nil || asked.Kind != kindJoin {
		return
	}
	var said joining
	var answer joined
	if err = json.Unmarshal(asked.Body, &said); err == nil {
		answer, err = m.join(said)
	}
	if w.answer(asked, answer, err) != nil || err != nil {
		return
	}
	// Who has just been given a certificate need not show it: that would take a second handshake.
	conn.SetDeadline(time.Time{})
	m.serve(conn, answer.NodeID, from)
}

func (m *manager) join(said joining) (joined, error) {
	if len(said.Key) == 0 || len(said.Hostname) > 255 {
		return joined{}, fault.New(fault.Invalid, "a node that joins must send a key and a host name")
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	switch {
	case sameSecret(said.Secret, m.state.Manager):
		return joined{}, fault.New(fault.NotImplemented, "swarms of this engine have one manager: join as a worker, "+
			"with the token that `docker swarm join-token worker` prints")
	case !sameSecret(said.Secret, m.state.Worker):
		return joined{}, fault.New(fault.Invalid, "rpc error: code = InvalidArgument desc = A valid join token is necessary to join this cluster")
	case len(m.state.Nodes) >= maxConnections/2:
		return joined{}, fault.New(fault.Forbidden, "a swarm of this engine has at most %d nodes", maxConnections/2)
	}
	now := m.clock()
	n := m.state.addNode(now, said.Hostname, swarm.NodeRoleWorker)
	certificate, err := m.state.Authority.issue(now, n.ID, workerUnit, m.state.ID, said.Key)
	if err != nil {
		delete(m.state.Nodes, n.ID)
		return joined{}, err
	}
	m.settled(now)
	return joined{NodeID: n.ID, ClusterID: m.state.ID, Certificate: certificate, Root: m.state.Authority.Certificate}, nil
}

// serve speaks with a node until the connection ends.
func (m *manager) serve(conn net.Conn, nodeID string, from netip.Addr) {
	s := &session{wire: newWire(conn), node: nodeID}
	defer m.end(s)
	for {
		asked, err := s.wire.receive()
		if err != nil {
			return
		}
		answer, err := m.handle(s, asked, from)
		if asked.Number != 0 && s.wire.answer(asked, answer, err) != nil {
			return
		}
		if asked.Kind == kindHello && err != nil {
			return
		}
	}
}

func (m *manager) end(s *session) {
	s.wire.fail(net.ErrClosed)
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.sessions[s.node] == s {
		delete(m.sessions, s.node)
	}
}

func (m *manager) handle(s *session, asked message, from netip.Addr) (answer any, err error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	now := m.clock()
	n := m.state.Nodes[s.node]
	if n == nil {
		return nil, fault.New(fault.NotFound, "node %s is not part of this swarm any more", s.node)
	}
	n.seen = now
	if n.Status.State == swarm.NodeStateDown && asked.Kind != kindHello && asked.Kind != kindLeave {
		// It was cut off and is heard again.
		n.Status.State, n.Status.Message = swarm.NodeStateReady, ""
		m.state.touch(&n.Meta, now)
		m.settled(now)
	}
	switch asked.Kind {
	case kindHeartbeat:
		return nil, nil
	case kindHello:
		var said hello
		if err := json.Unmarshal(asked.Body, &said); err != nil {
			return nil, err
		}
		address := said.Address
		if !address.IsValid() {
			address = from
		}
		m.state.greet(now, n, address, said)
		if old := m.sessions[s.node]; old != nil && old != s {
			old.wire.conn.Close()
		}
		m.sessions[s.node] = s
	case kindStatus:
		var said []report
		if err := json.Unmarshal(asked.Body, &said); err != nil {
			return nil, err
		}
		for _, one := range said {
			m.state.report(s.node, one)
		}
	case kindAttach:
		var wanted attaching
		if err = json.Unmarshal(asked.Body, &wanted); err == nil {
			answer, err = m.state.attach(s.node, wanted)
		}
	case kindDetach:
		var wanted detaching
		if err = json.Unmarshal(asked.Body, &wanted); err == nil {
			m.state.detach(s.node, wanted)
		}
	case kindLeave:
		m.state.down(now, n, "the node has left the swarm")
		for _, t := range m.state.Tasks {
			if t.NodeID == s.node && !isOver(t.Status.State) {
				m.state.setStatus(now, t, swarm.TaskStateShutdown, "the node has left the swarm", "")
			}
		}
		m.state.Attached = slices.DeleteFunc(m.state.Attached, func(a *attached) bool { return a.Node == s.node })
	default:
		return nil, fault.New(fault.Invalid, "the swarm has no message %q", asked.Kind)
	}
	m.settled(now)
	return answer, err
}

// settled reconciles after a change and has it kept and told. It expects the lock to be held.
func (m *manager) settled(now time.Time) {
	m.state.giveMesh()
	m.state.reconcile(now)
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// loop keeps and tells what has changed, and looks at the time.
func (m *manager) loop(ctx context.Context) {
	period := min(tick, max(m.state.heartbeat()/2, 10*time.Millisecond))
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	last := m.clock()
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.wake:
			m.spread()
		case <-ticker.C:
			m.mutex.Lock()
			now, before := m.clock(), m.state.Index
			if stall := now.Sub(last) - period; stall > period {
				m.state.forgive(stall)
			}
			last = now
			m.state.missing(now)
			m.state.reconcile(now)
			changed := m.state.Index != before
			m.mutex.Unlock()
			if changed {
				m.spread()
			}
		}
	}
}

// spread keeps the state and tells every node what it should know, if that has changed.
func (m *manager) spread() {
	type letter struct {
		to    *session
		bytes []byte
	}
	var letters []letter
	m.mutex.Lock()
	for id, s := range m.sessions {
		if m.state.Nodes[id] == nil {
			s.wire.conn.Close()
			continue
		}
		bytesOf, err := json.Marshal(m.state.view(id))
		if err == nil && !bytes.Equal(bytesOf, s.sent) {
			s.sent = bytesOf
			letters = append(letters, letter{s, bytesOf})
		}
	}
	if err := m.keep(); err != nil {
		log.Printf("keep the swarm's state: %v", err)
	}
	m.mutex.Unlock()
	for _, l := range letters {
		if err := l.to.wire.send(message{Kind: kindView}, json.RawMessage(l.bytes)); err != nil {
			l.to.wire.conn.Close()
		}
	}
}

// keep writes the state if it has changed.
func (m *manager) keep() error {
	text, err := json.Marshal(m.state)
	if err != nil {
		return err
	}
	if bytes.Equal(text, m.kept) {
		return nil
	}
	if err := writeFile(m.path, text); err != nil {
		return err
	}
	m.kept = text
	return nil
}

func writeFile(path string, text []byte) error {
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// change runs a change of the state, and what follows from it.
func change[T any](m *manager, do func(s *state, now time.Time) (T, error)) (T, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	now := m.clock()
	result, err := do(m.state, now)
	m.settled(now)
	return result, err
}

// look reads the state.
func look[T any](m *manager, do func(s *state) (T, error)) (T, error) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return do(m.state)
}

// logs asks a task's node for its log; sink gets the lines until ctx ends.
func (m *manager) logs(ctx context.Context, request logRequest, sink func(logLine) error) error {
	m.mutex.Lock()
	t := m.state.Tasks[request.Task]
	var s *session
	if t != nil {
		s = m.sessions[t.NodeID]
	}
	m.mutex.Unlock()
	if t == nil || s == nil {
		return fmt.Errorf("the log of task %s cannot be read: its node is not connected", request.Task)
	}
	lines := make(chan message, 256)
	done := make(chan struct{})
	defer close(done)
	number, err := s.wire.request(kindLogs, request, func(answer message) bool {
		select {
		case lines <- answer:
		case <-done:
			return true
		}
		return len(answer.Body) == 0
	})
	if err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			_ = s.wire.send(message{Kind: kindLogs}, logRequest{Stop: number})
			return nil
		case answer := <-lines:
			if answer.Error != "" {
				return fault.New(answer.Fault, "%s", answer.Error)
			}
			if len(answer.Body) == 0 {
				return nil
			}
			var line logLine
			if err := json.Unmarshal(answer.Body, &line); err != nil {
				return err
			}
			if err := sink(line); err != nil {
				_ = s.wire.send(message{Kind: kindLogs}, logRequest{Stop: number})
				return nil
			}
		}
	}
}

var _ network.Cluster = (*Swarm)(nil)
