package xray

import (
	"bufio"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// watch serves a stream and returns the events that a watcher gets, and what ends its watching.
func watch(t *testing.T, stream *Stream) (events func() Event, leave func()) {
	t.Helper()
	listener, err := Listen(filepath.Join(t.TempDir(), "xray.sock"))
	if err != nil {
		t.Fatal(err)
	}
	go stream.Serve(listener)
	connection, err := net.Dial("unix", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close(); listener.Close() })
	for !stream.Active() {
	}
	lines := bufio.NewScanner(connection)
	return func() Event {
		t.Helper()
		var event Event
		if !lines.Scan() {
			t.Fatal("the stream has ended")
		}
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			t.Fatal(err)
		}
		return event
	}, func() { connection.Close() }
}

func TestCallsAreToldToWhoWatches(t *testing.T) {
	stream := &Stream{}
	if stream.Call("GET", "/_ping") != nil {
		t.Error("a call is observed although nobody watches")
	}
	next, leave := watch(t, stream)
	stream.Call("POST", "/v1.47/containers/create")(201)
	if event := next(); event.Type != "call" || event.Method != "POST" || event.Status != 201 || event.UnixNs == 0 {
		t.Errorf("told was %+v", event)
	}
	leave()
	for stream.Active() {
	}
}

func TestWhoReadsTooLittleLearnsThatEventsAreMissing(t *testing.T) {
	stream := &Stream{}
	next, _ := watch(t, stream)
	// The connection's buffers take some as well, so it is told until the watcher is behind.
	var watched *watcher
	for watched = range stream.watchers {
	}
	told := int64(0)
	for watched.lost.Load() == 0 {
		stream.Publish(Event{Type: "call", Path: strings.Repeat("x", 4096)})
		told++
	}
	got := int64(0)
	for event := next(); ; event = next() {
		if event.Type == "lost" {
			if got += event.Count; event.Count < 1 {
				t.Errorf("lost are %d", event.Count)
			}
			break
		}
		got++
	}
	stream.Publish(Event{Type: "call"})
	for event := next(); ; event = next() {
		if got++; event.Path == "" {
			break
		}
	}
	if got != told+1 {
		t.Errorf("of %d events %d are accounted for", told+1, got)
	}
}

func TestStepsAreToldOnceAndInTheirTime(t *testing.T) {
	stream := &Stream{}
	next, _ := watch(t, stream)
	trace := filepath.Join(t.TempDir(), "trace")
	text := `{"step":"start","syscall":"","atNs":0,"ns":0,"ok":true,"process":"runtime","detail":"1700000000000000000"}
{"step":"process","syscall":"execve","atNs":2500,"ns":null,"ok":true,"process":"container","detail":"/bin/true"}
`
	if err := os.WriteFile(trace, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := stream.Steps("abc", trace); err != nil {
		t.Fatal(err)
	}
	next()
	var step struct{ Syscall string }
	event := next()
	if err := json.Unmarshal(event.Step, &step); err != nil {
		t.Fatal(err)
	}
	if event.Type != "step" || event.Container != "abc" || event.UnixNs != 1700000000000002500 || step.Syscall != "execve" {
		t.Errorf("told was %+v", event)
	}
	if err := stream.Steps("abc", trace); err != nil {
		t.Errorf("of a runtime that writes none: %v", err)
	}
}

func FuzzSteps(f *testing.F) {
	f.Add([]byte(`{"detail":"1"}`))
	f.Add([]byte("{\n"))
	f.Fuzz(func(t *testing.T, trace []byte) {
		path := filepath.Join(t.TempDir(), "trace")
		if err := os.WriteFile(path, trace, 0o600); err != nil {
			t.Fatal(err)
		}
		_ = (&Stream{}).Steps("abc", path)
		if _, err := os.Stat(path); err == nil {
			t.Error("the file is still there")
		}
	})
}
