package swarm

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moby/moby/api/types/swarm"

	"twinhull/engine/fault"
	"twinhull/engine/network"
)

// Messages between nodes and their manager: four bytes of length, most significant first, and JSON.
const maxMessage = 4 << 20

var errTooLong = errors.New("a message of the swarm is too long")

// What messages are.
const (
	kindJoin      = "join"      // joining -> joined
	kindHello     = "hello"     // hello, after which the manager sends views
	kindHeartbeat = "heartbeat" // nothing -> nothing
	kindStatus    = "status"    // []report
	kindAttach    = "attach"    // attaching -> network.Grant
	kindDetach    = "detach"    // detaching
	kindLeave     = "leave"     // nothing -> nothing
	kindView      = "view"      // view, from the manager
	kindLogs      = "logs"      // logRequest, from the manager; the node answers with logLines, the last with an empty one
	kindAnswer    = "answer"
)

// message is a request if it has a number and is no answer.
type message struct {
	Kind   string
	Number uint64          `json:",omitempty"`
	Body   json.RawMessage `json:",omitempty"`
	Error  string          `json:",omitempty"`
	Fault  fault.Kind      `json:",omitempty"`
}

type joining struct {
	Secret   string
	Hostname string
	Key      []byte
}

type joined struct {
	NodeID      string
	ClusterID   string
	Certificate []byte
	Root        []byte
}

type hello struct {
	// Address is where the node's tunnels end; not valid if it is where it speaks from.
	Address      netip.Addr
	Availability swarm.NodeAvailability `json:",omitempty"`
	Description  swarm.NodeDescription
}

type report struct {
	Task   string
	Status swarm.TaskStatus
}

type attaching struct {
	Network   string
	Container network.Attachment
}

type detaching struct{ Network, Container string }

// view is all that a node should know.
type view struct {
	Heartbeat time.Duration
	Cluster   string
	Managers  []swarm.Peer
	Address   netip.Addr
	Tasks     []assignment
	Networks  map[string]networkView
	Mesh      meshView
}

type assignment struct {
	Task    swarm.Task
	Service string
	Node    string // its host name
	Ports   []swarm.PortConfig
	// Networks are the task's, the main one first.
	Networks []taskNetwork
}

type taskNetwork struct {
	ID      string
	Address netip.Addr
	Aliases []string
}

type networkView struct {
	Network *network.Network
	network.SwarmView
}

type meshView struct {
	Network string
	Address netip.Addr
	Ports   []network.MeshPort
}

type logRequest struct {
	Task       string
	Since      time.Time
	Tail       int
	Follow     bool
	Timestamps bool
	Stop       uint64 `json:",omitempty"` // the number of the request that ends
}

type logLine struct {
	Stderr bool
	Text   []byte
}

// wire is a connection over which both sides ask and answer.
type wire struct {
	conn net.Conn
	// idle is how long the other end may say nothing, in nanoseconds; 0 is for ever.
	idle atomic.Int64

	writing sync.Mutex

	mutex   sync.Mutex
	last    uint64
	pending map[uint64]func(message) (last bool)
	closed  error
}

func newWire(conn net.Conn) *wire {
	return &wire{conn: conn, pending: map[uint64]func(message) bool{}}
}

// patience is how long a message may take to be written, and an answer to come.
const patience = 30 * time.Second

func (w *wire) send(m message, body any) error {
	if body != nil {
		bytes, err := json.Marshal(body)
		if err != nil {
			return err
		}
		m.Body = bytes
	}
	bytes, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if len(bytes) > maxMessage {
		return errTooLong
	}
	w.writing.Lock()
	defer w.writing.Unlock()
	w.conn.SetWriteDeadline(time.Now().Add(patience))
	_, err = w.conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(bytes))), bytes...))
	return err
}

