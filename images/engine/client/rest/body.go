package rest

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"twinhull/engine/client/jsonlite"
)

const (
	// maxReply bounds a JSON reply. Ten thousand containers have some 10 MB.
	maxReply = 64 << 20
	// chunk is how much of a streamed body is sent at once.
	chunk = 32 << 10
)

// Response is the engine's answer.
type Response struct {
	Status int
	// Header has lower-case names.
	Header map[string]string
	Body   io.ReadCloser

	length     int64
	connection *connection
	release    func(reusable bool)
	sent       chan error
}

// Decode reads the body as JSON.
func (r *Response) Decode(into any) error {
	raw, err := r.Bytes()
	if err != nil {
		return err
	}
	if err := decode(raw, into); err != nil {
		return fmt.Errorf("read the engine's answer: %w", err)
	}
	return nil
}

// Bytes reads the whole body.
func (r *Response) Bytes() ([]byte, error) {
	if r.length > 0 && r.length <= maxReply {
		raw := make([]byte, r.length)
		if _, err := io.ReadFull(r.Body, raw); err != nil {
			return nil, fmt.Errorf("read the engine's answer: %w", err)
		}
		return raw, nil
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxReply+1))
	if err == nil && len(raw) > maxReply {
		err = fmt.Errorf("it is longer than %d bytes", maxReply)
	}
	if err != nil {
		return nil, fmt.Errorf("read the engine's answer: %w", err)
	}
	return raw, nil
}

// failure reads the body of an error.
func (r *Response) failure() error {
	raw, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	message := ""
	reader := jsonlite.NewReader(raw)
	reader.Object(func(name string) {
		if name != "message" {
			reader.Skip()
			return
		}
		message = reader.String()
	})
	if reader.Err() != nil || message == "" {
		message = strings.TrimSpace(string(raw))
	}
	if message == "" {
		message = fmt.Sprintf("request returned HTTP status %d without a message; check if the server supports the requested API version", r.Status)
	}
	return &Error{Status: r.Status, Message: message}
}

// body gives its connection back when it has been read to the end and closed.
type body struct {
	response *Response
	reader   io.Reader
	keep     bool
	ended    bool
	closed   bool
}

func (b *body) Read(into []byte) (int, error) {
	n, err := b.reader.Read(into)
	if err == io.EOF {
		b.ended = true
	}
	return n, err
}

func (b *body) Close() error {
	if b.closed {
		return nil
	}
	b.closed = true
	if exact, ok := b.reader.(*exactReader); ok && exact.left == 0 {
		b.ended = true
	} else if !b.ended && b.keep {
		// The end of a chunked body is often all that is left.
		if _, chunked := b.reader.(*chunkReader); chunked && b.response.sent == nil {
			b.ended = b.reader.(*chunkReader).atEnd()
		} else if _, none := b.reader.(eof); none {
			b.ended = true
		}
	}
	b.response.release(b.ended && b.keep && b.response.sent == nil && b.response.Status != 101)
	return nil
}

type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// exactReader reads a body of known length.
type exactReader struct {
	source io.Reader
	left   int64
}

func (r *exactReader) Read(into []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	if int64(len(into)) > r.left {
		into = into[:r.left]
	}
	n, err := r.source.Read(into)
	r.left -= int64(n)
	if err == io.EOF && r.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// chunkReader reads a body in chunks: RFC 9112, 7.1.
type chunkReader struct {
	source *bufio.Reader
	left   int64
	inside bool
	err    error
}

func (r *chunkReader) Read(into []byte) (int, error) {
	for r.err == nil && r.left == 0 {
		r.err = r.next()
	}
	if r.err != nil || len(into) == 0 {
		return 0, r.err
	}
	if int64(len(into)) > r.left {
		into = into[:r.left]
	}
	n, err := r.source.Read(into)
	r.left -= int64(n)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	r.err = err
	return n, err
}

// next reads a chunk's length, and after the last chunk the trailer; then it returns io.EOF.
func (r *chunkReader) next() error {
	if r.inside {
		if line, err := readLine(r.source); err != nil || line != "" {
			return fmt.Errorf("a chunk of the engine's answer does not end where it should")
		}
	}
	line, err := readLine(r.source)
	if err != nil {
		return err
	}
	size, _, _ := strings.Cut(line, ";")
	length, err := strconv.ParseUint(strings.TrimSpace(size), 16, 62)
	if err != nil {
		return fmt.Errorf("a chunk of the engine's answer has the length %.40q", size)
	}
	r.left, r.inside = int64(length), true
	if length > 0 {
		return nil
	}
	for range maxHeaders {
		if line, err := readLine(r.source); err != nil {
			return err
		} else if line == "" {
			return io.EOF
		}
	}
	return fmt.Errorf("the engine's answer has an endless trailer")
}

// atEnd tells whether nothing is left but the end mark, without waiting for bytes that may never come.
func (r *chunkReader) atEnd() bool {
	if r.err == nil && r.left == 0 && r.source.Buffered() > 0 {
		r.err = r.next()
	}
	return r.err == io.EOF
}

// writeChunks sends a body of unknown length.
func writeChunks(to io.Writer, from io.Reader) error {
	buffer := make([]byte, chunk)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if _, err := fmt.Fprintf(to, "%x\r\n%s\r\n", n, buffer[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			_, err = io.WriteString(to, "0\r\n\r\n")
			return err
		}
		if err != nil {
			return err
		}
	}
}
