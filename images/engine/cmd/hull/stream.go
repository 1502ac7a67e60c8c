package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"sync"

	"twinhull/engine/client/command"
	"twinhull/engine/client/rest"
	"twinhull/engine/client/terminal"
	"twinhull/engine/detach"
)

// streams connects this program's input and output with a container's.
type streams struct {
	call   *command.Call
	remote *rest.Stream
	// in, out and err are nil for what is not attached.
	in       *os.File
	out, err io.Writer
	tty      bool
	keys     []byte

	restore func()
}

// begin copies in the background, after prepare. The channel says when the container's output has ended or the detach
// keys were typed, which is detach.Err. Without output it ends with the input.
func (s *streams) begin() <-chan error {
	ended := make(chan error, 2)
	output := s.out != nil || s.err != nil
	go func() {
		if err := s.send(); !output || errors.Is(err, detach.Err) {
			ended <- err
		}
	}()
	if output {
		go func() { ended <- s.receive() }()
	}
	return ended
}

// prepare makes the terminal raw for a container with a terminal of its own.
func (s *streams) prepare() error {
	s.restore = func() {}
	if s.in == nil || !s.tty || !terminal.Is(int(s.in.Fd())) {
		return nil
	}
	restore, err := terminal.Raw(int(s.in.Fd()))
	if err != nil {
		return err
	}
	s.restore = sync.OnceFunc(restore)
	return nil
}

func (s *streams) send() error {
	if s.in == nil {
		return s.remote.CloseWrite()
	}
	var from io.Reader = s.in
	if s.tty {
		from = &detach.Reader{Source: s.in, Keys: s.keys}
	}
	_, err := io.Copy(s.remote, from)
	s.restore()
	if errors.Is(err, detach.Err) {
		return err
	}
	// The container reads the end of its input; its output goes on.
	return s.remote.CloseWrite()
}

func (s *streams) receive() error {
	defer s.restore()
	if s.tty {
		_, err := io.Copy(s.out, s.remote)
		return err
	}
	out, errors := s.out, s.err
	if out == nil {
		out = io.Discard
	}
	if errors == nil {
		errors = io.Discard
	}
	return rest.Frames(out, errors, s.remote)
}

// detachKeys reads --detach-keys, else those of config.json.
func detachKeys(call *command.Call) (keys []byte, text string, err error) {
	text = call.String("detach-keys")
	if text == "" {
		text = call.Config().DetachKeys
	}
	if keys, err = detach.ParseKeys(text); err != nil {
		return nil, "", fmt.Errorf("invalid detach keys (%s): %w", text, err)
	}
	return keys, text, nil
}

// checkTerminal refuses -t with an input that is attached and no terminal.
func checkTerminal(call *command.Call, attached, tty bool) error {
	if attached && tty && !call.InIsTerminal() {
		return errors.New("the input device is not a TTY")
	}
	return nil
}

// resize tells a container or an exec (path) how large our terminal is.
func resize(client *rest.Client, path string) error {
	rows, columns := terminal.Size(int(os.Stdout.Fd()))
	if rows == 0 && columns == 0 {
		return nil
	}
	return client.Post(path+"/resize", url.Values{"h": {strconv.Itoa(rows)}, "w": {strconv.Itoa(columns)}}, nil, nil)
}
