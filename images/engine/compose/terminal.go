package compose

import (
	"errors"
	"io"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"

	"twinhull/engine/client/rest"
	"twinhull/engine/client/terminal"
	"twinhull/engine/detach"
)

// Terminal is what the user sits at, connected with a process in a container.
type Terminal struct {
	// In is nil if the process gets no input.
	In       *os.File
	Out, Err io.Writer
	// Keys leave the process to itself; nil stands for ctrl-p ctrl-q.
	Keys []byte
	// TTY is whether the process has a terminal of its own.
	TTY bool
}

// connect copies both ways until the process's output has ended. started runs when everything is ready for the process.
func (t *Terminal) connect(remote *rest.Stream, engine *Engine, path string, started func() error) error {
	restore := func() {}
	if t.TTY && t.In != nil && terminal.Is(int(t.In.Fd())) {
		undo, err := terminal.Raw(int(t.In.Fd()))
		if err != nil {
			return err
		}
		restore = sync.OnceFunc(undo)
	}
	defer restore()
	ended := make(chan error, 2)
	go func() {
		if err := t.send(remote); errors.Is(err, detach.Err) {
			ended <- err
		}
	}()
	go func() { ended <- t.receive(remote) }()
	if err := started(); err != nil {
		return err
	}
	if t.TTY {
		defer engine.followSize(path)()
	}
	return <-ended
}

func (t *Terminal) send(remote *rest.Stream) error {
	if t.In != nil {
		var from io.Reader = t.In
		if t.TTY {
			keys := t.Keys
			if keys == nil {
				keys = detach.Default
			}
			from = &detach.Reader{Source: t.In, Keys: keys}
		}
		if _, err := io.Copy(remote, from); errors.Is(err, detach.Err) {
			return err
		}
	}
	// The process reads the end of its input; its output goes on.
	return remote.CloseWrite()
}

func (t *Terminal) receive(remote *rest.Stream) error {
	if t.TTY {
		_, err := io.Copy(t.Out, remote)
		return err
	}
	return rest.Frames(t.Out, t.Err, remote)
}

// followSize tells a container or an exec (path) how large the terminal is, now and whenever that changes.
func (e *Engine) followSize(path string) (stop func()) {
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, syscall.SIGWINCH)
	done := make(chan struct{})
	go func() {
		for {
			if rows, columns := terminal.Size(int(os.Stdout.Fd())); rows > 0 {
				_ = e.post(path+"/resize", url.Values{"h": {strconv.Itoa(rows)}, "w": {strconv.Itoa(columns)}}, nil, nil)
			}
			select {
			case <-changed:
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(changed)
		close(done)
	}
}
