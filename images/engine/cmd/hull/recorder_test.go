package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// recorder is an engine that knows a few answers and remembers what it was asked.
type recorder struct {
	address string
	server  *http.Server
	folder  string

	// ended is closed when the container with a terminal has.
	ended chan struct{}

	mutex    sync.Mutex
	requests []string
}

func newRecorder() *recorder { return &recorder{ended: make(chan struct{})} }

// socketName is how long the names of sockets are: longer than any temporary folder's, and short enough for a socket.
const socketName = 40

// start listens on a socket, whose path must be short.
func (r *recorder) start(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("/tmp", "h")
	if err != nil {
		t.Fatal(err)
	}
	// All sockets' names are of one length, because tables show them.
	path := filepath.Join(folder, strings.Repeat("s", socketName-len(folder)))
	r.folder, r.address = folder, "unix://"+path
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	r.server = &http.Server{Handler: r}
	go r.server.Serve(listener)
	return r.address
}

func (r *recorder) stop() []string {
	r.server.Close()
	os.RemoveAll(r.folder)
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.requests
}

// outsideName is what a Dockerfile is called that was not in the context. Docker's client makes up a name each time.
var outsideName = regexp.MustCompile(`\.dockerfile\.[0-9a-z]+`)

var versioned = regexp.MustCompile(`^/v1\.[0-9]+`)

func (r *recorder) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	w.Header().Set("Api-Version", "1.47")
	w.Header().Set("Ostype", "linux")
	path := versioned.ReplaceAllString(request.URL.Path, "")
	if path == "/_ping" {
		return
	}
	body, _ := io.ReadAll(request.Body)
	r.note(request, path, body)
	if strings.HasPrefix(path, "/containers/terminal/") && r.terminal(w, request) {
		return
	}
	answer(w, request, path, body)
}

// note keeps a request in a form in which what means the same reads the same.
func (r *recorder) note(request *http.Request, path string, body []byte) {
	query := request.URL.Query()
	for name, values := range query {
		kept := values[:0]
		for _, value := range values {
			if value != "" && value != "0" && value != "{}" && value != "null" && value != "[]" {
				kept = append(kept, canonical([]byte(value)))
			}
		}
		if query[name] = kept; len(kept) == 0 {
			delete(query, name)
		}
	}
	text := fmt.Sprintf("%s %s %v %s", request.Method, path, query, bodyText(request, body))
	if auth := request.Header.Get("X-Registry-Auth"); auth != "" {
		text += " auth"
	}
	text = outsideName.ReplaceAllString(text, ".dockerfile.N")
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.requests = append(r.requests, text)
}

func bodyText(request *http.Request, body []byte) string {
	if strings.HasSuffix(request.URL.Path, "/build") || strings.HasSuffix(request.URL.Path, "/archive") {
		return entriesOf(body)
	}
	return canonical(body)
}

// entriesOf lists an archive: names, kinds, modes, owners and contents.
func entriesOf(archive []byte) string {
	var lines []string
	reader := tar.NewReader(bytes.NewReader(archive))
	for {
		header, err := reader.Next()
		if err != nil {
			slices.Sort(lines)
			return strings.Join(lines, "; ")
		}
		content, _ := io.ReadAll(reader)
		name := strings.TrimSuffix(header.Name, "/")
		lines = append(lines, fmt.Sprintf("%s %c %o %d:%d %s %q", name, header.Typeflag, header.Mode&0o777, header.Uid, header.Gid, header.Linkname, content))
	}
}

// canonical writes JSON without what means nothing: null, false, 0, "" and what is empty; other texts stay.
func canonical(text []byte) string {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return string(text)
	}
	raw, _ := json.Marshal(meaning(value))
	return string(raw)
}

func meaning(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, original := range value {
			part := meaning(original)
			unset := name == "MemorySwappiness" && part == json.Number("-1")
			if list, ok := original.([]any); ok && name == "Binds" {
				// Docker's client has them in no order.
				slices.SortFunc(list, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
			}
			if name == "ExposedPorts" || name == "Volumes" {
				part = names(original)
			}
			if part == nil || unset {
				delete(value, name)
			} else {
				value[name] = part
			}
		}
		if len(value) == 0 {
			return nil
		}
		return value
	case []any:
		says := false
		for i := range value {
			says = says || value[i] != json.Number("0")
			if object, ok := value[i].(map[string]any); ok {
				value[i] = meaning(object)
			}
		}
		if !says {
			return nil
		}
		return value
	case json.Number:
		if value == "0" {
			return nil
		}
	case string:
		if value == "" {
			return nil
		}
	case bool:
		if !value {
			return nil
		}
	}
	return value
}

// names keeps the keys of a map whose values say nothing: {"80/tcp":{}}.
func names(value any) any {
	of, ok := value.(map[string]any)
	if !ok || len(of) == 0 {
		return nil
	}
	for name, part := range of {
		if part = meaning(part); part == nil {
			part = "set"
		}
		of[name] = part
	}
	return of
}

// hijack answers with a stream of frames.
func hijack(w http.ResponseWriter, request *http.Request, stdout, stderr string) {
	connection, buffer, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer connection.Close()
	fmt.Fprint(connection, "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.multiplexed-stream\r\n"+
		"Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
	if request.URL.Query().Get("stdin") == "1" || strings.Contains(request.URL.Path, "/exec/") {
		echo(buffer.Reader, connection)
	}
	for i, text := range []string{stdout, stderr} {
		connection.Write(append([]byte{byte(i + 1), 0, 0, 0, 0, 0, 0, byte(len(text))}, text...))
	}
}

// echo sends input back as output until it ends.
func echo(from *bufio.Reader, to io.Writer) {
	input, _ := io.ReadAll(from)
	if len(input) > 0 {
		to.Write(append([]byte{1, 0, 0, 0, 0, 0, 0, byte(len(input))}, input...))
	}
}

// terminal answers for a container with a terminal, which lives until ctrl-d is typed.
func (r *recorder) terminal(w http.ResponseWriter, request *http.Request) bool {
	switch {
	case strings.HasSuffix(request.URL.Path, "/attach"):
		if hijackRaw(w) {
			close(r.ended)
		}
	case strings.HasSuffix(request.URL.Path, "/wait"):
		w.(http.Flusher).Flush()
		select {
		case <-r.ended:
			fmt.Fprint(w, `{"StatusCode":3}`)
		case <-request.Context().Done():
		}
	default:
		return false
	}
	return true
}

// hijackRaw is a container with a terminal: it says that it is ready, echoes, and ends at ctrl-d, or when nobody is left.
func hijackRaw(w http.ResponseWriter) (ended bool) {
	connection, buffer, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return false
	}
	defer connection.Close()
	fmt.Fprint(connection, "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n"+
		"Connection: Upgrade\r\nUpgrade: tcp\r\n\r\nready\r\n")
	for {
		key, err := buffer.ReadByte()
		if err != nil || key == 4 {
			return err == nil
		}
		connection.Write([]byte{key})
	}
}
