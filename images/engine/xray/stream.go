// Package xray tells whoever watches what the engine does: API calls and the runtime's steps, as lines of JSON on a
// unix socket. Without a watcher nothing is made, let alone kept.
package xray

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Event is one thing that happened: a line of STREAM.md.
type Event struct {
	// Type is "call" for an API call, "step" for a step of the OCI runtime, "lost" for what a watcher was too slow for.
	Type string `json:"type"`
	// UnixNs is when it began, nanoseconds since the epoch; Ns how long it took.
	UnixNs int64 `json:"unixNs"`
	Ns     int64 `json:"ns"`

	// Of calls. A call whose connection was taken over has the status 101.
	Method string `json:"method,omitempty"`
	Path   string `json:"path,omitempty"`
	Status int    `json:"status,omitempty"`

	// Of steps: the container, and the line that the runtime wrote (images/runtime/TRACE.md).
	Container string          `json:"container,omitempty"`
	Step      json.RawMessage `json:"step,omitempty"`

	// Of lost: how many events are missing here.
	Count int64 `json:"count,omitempty"`
}

const (
	// backlog is how many events a watcher may lag behind before it loses some.
	backlog = 1024
	// maxWatchers bounds what can be connected at once.
	maxWatchers = 8
	// patience is how long a watcher that does not read is waited for.
	patience = 5 * time.Second
)

// Stream spreads events. Its zero value has no watchers, and nil never gets one.
type Stream struct {
	active   atomic.Int32
	mutex    sync.Mutex
	watchers map[*watcher]struct{}
}

type watcher struct {
	events chan Event
	lost   atomic.Int64
}

// Active tells whether anybody watches: whoever would have to work for an event asks first.
func (s *Stream) Active() bool { return s != nil && s.active.Load() > 0 }

// Publish tells the watchers. It never blocks.
func (s *Stream) Publish(event Event) {
	if !s.Active() {
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for watcher := range s.watchers {
		select {
		case watcher.events <- event:
		default:
			watcher.lost.Add(1)
		}
	}
}

// Call observes an API call; it is the router's observer.
func (s *Stream) Call(method, path string) func(status int) {
	if !s.Active() {
		return nil
	}
	begun := time.Now()
	return func(status int) {
		s.Publish(Event{
			Type: "call", UnixNs: begun.UnixNano(), Ns: time.Since(begun).Nanoseconds(),
			Method: method, Path: path, Status: status,
		})
	}
}

// Serve gives every connection to a unix socket the events from then on. It returns when the listener is closed.
func (s *Stream) Serve(listener net.Listener) error {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return err
		}
		go s.feed(connection)
	}
}

// Listen makes the socket, which only root can reach.
func Listen(path string) (net.Listener, error) {
	os.Remove(path)
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("make the x-ray socket: %w", err)
	}
	return listener, os.Chmod(path, 0o600)
}

func (s *Stream) feed(connection net.Conn) {
	defer connection.Close()
	watcher, ok := s.subscribe()
	if !ok {
		return
	}
	defer s.unsubscribe(watcher)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		// Nothing is expected: reading tells when the watcher leaves.
		connection.Read(make([]byte, 1))
	}()
	encoder := json.NewEncoder(connection)
	encoder.SetEscapeHTML(false)
	tell := func(event Event) bool {
		connection.SetWriteDeadline(time.Now().Add(patience))
		return encoder.Encode(event) == nil
	}
	for {
		select {
		case event := <-watcher.events:
			if !tell(event) {
				return
			}
			if lost := watcher.lost.Swap(0); lost > 0 &&
				!tell(Event{Type: "lost", UnixNs: time.Now().UnixNano(), Count: lost}) {
				return
			}
		case <-gone:
			return
		}
	}
}

func (s *Stream) subscribe() (*watcher, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if len(s.watchers) >= maxWatchers {
		return nil, false
	}
	if s.watchers == nil {
		s.watchers = map[*watcher]struct{}{}
	}
	added := &watcher{events: make(chan Event, backlog)}
	s.watchers[added] = struct{}{}
	s.active.Add(1)
	return added, true
}

func (s *Stream) unsubscribe(leaving *watcher) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.watchers, leaving)
	s.active.Add(-1)
}
