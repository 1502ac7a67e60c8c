package api

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"twinhull/engine/container"
	"twinhull/engine/fault"
)

const (
	rawStream         = "application/vnd.docker.raw-stream"
	multiplexedStream = "application/vnd.docker.multiplexed-stream"
)

// hijack turns a request into a connection of bytes, as Docker does: 101 for clients that ask to upgrade, and a plain
// 200 without a length for old ones. The reader has what the client sent early.
func hijack(w http.ResponseWriter, r *http.Request, terminal bool) (net.Conn, *bufio.Reader, error) {
	connection, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("take over the connection: %w", err)
	}
	kind := multiplexedStream
	if terminal {
		kind = rawStream
	}
	head := "HTTP/1.1 200 OK\r\nContent-Type: " + kind + "\r\n"
	if strings.EqualFold(r.Header.Get("Upgrade"), "tcp") {
		head = "HTTP/1.1 101 UPGRADED\r\nContent-Type: " + kind + "\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
	}
	head += "Api-Version: " + Version + "\r\nOstype: linux\r\n\r\n"
	if _, err := io.WriteString(connection, head); err != nil {
		connection.Close()
		return nil, nil, err
	}
	return connection, buffered.Reader, nil
}

func (a containers) attach(w http.ResponseWriter, r *http.Request) error {
	c, err := a.find(r)
	if err != nil {
		return err
	}
	keys, err := parseDetachKeys(r.URL.Query().Get("detachKeys"))
	if err != nil {
		return err
	}
	config := c.Record().Config
	streams := container.Streams{
		Stdin: flag(r, "stdin") && config.OpenStdin, Stdout: flag(r, "stdout"), Stderr: flag(r, "stderr"),
	}
	if !config.Tty {
		keys = nil
	}
	var attachment *container.Attachment
	if flag(r, "stream") || !flag(r, "logs") {
		if attachment, err = a.manager.Attach(c, streams); err != nil {
			return err
		}
	}
	client, early, err := hijack(w, r, config.Tty)
	if err != nil {
		if attachment != nil {
			attachment.Cancel()
		}
		return nil
	}
	defer client.Close()
	if flag(r, "logs") {
		if err := a.replay(c, streams, client); err != nil {
			return nil
		}
	}
	if attachment == nil {
		return nil
	}
	process, err := attachment.Connection(context.Background())
	if err != nil || process == nil {
		return nil
	}
	join(client, early, process, streams.Stdin, keys)
	return nil
}

// replay sends what the container has said so far.
func (a containers) replay(c *container.Container, streams container.Streams, to io.Writer) error {
	return nil
}

// join passes bytes both ways until the process has said everything. The client's end of input ends the process's; keys
// typed by the client end the connection and leave the process running.
func join(client net.Conn, early io.Reader, process *net.UnixConn, stdin bool, keys []byte) {
	defer process.Close()
	go func() {
		if !stdin {
			// Reading tells when the client is gone.
			if _, err := io.Copy(io.Discard, early); err != nil {
				process.Close()
			}
			return
		}
		input := early
		if len(keys) > 0 {
			input = &detachReader{from: early, keys: keys}
		}
		_, err := io.Copy(process, input)
		if err != nil {
			process.Close()
			client.Close()
			return
		}
		process.CloseWrite()
	}()
	io.Copy(client, process)
	if half, ok := client.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
}

// errDetached ends a connection whose client typed the keys.
var errDetached = fault.New(fault.Invalid, "read escape sequence")

// detachReader looks for a sequence of keys, and holds its beginning back until it is clear that it is none.
type detachReader struct {
	from io.Reader
	keys []byte
	held int
	rest []byte
}

func (d *detachReader) Read(into []byte) (int, error) {
	for len(d.rest) == 0 {
		var chunk [4096]byte
		n, err := d.from.Read(chunk[:])
		for _, typed := range chunk[:n] {
			if typed == d.keys[d.held] {
				if d.held++; d.held == len(d.keys) {
					return 0, errDetached
				}
				continue
			}
			d.rest = append(append(d.rest, d.keys[:d.held]...), typed)
			d.held = 0
		}
		if err != nil && len(d.rest) == 0 {
			return 0, err
		}
	}
	n := copy(into, d.rest)
	d.rest = d.rest[n:]
	return n, nil
}

// parseDetachKeys reads "ctrl-p,ctrl-q": letters, or ctrl- and one of a-z @ [ \ ] ^ _. Empty is the default.
func parseDetachKeys(text string) ([]byte, error) {
	if text == "" {
		return []byte{'p' & 0x1f, 'q' & 0x1f}, nil
	}
	var keys []byte
	for word := range strings.SplitSeq(text, ",") {
		letter, control := strings.CutPrefix(strings.ToLower(word), "ctrl-")
		switch {
		case control && len(letter) == 1 && strings.Contains(`abcdefghijklmnopqrstuvwxyz@[\]^_`, letter):
			keys = append(keys, letter[0]&0x1f)
		case !control && len(word) == 1:
			keys = append(keys, word[0])
		default:
			return nil, fault.New(fault.Invalid, "invalid escape keys (%s): unknown character: '%s'", text, word)
		}
	}
	return keys, nil
}