// receive reads the next message that is no answer; answers go to who waits for them.
func (w *wire) receive() (message, error) {
	for {
		if idle := time.Duration(w.idle.Load()); idle > 0 {
			w.conn.SetReadDeadline(time.Now().Add(idle))
		}
		m, err := readMessage(w.conn)
		if err != nil {
			w.fail(err)
			return message{}, err
		}
		if m.Kind != kindAnswer {
			return m, nil
		}
		w.mutex.Lock()
		told := w.pending[m.Number]
		w.mutex.Unlock()
		if told != nil && told(m) {
			w.forget(m.Number)
		}
	}
}

// askToJoin asks the manager for a node's certificate. After that the connection is the node's.
func askToJoin(conn net.Conn, said joining) (joined, error) {
	if err := newWire(conn).send(message{Kind: kindJoin, Number: 1}, said); err != nil {
		return joined{}, fault.New(fault.Unavailable, "asking within the swarm: %w", err)
	}
	conn.SetReadDeadline(time.Now().Add(patience))
	defer conn.SetReadDeadline(time.Time{})
	m, err := readMessage(conn)
	if err != nil {
		return joined{}, fault.New(fault.Unavailable, "the swarm's manager does not answer: %w", err)
	}
	if m.Error != "" {
		return joined{}, fault.New(m.Fault, "%s", m.Error)
	}
	var answer joined
	err = json.Unmarshal(m.Body, &answer)
	return answer, err
}

func readMessage(from io.Reader) (message, error) {
	var length [4]byte
	if _, err := io.ReadFull(from, length[:]); err != nil {
		return message{}, err
	}
	size := binary.BigEndian.Uint32(length[:])
	if size > maxMessage {
		return message{}, errTooLong
	}
	bytes := make([]byte, size)
	if _, err := io.ReadFull(from, bytes); err != nil {
		return message{}, err
	}
	var m message
	if err := json.Unmarshal(bytes, &m); err != nil {
		return message{}, fmt.Errorf("a message of the swarm: %w", err)
	}
	return m, nil
}

// fail ends everything that waits.
func (w *wire) fail(err error) {
	w.mutex.Lock()
	waiting := w.pending
	w.pending = map[uint64]func(message) bool{}
	if w.closed == nil {
		w.closed = err
	}
	w.mutex.Unlock()
	for _, told := range waiting {
		told(message{Error: "the connection within the swarm was lost", Fault: fault.Unavailable})
	}
	w.conn.Close()
}

func (w *wire) forget(number uint64) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	delete(w.pending, number)
}

// request asks; told gets the answers, until it says that one was the last.
func (w *wire) request(kind string, body any, told func(message) (last bool)) (uint64, error) {
	w.mutex.Lock()
	if err := w.closed; err != nil {
		w.mutex.Unlock()
		return 0, fault.New(fault.Unavailable, "the connection within the swarm was lost: %w", err)
	}
	w.last++
	number := w.last
	w.pending[number] = told
	w.mutex.Unlock()
	if err := w.send(message{Kind: kind, Number: number}, body); err != nil {
		w.forget(number)
		return 0, fault.New(fault.Unavailable, "asking within the swarm: %w", err)
	}
	return number, nil
}

// ask asks and waits for one answer. Somebody else must be receiving.
func (w *wire) ask(kind string, body, answer any) error {
	done := make(chan message, 1)
	number, err := w.request(kind, body, func(m message) bool { done <- m; return true })
	if err != nil {
		return err
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case m := <-done:
		if m.Error != "" {
			return fault.New(m.Fault, "%s", m.Error)
		}
		if answer == nil {
			return nil
		}
		return json.Unmarshal(m.Body, answer)
	case <-timer.C:
		w.forget(number)
		return fault.New(fault.Unavailable, "the swarm's manager does not answer")
	}
}

// answer answers a request.
func (w *wire) answer(m message, body any, err error) error {
	reply := message{Kind: kindAnswer, Number: m.Number}
	if err != nil {
		reply.Error, reply.Fault = err.Error(), fault.KindOf(err)
		body = nil
	}
	return w.send(reply, body)
}
