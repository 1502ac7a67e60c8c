// Package api serves Docker's Engine API: each file has the routes of one kind of object.
package api

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"

	"twinhull/engine/fault"
)

const (
	// Version is the newest version of the API that this engine speaks, and MinVersion the oldest.
	Version    = "1.47"
	MinVersion = "1.24"
	maxMinor   = 47
	minMinor   = 24
	// maxBody bounds JSON bodies. The largest that clients send, a container with a seccomp profile, has some 20 KB.
	maxBody = 4 << 20
)

// Handler answers a request, or returns the error that the router turns into a status and {"message": ...}.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Router finds the handler of a request. Paths may start with a version: /v1.44/containers/json.
type Router struct {
	mux     *http.ServeMux
	observe Observer
}

// Observer sees every call; nil sees none. It returns what is told of the answer.
type Observer func(method, path string) func(status int)

// NewRouter makes a router without routes.
func NewRouter(observe Observer) *Router {
	router := &Router{mux: http.NewServeMux(), observe: observe}
	router.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { writeError(w, errPage) })
	return router
}

var errPage = fault.New(fault.NotFound, "page not found")

// Handle adds a route in the syntax of http.ServeMux: "GET /containers/{name}/json". A name with slashes, as images
// have, is "{name...}" and can only come last: see images.go for how `/images/{name}/json` is told.
func (r *Router) Handle(pattern string, handler Handler) {
	r.mux.HandleFunc(pattern, func(w http.ResponseWriter, request *http.Request) {
		if err := handler(w, request); err != nil {
			writeError(w, err)
		}
	})
}

// unversioned cuts the version off a path: "1.44" off /v1.44/containers/json. It is "" when there is none.
func unversioned(path string) (rest, version string) {
	after, found := strings.CutPrefix(path, "/v")
	if !found {
		return path, ""
	}
	version, _, found = strings.Cut(after, "/")
	major, minor, dotted := strings.Cut(version, ".")
	if !found || !dotted || !isNumber(major) || !isNumber(minor) {
		return path, ""
	}
	return after[len(version):], version
}

func isNumber(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

func (r *Router) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	header := w.Header()
	header.Set("Api-Version", Version)
	header.Set("Ostype", "linux")
	header.Set("Server", "Docker/"+EngineVersion+" (linux)")
	path := request.URL.Path
	if rest, version := unversioned(path); version != "" {
		if err := checkVersion(version); err != nil {
			writeError(w, err)
			return
		}
		request.URL.Path = rest
		request.URL.RawPath = ""
	}
	if r.observe != nil {
		if done := r.observe(request.Method, path); done != nil {
			watched := &statusWriter{ResponseWriter: w}
			defer func() { done(watched.told()) }()
			w = watched
		}
	}
	r.mux.ServeHTTP(w, request)
}

func checkVersion(asked string) error {
	major, text, _ := strings.Cut(asked, ".")
	number, err := strconv.Atoi(text)
	if err != nil || major != "1" {
		return fault.New(fault.Invalid, "client version %s is not one of this API", asked)
	}
	if number < minMinor {
		return fault.New(fault.Invalid, "client version %s is too old. Minimum supported API version is %s, "+
			"please upgrade your client to a newer version", asked, MinVersion)
	}
	if number > maxMinor {
		return fault.New(fault.Invalid, "client version %s is too new. Maximum supported API version is %s", asked, Version)
	}
	return nil
}

// statusWriter remembers the status for the observer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Hijack is the answer of a connection that becomes one of bytes.
func (w *statusWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.status = http.StatusSwitchingProtocols
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// Unwrap lets http.ResponseController flush.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// told is what the client gets to know: a handler without a word means that all is well.
func (w *statusWriter) told() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}

func writeError(w http.ResponseWriter, err error) {
	status := fault.Status(err)
	if status == http.StatusNotModified {
		w.WriteHeader(status)
		return
	}
	writeJSON(w, status, map[string]string{"message": err.Error()})
}

// writeJSON sends a value. What goes wrong now can only be the client's leaving.
func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value)
}

// readJSON reads a body. An empty one leaves the value as it is, as Docker's old clients expect.
func readJSON(r *http.Request, value any) error {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if kind != "" && kind != "application/json" && r.ContentLength != 0 {
		return fault.New(fault.Invalid, "unsupported Content-Type header (%s): must be 'application/json'", kind)
	}
	decoder := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxBody))
	if err := decoder.Decode(value); err != nil {
		if errors.Is(err, io.EOF) {
			return nil
		}
		return fault.New(fault.Invalid, "invalid JSON: %w", err)
	}
	if decoder.More() {
		return fault.New(fault.Invalid, "unexpected content after JSON")
	}
	return nil
}

// flag reads a truth value as Docker does: absent, empty, 0, no, false and none are false, everything else true.
func flag(r *http.Request, name string) bool {
	switch strings.ToLower(strings.TrimSpace(r.URL.Query().Get(name))) {
	case "", "0", "no", "false", "none":
		return false
	}
	return true
}
