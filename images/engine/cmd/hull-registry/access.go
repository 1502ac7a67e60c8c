package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// logged writes a line for each request, in the common log format: what `docker logs` of a registry shows.
func logged(next http.Handler, lines io.Writer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &answer{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(answer, r)
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			host = "-"
		}
		// One write a line, so that lines of requests at once do not mix. Of the path only what a terminal can show.
		_, _ = lines.Write(fmt.Appendf(nil, "%s - - [%s] %q %d %d %q\n", host, time.Now().Format("02/Jan/2006:15:04:05 -0700"),
			r.Method+" "+r.URL.EscapedPath()+" "+r.Proto, answer.status, answer.size, r.UserAgent()))
	})
}

// answer remembers what a log wants to know.
type answer struct {
	http.ResponseWriter
	status int
	size   int64
}

func (a *answer) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(bytes []byte) (int, error) {
	n, err := a.ResponseWriter.Write(bytes)
	a.size += int64(n)
	return n, err
}

// ReadFrom keeps sendfile, which spares blobs a way through this program.
func (a *answer) ReadFrom(content io.Reader) (int64, error) {
	n, err := io.Copy(a.ResponseWriter, content)
	a.size += n
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
