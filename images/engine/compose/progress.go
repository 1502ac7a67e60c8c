package compose

import (
	"fmt"
	"io"
	"sync"
)

// Progress prints what happens, a line each, in the form that Docker's plugin has where there is no terminal.
type Progress struct {
	lock sync.Mutex
	out  io.Writer
}

// NewProgress prints to a writer; io.Discard is for quiet.
func NewProgress(out io.Writer) *Progress { return &Progress{out: out} }

// event prints what something does now: "Container x-web-1", "Started".
func (p *Progress) event(what, status string) {
	p.lock.Lock()
	defer p.lock.Unlock()
	fmt.Fprintf(p.out, " %s  %s\n", what, status)
}

// phase prints what a service does: "web", "Pulling".
func (p *Progress) phase(service, text string) {
	p.lock.Lock()
	defer p.lock.Unlock()
	fmt.Fprintf(p.out, " %s %s \n", service, text)
}

// Write passes on what the engine says of a build or pull.
func (p *Progress) Write(text []byte) (int, error) {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.out.Write(text)
}

func (c *Container) what() string { return "Container " + c.Name() }
