package build

import (
	"encoding/json"
	"io"
	"sync"

	"github.com/opencontainers/go-digest"
)

// Output is where a build tells what it does, in the JSON lines of Docker's API.
type Output struct{ lines *lines }

type lines struct {
	mutex  sync.Mutex
	writer io.Writer
	begun  bool
}

// NewOutput tells a writer, which gets whole lines.
func NewOutput(writer io.Writer) Output { return Output{&lines{writer: writer}} }

// Begun tells whether anything was written yet.
func (o Output) Begun() bool {
	o.lines.mutex.Lock()
	defer o.lines.mutex.Unlock()
	return o.lines.begun
}

func (o Output) line(value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	o.lines.mutex.Lock()
	defer o.lines.mutex.Unlock()
	o.lines.begun = true
	_, err = o.lines.writer.Write(append(text, '\r', '\n'))
	return err
}

type stream struct {
	output        Output
	before, after string
}

func (s stream) Write(text []byte) (int, error) {
	err := s.output.line(map[string]string{"stream": s.before + string(text) + s.after})
	if err != nil {
		return 0, err
	}
	return len(text), nil
}

// Stdout is for text, a line's worth each time.
func (o Output) Stdout() io.Writer { return stream{output: o} }

// Stderr is the same in red.
func (o Output) Stderr() io.Writer { return stream{o, "\x1b[91m", "\x1b[0m"} }

// Progress is for JSON lines that come from elsewhere, such as a pull's.
func (o Output) Progress() io.Writer { return progress{o} }

type progress struct{ output Output }

func (p progress) Write(text []byte) (int, error) {
	p.output.lines.mutex.Lock()
	defer p.output.lines.mutex.Unlock()
	p.output.lines.begun = true
	return p.output.lines.writer.Write(text)
}

// Image tells clients the ID of a stage's image.
func (o Output) Image(id digest.Digest) error {
	return o.line(map[string]any{"aux": map[string]string{"ID": id.String()}})
}

// Error is the last line of a build that failed.
func (o Output) Error(err error) error {
	detail := map[string]any{"message": err.Error()}
	if failed, ok := err.(*CommandError); ok {
		detail["code"] = failed.Code
	}
	return o.line(struct {
		Detail map[string]any `json:"errorDetail"`
		Error  string         `json:"error"`
	}{detail, err.Error()})
}

// short is what people call an image or a container.
func short(id digest.Digest) string { return shortID(id.Encoded()) }

func shortID(id string) string { return id[:min(len(id), 12)] }
