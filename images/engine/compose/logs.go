package compose

import (
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"

	"twinhull/engine/client/rest"
)

// LogOptions are the flags of `docker compose logs`.
type LogOptions struct {
	Services []string
	// Number limits it to one container of each service; 0 means all.
	Number                       int
	Follow, Timestamps, NoPrefix bool
	Tail, Since, Until           string
	// Color paints the prefixes, which is for terminals.
	Color bool
	// Ended hears of every container that ends while its log is followed. It returns whether to stop following the others.
	Ended func(c *Container, code int) (stop bool)
}

func (o *LogOptions) query() url.Values {
	query := url.Values{"stdout": {"1"}, "stderr": {"1"}}
	for name, text := range map[string]string{"tail": o.Tail, "since": o.Since, "until": o.Until} {
		if text != "" {
			query.Set(name, text)
		}
	}
	if o.Follow {
		query.Set("follow", "1")
	}
	if o.Timestamps {
		query.Set("timestamps", "1")
	}
	return query
}

// Logs prints what containers wrote, each line behind its container's name.
func (p *Project) Logs(options LogOptions) error {
	list, err := p.engine.containers(selection{project: p.Name, services: options.Services, stopped: true})
	if err != nil {
		return err
	}
	var chosen []*Container
	for _, c := range list {
		if options.Number == 0 || c.Number() == options.Number {
			chosen = append(chosen, c)
		}
	}
	board := newLogBoard(p.Out, chosen, p.Name, options)
	if options.Follow {
		return p.follow(chosen, board, options)
	}
	for _, c := range chosen {
		if err := p.log(c, board, options); err != nil {
			return err
		}
	}
	return nil
}

// follow prints all logs at once, until the last container has ended or Ended has heard enough.
func (p *Project) follow(list []*Container, board *logBoard, options LogOptions) error {
	type end struct {
		of  *Container
		err error
	}
	ended := make(chan end, len(list))
	for _, c := range list {
		go func() { ended <- end{c, p.log(c, board, options)} }()
	}
	var first error
	for range list {
		end := <-ended
		if end.err != nil && first == nil {
			first = end.err
		}
		if end.err != nil || options.Ended == nil {
			continue
		}
		inspected, err := p.engine.inspect(end.of.ID)
		if err != nil {
			return err
		}
		board.say(end.of, fmt.Sprintf("exited with code %d", inspected.State.ExitCode))
		if options.Ended(end.of, inspected.State.ExitCode) {
			break
		}
	}
	return first
}

func (p *Project) log(c *Container, board *logBoard, options LogOptions) error {
	inspected, err := p.engine.inspect(c.ID)
	if err != nil {
		return err
	}
	body, err := p.engine.stream(&rest.Request{Method: "GET", Path: c.path() + "/logs", Query: options.query()})
	if err != nil {
		return fmt.Errorf("read the log of %s: %w", c.Name(), err)
	}
	defer body.Close()
	out, errs := board.writer(c), board.writer(c)
	defer out.flush()
	defer errs.flush()
	if inspected.Config.Tty {
		_, err = io.Copy(out, body)
		return err
	}
	return rest.Frames(out, errs, body)
}

// logBoard puts the logs of several containers together, line by line.
type logBoard struct {
	lock   sync.Mutex
	out    io.Writer
	plain  bool
	colors map[string]string
	width  int
	// project is left out of the names.
	project string
}

// palette has the colors of prefixes: cyan, yellow, green, magenta, blue, and the bright ones of those.
var palette = [...]string{"36", "33", "32", "35", "34", "36;1", "33;1", "32;1", "35;1", "34;1"}

func newLogBoard(out io.Writer, list []*Container, project string, options LogOptions) *logBoard {
	board := &logBoard{out: out, plain: options.NoPrefix, project: project, colors: map[string]string{}}
	for i, c := range list {
		board.width = max(board.width, len(board.name(c)))
		if options.Color {
			board.colors[c.ID] = palette[i%len(palette)]
		}
	}
	return board
}

func (b *logBoard) name(c *Container) string { return strings.TrimPrefix(c.Name(), b.project+"-") }

// say prints something about a container that is not its own.
func (b *logBoard) say(c *Container, text string) {
	b.lock.Lock()
	defer b.lock.Unlock()
	fmt.Fprintf(b.out, "%s %s\n", b.name(c), text)
}

func (b *logBoard) writer(c *Container) *lineWriter {
	prefix := ""
	if !b.plain {
		prefix = fmt.Sprintf("%-*s | ", b.width, b.name(c))
		if color := b.colors[c.ID]; color != "" {
			prefix = "\x1b[" + color + "m" + prefix + "\x1b[0m"
		}
	}
	return &lineWriter{board: b, prefix: prefix}
}

// longest is how many bytes a line is held back for its end.
const longest = 64 << 10

// lineWriter prints whole lines behind a prefix.
type lineWriter struct {
	board  *logBoard
	prefix string
	kept   []byte
}

func (w *lineWriter) Write(text []byte) (int, error) {
	for _, char := range text {
		if char != '\n' {
			w.kept = append(w.kept, char)
		}
		if char == '\n' || len(w.kept) >= longest {
			if err := w.print(); err != nil {
				return 0, err
			}
		}
	}
	return len(text), nil
}

func (w *lineWriter) print() error {
	w.board.lock.Lock()
	defer w.board.lock.Unlock()
	_, err := fmt.Fprintf(w.board.out, "%s%s\n", w.prefix, strings.TrimSuffix(string(w.kept), "\r"))
	w.kept = w.kept[:0]
	return err
}

// flush prints a last line that has no end.
func (w *lineWriter) flush() {
	if len(w.kept) > 0 {
		_ = w.print()
	}
}
