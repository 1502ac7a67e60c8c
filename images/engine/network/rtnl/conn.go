// Package rtnl speaks rtnetlink: the links, addresses and routes of one network namespace.
// https://docs.kernel.org/userspace-api/netlink/intro.html and rtnetlink(7)
//
// A container's connection is on the path of `docker run`, where instructions count: requests are written together in
// one message, and answers are read with one system call each.
package rtnl

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sys/unix"
)

// answerSize holds any answer but a dump's: a link's description has some 1500 bytes.
const answerSize = 16 << 10

// Conn is a socket in the network namespace of the thread that opened it.
type Conn struct {
	mutex    sync.Mutex
	socket   int
	sequence uint32
	answer   []byte
}

// Request is one message to the kernel, and what is to be done with what it sends back beside the acknowledgement.
type Request struct {
	what  string
	kind  uint16
	flags uint16
	body  []byte
	echo  func(kind uint16, body []byte)
	// link is the name of the link that is made, where the echo is waited for: kernels before 6.2 do not send one.
	link string
}

// Dial opens a socket in the network namespace of the calling thread.
func Dial() (*Conn, error) {
	socket, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("opening a netlink socket: %w", err)
	}
	// Errors without a copy of the request.
	if err := unix.SetsockoptInt(socket, unix.SOL_NETLINK, unix.NETLINK_CAP_ACK, 1); err != nil {
		unix.Close(socket)
		return nil, fmt.Errorf("opening a netlink socket: %w", err)
	}
	return &Conn{socket: socket}, nil
}

// Close closes the socket. What is asked of it later fails.
func (c *Conn) Close() error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	err := unix.Close(c.socket)
	c.socket = -1
	return err
}

// Do has the kernel perform requests in order. It performs the later ones even if an earlier one fails; the first
// failure is returned, and errors.Is finds its unix.Errno.
func (c *Conn) Do(requests ...Request) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	first := c.sequence + 1
	var message []byte
	for _, request := range requests {
		c.sequence++
		message = appendMessage(message, request, c.sequence)
	}
	if err := unix.Sendto(c.socket, message, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("asking the kernel to %s: %w", requests[0].what, err)
	}
	echoed := make([]bool, len(requests))
	if err := c.collect(first, requests, echoed); err != nil {
		return err
	}
	return c.askForSilent(requests, echoed)
}

// askForSilent asks for the links that were made without a word about them.
func (c *Conn) askForSilent(requests []Request, echoed []bool) error {
	for index, request := range requests {
		if request.link == "" || echoed[index] {
			continue
		}
		question := Request{
			what: "describe the link " + request.link,
			kind: unix.RTM_GETLINK, body: appendText(appendLink(nil, 0, 0, 0), unix.IFLA_IFNAME, request.link),
			echo: request.echo,
		}
		c.sequence++
		message := appendMessage(nil, question, c.sequence)
		if err := unix.Sendto(c.socket, message, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
			return fmt.Errorf("asking the kernel to %s: %w", question.what, err)
		}
		if err := c.collect(c.sequence, []Request{question}, make([]bool, 1)); err != nil {
			return err
		}
	}
	return nil
}

// collect reads until every request is acknowledged, and notes which of them had something echoed.
func (c *Conn) collect(first uint32, requests []Request, echoed []bool) error {
	if c.answer == nil {
		c.answer = make([]byte, answerSize)
	}
	var failure error
	for pending := len(requests); pending > 0; {
		count, _, err := unix.Recvfrom(c.socket, c.answer, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("waiting for the kernel to %s: %w", requests[0].what, err)
		}
		err = parseMessages(c.answer[:count], func(kind uint16, sequence uint32, body []byte) {
			index := sequence - first
			if index >= uint32(len(requests)) {
				return // of a request that was given up
			}
			request := &requests[index]
			if kind != unix.NLMSG_ERROR && kind != unix.NLMSG_DONE {
				if request.echo != nil {
					echoed[index] = true
					request.echo(kind, body)
				}
				return
			}
			pending--
			if len(body) >= 4 {
				if code := int32(binary.NativeEndian.Uint32(body)); code != 0 && failure == nil {
					failure = fmt.Errorf("asking the kernel to %s: %w", request.what, unix.Errno(-code))
				}
			}
		})
		if err != nil {
			return err
		}
	}
	return failure
}
