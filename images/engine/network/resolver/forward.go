package resolver

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

const (
	// maxServers are asked in turn, each for patience.
	maxServers = 3
	patience   = 2 * time.Second
)

var errStrange = errors.New("the server's answer is to another query")

// forward passes a query on, as it is, from the machine's own network. Without anybody to ask the name does not exist:
// clients would ask again and again after a failure.
func (s *Server) forward(network string, q query) []byte {
	servers := s.names.Servers()
	if len(servers) == 0 {
		return q.refuse(dnsmessage.RCodeNameError)
	}
	for _, server := range servers[:min(len(servers), maxServers)] {
		if answer, err := s.ask(network, server, q); err == nil {
			return answer
		}
	}
	return q.refuse(dnsmessage.RCodeServerFailure)
}

func (s *Server) ask(network string, server netip.AddrPort, q query) ([]byte, error) {
	ctx, cancel := context.WithTimeout(s.context, patience)
	defer cancel()
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, network, server.String())
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	defer context.AfterFunc(ctx, func() { connection.Close() })()
	if network == "tcp4" {
		if err := writeMessage(connection, q.message); err != nil {
			return nil, err
		}
		answer, err := readMessage(connection)
		if err == nil && !answers(answer, q) {
			err = errStrange
		}
		return answer, err
	}
	if _, err := connection.Write(q.message); err != nil {
		return nil, err
	}
	answer := make([]byte, q.limit)
	for {
		length, err := connection.Read(answer)
		if err != nil {
			return nil, err
		}
		if answers(answer[:length], q) {
			return answer[:length], nil
		}
	}
}

// answers tells whether a message is an answer to a query.
func answers(message []byte, q query) bool {
	var parser dnsmessage.Parser
	header, err := parser.Start(message)
	return err == nil && header.Response && header.ID == q.header.ID
}
