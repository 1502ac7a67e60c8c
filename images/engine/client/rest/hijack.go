package rest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
)

// Stream is a connection that became a container's input and output.
type Stream struct {
	*connection
	// Raw streams carry a terminal's bytes; the others frames of stdout and stderr.
	Raw bool
}

// Read takes what the engine sent right after its header first.
func (s *Stream) Read(into []byte) (int, error) { return s.reader.Read(into) }

// Hijack makes a POST whose connection then carries bytes both ways.
func (c *Client) Hijack(path string, query url.Values, body any) (*Stream, error) {
	request := &Request{Method: "POST", Path: path, Query: query, Body: body}
	stream, err := c.hijack(request)
	if err != nil && c.adopt(err) {
		return c.hijack(request)
	}
	return stream, err
}

func (c *Client) hijack(request *Request) (*Stream, error) {
	response, err := c.send(request, true)
	if err != nil {
		return nil, err
	}
	if response.Status != 101 && response.Status != 200 {
		response.connection.Close()
		return nil, fmt.Errorf("unable to upgrade to tcp, received %d", response.Status)
	}
	raw := response.Header["content-type"] == "application/vnd.docker.raw-stream"
	return &Stream{connection: response.connection, Raw: raw}, nil
}

// Frames copies a multiplexed stream: eight bytes of header, stdout or stderr and a length, then so many bytes.
func Frames(stdout, stderr io.Writer, from io.Reader) error {
	reader, ok := from.(*bufio.Reader)
	if !ok {
		reader = bufio.NewReaderSize(from, chunk)
	}
	var head [8]byte
	for {
		if _, err := io.ReadFull(reader, head[:]); err != nil {
			if err == io.EOF {
				return nil
			}
			return err
		}
		length := int64(head[4])<<24 | int64(head[5])<<16 | int64(head[6])<<8 | int64(head[7])
		to := stdout
		switch head[0] {
		case 0, 1:
		case 2:
			to = stderr
		case 3:
			message, _ := io.ReadAll(io.LimitReader(reader, min(length, 64<<10)))
			return fmt.Errorf("error from daemon in stream: %s", message)
		default:
			return fmt.Errorf("Unrecognized input header: %d", head[0])
		}
		if _, err := io.CopyN(to, reader, length); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
	}
}

// Lines decodes a stream of JSON values, one after another, until it ends or visit fails.
func Lines[T any](from io.Reader, visit func(*T) error) error {
	decoder := json.NewDecoder(from)
	for {
		value := new(T)
		if err := decoder.Decode(value); err != nil {
			if err == io.EOF {
				return nil
			}
			return err
		}
		if err := visit(value); err != nil {
			return err
		}
	}
}
