package rest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"twinhull/engine/client/jsonlite"
)

// serve makes a client of a handler behind a unix socket, which counts connections.
func serve(t *testing.T, handler http.HandlerFunc) (*Client, *int) {
	t.Helper()
	connections := 0
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Listener = listener
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections++
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	host, err := ParseHost("unix://" + socket)
	if err != nil {
		t.Fatal(err)
	}
	return &Client{Host: host, Version: Version}, &connections
}

func TestReplies(t *testing.T) {
	client, connections := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1.47/plain":
			fmt.Fprint(w, `{"A":1}`)
		case "/v1.47/chunked":
			fmt.Fprint(w, `{"A"`)
			w.(http.Flusher).Flush()
			fmt.Fprint(w, `:1}`)
		case "/v1.47/nothing":
			w.WriteHeader(http.StatusNoContent)
		default:
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"message":"no such thing"}`)
		}
	})
	for _, path := range []string{"/plain", "/chunked", "/plain"} {
		var value struct{ A int }
		if err := client.Get(path, nil, &value); err != nil || value.A != 1 {
			t.Errorf("%s: %+v, %v", path, value, err)
		}
	}
	if err := client.Post("/nothing", nil, nil, nil); err != nil {
		t.Error(err)
	}
	err := client.Get("/missing", nil, nil)
	if !IsNotFound(err) || err.Error() != "Error response from daemon: no such thing" {
		t.Errorf("the error is %v", err)
	}
	if *connections != 1 {
		t.Errorf("five requests took %d connections", *connections)
	}
}

func TestBodies(t *testing.T) {
	client, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, `{"Text":%q}`, r.Header.Get("Content-Type")+" "+string(body))
	})
	for want, request := range map[string]*Request{
		`application/json {"a":"b"}`: {Body: Writing(func(w *jsonlite.Writer) { w.Object("", func() { w.String("a", "b") }) })},
		`application/json {"a":1}`:   {Body: map[string]int{"a": 1}},
		"x/y streamed":               {Stream: strings.NewReader("streamed"), Header: map[string]string{"Content-Type": "x/y"}},
		" ":                          {},
	} {
		request.Method, request.Path = "POST", "/x"
		var answer struct{ Text string }
		if err := client.Call(request, &answer); err != nil || answer.Text != want {
			t.Errorf("the engine read %q, %v", answer.Text, err)
		}
	}
}

// TestOlderEngine meets an engine that speaks an older version, and adopts it.
func TestOlderEngine(t *testing.T) {
	client, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/v1.44/") {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"message":"client version 1.47 is too new. Maximum supported API version is 1.44"}`)
			return
		}
		fmt.Fprint(w, `{}`)
	})
	if err := client.Get("/x", nil, nil); err != nil || client.Version != "1.44" {
		t.Errorf("version %s, %v", client.Version, err)
	}
	client.Version, client.Pinned = Version, true
	if err := client.Get("/x", nil, nil); err == nil {
		t.Error("a pinned version was given up")
	}
}

func TestHijack(t *testing.T) {
	client, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		connection, buffer, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer connection.Close()
		fmt.Fprint(connection, "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\nready ")
		input, _ := io.ReadAll(buffer)
		connection.Write(input)
	})
	stream, err := client.Hijack("/attach", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	fmt.Fprint(stream, "input")
	if err := stream.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	output, err := io.ReadAll(stream)
	if err != nil || string(output) != "ready input" || !stream.Raw {
		t.Errorf("%q, %v", output, err)
	}
}

func TestNobodyListens(t *testing.T) {
	client := &Client{Host: Host{Network: "unix", Address: "/nonexistent", Text: "unix:///nonexistent"}}
	err := client.Get("/x", nil, nil)
	if !IsConnectionError(err) || err.Error() != "Cannot connect to the Docker daemon at unix:///nonexistent. Is the docker daemon running?" {
		t.Errorf("the error is %v", err)
	}
}

func TestParseHost(t *testing.T) {
	for text, want := range map[string]string{
		"unix:///x/y": "unix /x/y ", "tcp://1.2.3.4:5": "tcp 1.2.3.4:5 ", "tcp://host": "tcp host:2375 ", "host:1": "tcp host:1 ",
		"tcp://[::1]": "tcp [::1]:2375 ", "http://h:1/path/": "tcp h:1 /path", "unix://": "unix /run/docker.sock ",
	} {
		host, err := ParseHost(text)
		if got := host.Network + " " + host.Address + " " + host.Path; err != nil || got != want {
			t.Errorf("%s is %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"https://h", "ssh://h", "x://y"} {
		if _, err := ParseHost(text); err == nil {
			t.Errorf("%s was accepted", text)
		}
	}
}

func TestFrames(t *testing.T) {
	var out, errs bytes.Buffer
	frames := "\x01\x00\x00\x00\x00\x00\x00\x03out\x02\x00\x00\x00\x00\x00\x00\x04oops"
	if err := Frames(&out, &errs, strings.NewReader(frames)); err != nil || out.String() != "out" || errs.String() != "oops" {
		t.Errorf("%q, %q, %v", &out, &errs, err)
	}
	if err := Frames(&out, &errs, strings.NewReader(frames[:9])); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("half a frame gives %v", err)
	}
	if err := Frames(&out, &errs, strings.NewReader("\x09\x00\x00\x00\x00\x00\x00\x00")); err == nil {
		t.Error("a stream of no kind was accepted")
	}
}

// FuzzResponse reads whatever may come from a socket. It must end, and agree with net/http on what a whole answer is.
func FuzzResponse(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\nrest", "HTTP/1.1 200 OK\r\nX\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "SSH-2.0-x\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		response, err := (&connection{reader: bufio.NewReader(bytes.NewReader(text))}).readResponse("GET")
		if err != nil {
			return
		}
		response.release = func(bool) {}
		if response.Status == 101 {
			return
		}
		ours, err := io.ReadAll(response.Body)
		response.Body.Close()
		if len(ours) > len(text) {
			t.Fatalf("%q became %q", text, ours)
		}
		theirs, theirErr := http.ReadResponse(bufio.NewReader(bytes.NewReader(text)), nil)
		if theirErr != nil || err != nil || !theirs.ProtoAtLeast(1, 1) || theirs.StatusCode != response.Status {
			return
		}
		whole, theirErr := io.ReadAll(theirs.Body)
		if theirErr == nil && !bytes.Equal(whole, ours) {
			t.Fatalf("%q: %q here, %q in net/http", text, ours, whole)
		}
	})
}
