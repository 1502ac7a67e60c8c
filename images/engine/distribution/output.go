package distribution

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/opencontainers/go-digest"
)

// Output writes progress as Docker's API does: one JSON object a line, sent at once.
type Output struct {
	mutex   sync.Mutex
	writer  io.Writer
	flush   func()
	written bool
}

// NewOutput makes an output of a response's body or any other writer.
func NewOutput(writer io.Writer) *Output {
	output := &Output{writer: writer, flush: func() {}}
	if response, ok := writer.(http.ResponseWriter); ok {
		controller := http.NewResponseController(response)
		output.flush = func() { _ = controller.Flush() }
	}
	return output
}

// Written tells whether anything has been sent: from then on an error can only be told in a line.
func (o *Output) Written() bool {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.written
}

type progressDetail struct {
	Current int64 `json:"current,omitempty"`
	Total   int64 `json:"total,omitempty"`
}

type line struct {
	Stream string          `json:"stream,omitempty"`
	Status string          `json:"status,omitempty"`
	Detail *progressDetail `json:"progressDetail,omitempty"`
	// Bar is the progress as text, which old clients print as it stands.
	Bar   string       `json:"progress,omitempty"`
	ID    string       `json:"id,omitempty"`
	Fault *errorDetail `json:"errorDetail,omitempty"`
	Error string       `json:"error,omitempty"`
	Aux   any          `json:"aux,omitempty"`
}

type errorDetail struct {
	Message string `json:"message"`
}

// Status says something about the whole, or about what id names.
func (o *Output) Status(id, format string, arguments ...any) {
	o.send(line{ID: id, Status: fmt.Sprintf(format, arguments...)})
}

// Stream passes text on that clients print as it stands.
func (o *Output) Stream(text string) { o.send(line{Stream: text}) }

// Step says what happens to one layer now.
func (o *Output) Step(id, action string) {
	o.send(line{ID: id, Status: action, Detail: &progressDetail{}})
}

// Progress says how far one layer is.
func (o *Output) Progress(id, action string, current, total int64) {
	o.send(line{ID: id, Status: action, Detail: &progressDetail{current, total}, Bar: bar(current, total)})
}

// Aux sends a result that programs read.
func (o *Output) Aux(value any) { o.send(line{Detail: &progressDetail{}, Aux: value}) }

// Error ends the output with what went wrong.
func (o *Output) Error(err error) {
	o.send(line{Fault: &errorDetail{err.Error()}, Error: err.Error()})
}

// send writes one line. What goes wrong now can only be the client's leaving, which cancels the context of the request.
func (o *Output) send(l line) {
	encoded, err := json.Marshal(l)
	if err != nil {
		panic(fmt.Sprintf("a line is not JSON: %v", err))
	}
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.written = true
	_, _ = o.writer.Write(append(encoded, '\r', '\n'))
	o.flush()
}

// barWidth is the characters between a bar's brackets.
const barWidth = 50

func bar(current, total int64) string {
	if total <= 0 || current > total {
		return fmt.Sprintf("%8s", size(current))
	}
	filled := int(current * barWidth / total)
	return fmt.Sprintf("[%s>%s] %8s/%s", strings.Repeat("=", filled), strings.Repeat(" ", barWidth-filled), size(current), size(total))
}

// size is a number of bytes with four digits, as Docker prints it: 1.234MB.
func size(bytes int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}
	value, unit := float64(bytes), 0
	for value >= 1000 && unit < len(units)-1 {
		value /= 1000
		unit++
	}
	return fmt.Sprintf("%.4g%s", value, units[unit])
}

// shortID is how a digest is shown: its first twelve hexadecimal digits.
func shortID(id digest.Digest) string { return id.Encoded()[:min(12, len(id.Encoded()))] }

// pace is how often progress is told at most: often enough to move, rarely enough to cost nothing.
const pace = 100 * time.Millisecond

// meter tells the progress of what is read through it.
type meter struct {
	io.Reader
	output         *Output
	id, action     string
	current, total int64
	told           time.Time
}

func (m *meter) Read(bytes []byte) (int, error) {
	n, err := m.Reader.Read(bytes)
	m.current += int64(n)
	if now := time.Now(); n > 0 && (now.Sub(m.told) >= pace || m.current == m.total) {
		m.told = now
		m.output.Progress(m.id, m.action, m.current, m.total)
	}
	return n, err
}
