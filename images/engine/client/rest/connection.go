package rest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

const (
	// maxLine and maxHeaders bound what a response's header may hold.
	maxLine    = 64 << 10
	maxHeaders = 100
)

// socketConn is what unix and TCP connections have in common.
type socketConn interface {
	net.Conn
	CloseWrite() error
}

type connection struct {
	socketConn
	reader *bufio.Reader
}

func newConnection(socket socketConn) *connection {
	return &connection{socketConn: socket, reader: bufio.NewReaderSize(socket, 16<<10)}
}

// exchange sends a request and reads the response's header. A streamed body goes on being sent while the engine
// answers, because it may answer before it has read everything.
func (c *connection) exchange(head, body []byte, request *Request) (*Response, error) {
	if _, err := c.Write(append(head, body...)); err != nil {
		return nil, fmt.Errorf("send %s %s: %w", request.Method, request.Path, err)
	}
	if request.Stream != nil {
		sent := make(chan error, 1)
		go func() { sent <- writeChunks(c, request.Stream) }()
		response, err := c.readResponse(request.Method)
		if response != nil {
			response.sent = sent
			return response, err
		}
		select {
		case broken := <-sent:
			if broken != nil {
				return nil, broken
			}
		default:
		}
		return nil, err
	}
	return c.readResponse(request.Method)
}

func (c *connection) readResponse(method string) (*Response, error) {
	for {
		line, err := c.readLine()
		if err != nil {
			return nil, fmt.Errorf("read the engine's answer: %w", err)
		}
		status, err := parseStatus(line)
		if err != nil {
			return nil, err
		}
		header, err := c.readHeader()
		if err != nil {
			return nil, err
		}
		if status/100 == 1 && status != 101 {
			continue
		}
		response := &Response{Status: status, Header: header}
		response.Body = &body{response: response, reader: c.bodyOf(method, response), keep: keeps(header)}
		return response, nil
	}
}

func parseStatus(line string) (int, error) {
	protocol, rest, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(rest, " ")
	status, err := strconv.Atoi(code)
	if !strings.HasPrefix(protocol, "HTTP/1.") || err != nil || status < 100 || status > 599 {
		return 0, fmt.Errorf("this is not an engine's answer: %.60q", line)
	}
	return status, nil
}

func (c *connection) readHeader() (map[string]string, error) {
	header := make(map[string]string, 16)
	for range maxHeaders {
		line, err := c.readLine()
		if err != nil {
			return nil, fmt.Errorf("read the header of the engine's answer: %w", err)
		}
		if line == "" {
			return header, nil
		}
		name, value, found := strings.Cut(line, ":")
		if !found {
			return nil, fmt.Errorf("the engine's answer has a malformed header: %.60q", line)
		}
		header[strings.ToLower(name)] = strings.TrimSpace(value)
	}
	return nil, fmt.Errorf("the engine's answer has more than %d headers", maxHeaders)
}

// readLine reads up to a newline, without it.
func (c *connection) readLine() (string, error) { return readLine(c.reader) }

func readLine(reader *bufio.Reader) (string, error) {
	var long []byte
	for {
		part, err := reader.ReadSlice('\n')
		if err == nil && long == nil {
			return strings.TrimRight(string(part), "\r\n"), nil
		}
		long = append(long, part...)
		if err == nil {
			return strings.TrimRight(string(long), "\r\n"), nil
		}
		if err != bufio.ErrBufferFull {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return "", err
		}
		if len(long) > maxLine {
			return "", fmt.Errorf("a line of the header is longer than %d bytes", maxLine)
		}
	}
}

func keeps(header map[string]string) bool {
	return !strings.EqualFold(header["connection"], "close")
}

// bodyOf returns what reads the response's body, to its end and no further.
func (c *connection) bodyOf(method string, response *Response) io.Reader {
	switch {
	case response.Status == 101:
		return c.reader
	case method == "HEAD" || response.Status == 204 || response.Status == 304:
		return eof{}
	case strings.EqualFold(response.Header["transfer-encoding"], "chunked"):
		return &chunkReader{source: c.reader}
	}
	if text, found := response.Header["content-length"]; found {
		length, err := strconv.ParseInt(text, 10, 64)
		if err != nil || length < 0 {
			return failing{fmt.Errorf("the engine's answer has the length %.40q", text)}
		}
		response.length = length
		return &exactReader{source: c.reader, left: length}
	}
	response.Header["connection"] = "close"
	return c.reader
}
