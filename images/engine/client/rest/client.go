package rest

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
)

// Version is the newest version of the API that this client speaks.
const Version = "1.47"

// Client asks one engine. It is not for use by several goroutines at once.
type Client struct {
	Host Host
	// Version is the API's. It falls when an older engine says what it speaks.
	Version string
	// Pinned keeps Version even if the engine refuses it.
	Pinned bool
	// Agent is the User-Agent header.
	Agent string
	// Header goes with every request.
	Header map[string]string
	// Broken is why there is no host, and the answer to every request.
	Broken error

	idle *connection
}

// Request is one call. At most one of Body and Stream is set.
type Request struct {
	Method, Path string
	Query        url.Values
	// Body is sent as JSON: see Writer.
	Body any
	// Stream is sent as it comes, in chunks.
	Stream io.Reader
	Header map[string]string
	// Accept is which error statuses the caller wants to see as a response.
	Accept int
}

// Do sends a request and returns the response, whose body must be closed. Any status from 400 up is an *Error.
func (c *Client) Do(request *Request) (*Response, error) {
	response, err := c.send(request, false)
	if err == nil || request.Stream != nil || !c.adopt(err) {
		return response, err
	}
	return c.send(request, false)
}

// Call sends a request and decodes the response into a value; nil throws it away.
func (c *Client) Call(request *Request, into any) error {
	response, err := c.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if into == nil {
		_, err = io.Copy(io.Discard, io.LimitReader(response.Body, maxReply))
		return err
	}
	return response.Decode(into)
}

// Get asks for a value.
func (c *Client) Get(path string, query url.Values, into any) error {
	return c.Call(&Request{Method: "GET", Path: path, Query: query}, into)
}

// Post sends a value, nil for none, and decodes the response, nil for none.
func (c *Client) Post(path string, query url.Values, body, into any) error {
	return c.Call(&Request{Method: "POST", Path: path, Query: query, Body: body}, into)
}

// Delete removes something.
func (c *Client) Delete(path string, query url.Values, into any) error {
	return c.Call(&Request{Method: "DELETE", Path: path, Query: query}, into)
}

// Escape makes a name fit to be one part of a path.
func Escape(name string) string { return url.PathEscape(name) }

// adopt takes over the version that an older engine names in its refusal, and tells whether there is one.
func (c *Client) adopt(err error) bool {
	refused, ok := err.(*Error)
	if !ok || refused.Status != 400 || c.Pinned {
		return false
	}
	_, version, found := strings.Cut(refused.Message, "Maximum supported API version is ")
	if !found || version == c.Version {
		return false
	}
	c.Version = strings.TrimRight(version, ". \n")
	return true
}

// dial opens a connection. A test replaces it.
func (c *Client) dial() (*connection, error) {
	if c.Broken != nil {
		return nil, c.Broken
	}
	socket, err := net.Dial(c.Host.Network, c.Host.Address)
	if err != nil {
		return nil, &ConnectionError{Host: c.Host.Text, Cause: err}
	}
	return newConnection(socket.(socketConn)), nil
}

func (c *Client) send(request *Request, upgrade bool) (*Response, error) {
	body, err := request.encode()
	if err != nil {
		return nil, err
	}
	used := c.idle
	c.idle = nil
	if used == nil {
		if used, err = c.dial(); err != nil {
			return nil, err
		}
	}
	head := c.head(request, body, upgrade)
	response, err := used.exchange(head, body, request)
	if err != nil {
		used.Close()
		return nil, err
	}
	response.connection = used
	response.release = func(reusable bool) {
		if reusable && c.idle == nil {
			c.idle = used
		} else {
			used.Close()
		}
	}
	if response.Status >= 400 && response.Status != request.Accept {
		defer response.Body.Close()
		return nil, response.failure()
	}
	return response, nil
}

// head writes the request line and the header.
func (c *Client) head(request *Request, body []byte, upgrade bool) []byte {
	var head bytes.Buffer
	head.WriteString(request.Method)
	head.WriteByte(' ')
	head.WriteString(c.Host.Path)
	if !strings.HasPrefix(request.Path, "/_") {
		head.WriteString("/v" + c.Version)
	}
	head.WriteString(request.Path)
	if len(request.Query) > 0 {
		head.WriteByte('?')
		head.WriteString(request.Query.Encode())
	}
	name := "api.moby.localhost"
	if c.Host.Network == "tcp" {
		name = c.Host.Address
	}
	head.WriteString(" HTTP/1.1\r\nHost: " + name + "\r\nUser-Agent: " + c.Agent + "\r\n")
	for key, value := range c.Header {
		head.WriteString(key + ": " + value + "\r\n")
	}
	for key, value := range request.Header {
		head.WriteString(key + ": " + value + "\r\n")
	}
	switch {
	case upgrade:
		head.WriteString("Connection: Upgrade\r\nUpgrade: tcp\r\n")
		fallthrough
	case body != nil || request.Method == "POST" && request.Stream == nil:
		if body != nil {
			head.WriteString("Content-Type: application/json\r\n")
		} else if upgrade {
			head.WriteString("Content-Type: text/plain\r\n")
		}
		fmt.Fprintf(&head, "Content-Length: %d\r\n", len(body))
	case request.Stream != nil:
		head.WriteString("Transfer-Encoding: chunked\r\n")
	}
	head.WriteString("\r\n")
	return head.Bytes()
}

// Another returns a client of the same engine with connections of its own, for calls that wait beside others.
func (c *Client) Another() *Client {
	another := *c
	another.idle = nil
	return &another
}
