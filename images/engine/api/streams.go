package api

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"twinhull/engine/container"
	"twinhull/engine/detach"
	"twinhull/engine/fault"
)

const (
	rawStream         = "application/vnd.docker.raw-stream"
	multiplexedStream = "application/vnd.docker.multiplexed-stream"
	// Bytes; options that are in the query as well.
	maxHijackBody = 64 * 1024
)

// hijack turns a request into a connection of bytes, as Docker does: 101 for clients that ask to upgrade, and a plain
// 200 without a length for old ones. The reader has what the client sent early, but for a body: dockerode has one, which
// nobody means to type.
func hijack(w http.ResponseWriter, r *http.Request, terminal bool) (net.Conn, *bufio.Reader, error) {
	if r.ContentLength > 0 {
		if _, err := io.Copy(io.Discard, io.LimitReader(r.Body, maxHijackBody)); err != nil {
			return nil, nil, fmt.Errorf("read the request's body: %w", err)
		}
	}
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
	text := r.URL.Query().Get("detachKeys")
	keys, err := detach.ParseKeys(text)
	if err != nil {
		return fault.New(fault.Invalid, "Invalid detach keys (%s) provided: %w", text, err)
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
	endOutput(client)
	return nil
}

// replay sends what the container has said so far.
func (a containers) replay(c *container.Container, streams container.Streams, to io.Writer) error {
	buffered := bufio.NewWriter(to)
	options := container.LogOptions{Stdout: streams.Stdout, Stderr: streams.Stderr, Tail: -1}
	return a.manager.Logs(context.Background(), c, options, container.LogSink{
		Line: lineWriter(buffered, c.Record().Config.Tty), Flush: buffered.Flush,
	})
}

// lineWriter writes lines as they come of a terminal, and otherwise in frames.
func lineWriter(to io.Writer, terminal bool) func(stderr bool, line []byte) error {
	return func(stderr bool, line []byte) error {
		stream := byte(standardOutput)
		if stderr {
			stream = standardError
		}
		if !terminal {
			line = frame(stream, line)
		}
		_, err := to.Write(line)
		return err
	}
}

// join passes bytes both ways until the process has said everything, which it returns, or the client has gone. The
// client's end of input ends the process's; keys typed by the client end the connection and leave the process running.
// That nothing more comes is the caller's to tell (endOutput).
func join(client net.Conn, early io.Reader, process *net.UnixConn, stdin bool, keys []byte) (ended bool) {
	defer process.Close()
	go func() {
		if !takeInput(early, process, stdin, keys) || waitGone(client) {
			process.Close()
			client.Close()
		}
	}()
	_, err := io.Copy(client, process)
	return err == nil
}

// endOutput tells a client that no more comes, while it may still send.
func endOutput(client net.Conn) {
	if half, ok := client.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
}

// takeInput returns at the end of the client's input, and tells whether the connection goes on.
func takeInput(early io.Reader, process *net.UnixConn, stdin bool, keys []byte) bool {
	if !stdin {
		_, err := io.Copy(io.Discard, early)
		return err == nil
	}
	input := early
	if len(keys) > 0 {
		input = &detach.Reader{Source: early, Keys: keys}
	}
	if _, err := io.Copy(process, input); err != nil {
		return false
	}
	process.CloseWrite()
	return true
}

// waitGone waits until a client that has ended its input has also stopped to listen, or its connection is closed. Who
// says nothing and hears nothing would be held for ever otherwise.
func waitGone(client net.Conn) bool {
	system, ok := client.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := system.SyscallConn()
	if err != nil {
		return false
	}
	err = raw.Read(func(fd uintptr) bool {
		// Of the events that wake us, this is the one that can only come when the other side has closed.
		state := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
		n, err := unix.Poll(state, 0)
		return err == nil && n > 0 && state[0].Revents&(unix.POLLHUP|unix.POLLERR) != 0
	})
	return err == nil
}

// The streams in Docker's frames.
const (
	standardOutput = 1
	standardError  = 2
)

// frame is Docker's form of output without a terminal: the stream, three zeros, the length in four bytes, the bytes.
func frame(stream byte, payload []byte) []byte {
	head := append(make([]byte, 0, 8+len(payload)), stream, 0, 0, 0)
	return append(binary.BigEndian.AppendUint32(head, uint32(len(payload))), payload...)
}
