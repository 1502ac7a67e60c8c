// Package progress shows the messages that the engine sends while it pulls, pushes, loads or builds.
package progress

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"encoding/json"

	"github.com/docker/go-units"

	"twinhull/engine/client/rest"
)

// Message is one line of such a stream.
type Message struct {
	Stream   string          `json:"stream"`
	Status   string          `json:"status"`
	Progress string          `json:"progress"`
	ID       string          `json:"id"`
	From     string          `json:"from"`
	Detail   *Detail         `json:"progressDetail"`
	Error    string          `json:"error"`
	Cause    *Cause          `json:"errorDetail"`
	Aux      json.RawMessage `json:"aux"`
}

// Detail is how far a transfer is, in bytes unless it has other units.
type Detail struct {
	Current    int64  `json:"current"`
	Total      int64  `json:"total"`
	HideCounts bool   `json:"hidecounts"`
	Units      string `json:"units"`
}

// Cause is why the work ended early.
type Cause struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (c *Cause) Error() string { return c.Message }

// wide is how many columns a terminal has that shows a bar, and bar how many signs of = that has.
const (
	wide = 110
	bar  = 50
)

func (d *Detail) text(columns int) string {
	if d.Current <= 0 && d.Total <= 0 {
		return ""
	}
	if d.Total <= 0 {
		if d.Units == "" {
			return fmt.Sprintf("%8v", units.HumanSize(float64(d.Current)))
		}
		return fmt.Sprintf("%d %s", d.Current, d.Units)
	}
	filled := min(int(float64(d.Current)/float64(d.Total)*100)/2, bar)
	box := ""
	if columns > wide {
		box = "[" + strings.Repeat("=", filled) + ">" + strings.Repeat(" ", bar-filled) + "] "
	}
	return box + d.counts()
}

func (d *Detail) counts() string {
	switch {
	case d.HideCounts:
		return ""
	case d.Units == "" && d.Current > d.Total:
		return fmt.Sprintf("%8v", units.HumanSize(float64(d.Current)))
	case d.Units == "":
		return fmt.Sprintf("%8v/%v", units.HumanSize(float64(d.Current)), units.HumanSize(float64(d.Total)))
	case d.Current > d.Total:
		return fmt.Sprintf("%d %s", d.Current, d.Units)
	}
	return fmt.Sprintf("%d/%d %s", d.Current, d.Total, d.Units)
}

// Show prints the messages until their end. On a terminal of some columns every object keeps its line; otherwise
// (columns 0) lines follow each other, without what only counts. aux sees results that are not for people; nil drops them.
func Show(from io.Reader, out io.Writer, columns int, aux func(json.RawMessage) error) error {
	screen := screen{out: out, columns: columns, lines: map[string]int{}}
	return rest.Lines(from, func(message *Message) error {
		if message.Aux != nil {
			if aux != nil {
				return aux(message.Aux)
			}
			return nil
		}
		if message.Cause != nil && message.Cause.Message != "" {
			return message.Cause
		}
		if message.Error != "" {
			return errors.New(message.Error)
		}
		screen.show(message)
		return nil
	})
}

// screen remembers on which line of the terminal an object is.
type screen struct {
	out     io.Writer
	columns int
	lines   map[string]int
}

func (s *screen) show(message *Message) {
	if s.columns == 0 {
		if message.Detail == nil || message.Detail.text(0) == "" {
			s.print(message, "")
		}
		return
	}
	if message.ID == "" || message.Detail == nil && message.Progress == "" {
		// What follows has no fixed line: objects begin below it.
		clear(s.lines)
		s.print(message, "")
		return
	}
	line, known := s.lines[message.ID]
	if !known {
		line = len(s.lines)
		s.lines[message.ID] = line
		fmt.Fprint(s.out, "\n")
	}
	up := len(s.lines) - line
	fmt.Fprintf(s.out, "\x1b[%dA", up)
	s.print(message, "\r")
	fmt.Fprintf(s.out, "\x1b[%dB", up)
}

func (s *screen) print(message *Message, end string) {
	if end != "" {
		fmt.Fprint(s.out, "\x1b[2K\r")
	}
	if message.ID != "" {
		fmt.Fprintf(s.out, "%s: ", message.ID)
	}
	if message.From != "" {
		fmt.Fprintf(s.out, "(from %s) ", message.From)
	}
	switch {
	case message.Detail != nil && s.columns > 0:
		fmt.Fprintf(s.out, "%s %s%s", message.Status, message.Detail.text(s.columns), end)
	case message.Stream != "":
		fmt.Fprintf(s.out, "%s%s", message.Stream, end)
	default:
		fmt.Fprintf(s.out, "%s%s\n", message.Status, end)
	}
}
