// Package resolver is the name server that containers find at 127.0.0.11: RFC 1035, over UDP and TCP.
//
// It answers for the containers of its networks and passes everything else on. It is written with x/net's dnsmessage,
// which reads and writes the few records there are here, and costs a program that starts often next to nothing.
package resolver

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Address is where a container finds its resolver.
var Address = netip.MustParseAddrPort("127.0.0.11:53")

const (
	// maxQuery bounds what is read of a query over UDP: a name has at most 255 bytes, and no option is that long.
	maxQuery = 4096
	// maxForwarded and maxConnections bound what one container can have under way.
	maxForwarded   = 64
	maxConnections = 16
	// idle is how long a connection may be silent.
	idle = 10 * time.Second
)

// Names is what a container's networks know.
type Names interface {
	// Addresses finds a name without its closing dot, in lower case. A name that is known may have none.
	Addresses(name string) (addresses []netip.Addr, known bool)
	// Name finds the name of an address.
	Name(address netip.Addr) (name string, known bool)
	// Servers are who is asked for what is not known here, the first ones first.
	Servers() []netip.AddrPort
}

// Sockets are those on which a server listens.
type Sockets struct {
	packets  *net.UDPConn
	listener *net.TCPListener
}

// Listen opens the sockets, in the network namespace of the calling thread. They have the server's address, and ports
// that nobody else has asked for: somebody has to redirect queries there.
func Listen() (*Sockets, error) {
	packets, err := net.ListenUDP("udp4", &net.UDPAddr{IP: Address.Addr().AsSlice()})
	if err != nil {
		return nil, fmt.Errorf("listening for name queries: %w", err)
	}
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: Address.Addr().AsSlice()})
	if err != nil {
		packets.Close()
		return nil, fmt.Errorf("listening for name queries: %w", err)
	}
	return &Sockets{packets, listener}, nil
}

// Ports are those of the sockets.
func (s *Sockets) Ports() (udp, tcp uint16) {
	return uint16(s.packets.LocalAddr().(*net.UDPAddr).Port), uint16(s.listener.Addr().(*net.TCPAddr).Port)
}

// Close closes sockets that no server has.
func (s *Sockets) Close() {
	s.packets.Close()
	s.listener.Close()
}

// Server answers one container's queries.
type Server struct {
	sockets     *Sockets
	names       Names
	context     context.Context
	stop        context.CancelFunc
	running     sync.WaitGroup
	forwarded   chan struct{}
	connections chan struct{}
}

// Serve answers queries until Close.
func Serve(sockets *Sockets, names Names) *Server {
	s := &Server{
		sockets: sockets, names: names,
		forwarded: make(chan struct{}, maxForwarded), connections: make(chan struct{}, maxConnections),
	}
	s.context, s.stop = context.WithCancel(context.Background())
	s.running.Go(s.servePackets)
	s.running.Go(s.serveConnections)
	return s
}

// Close ends the server, with all that is under way. A nil server is closed already.
func (s *Server) Close() {
	if s == nil {
		return
	}
	s.stop()
	s.sockets.Close()
	s.running.Wait()
}

func (s *Server) servePackets() {
	buffer := make([]byte, maxQuery)
	for {
		length, client, err := s.sockets.packets.ReadFromUDPAddrPort(buffer)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // of an earlier answer that did not arrive
		}
		reply := func(answer []byte) { _, _ = s.sockets.packets.WriteToUDPAddrPort(answer, client) }
		query, err := parseQuery(buffer[:length])
		if err != nil {
			continue
		}
		if answer := query.answer(s.names, query.limit); answer != nil {
			reply(answer)
			continue
		}
		select {
		case s.forwarded <- struct{}{}:
		default:
			continue // the container asks too much at once; it will ask again
		}
		query.message = append([]byte(nil), query.message...)
		s.running.Go(func() {
			defer func() { <-s.forwarded }()
			reply(s.forward("udp4", query))
		})
	}
}

func (s *Server) serveConnections() {
	for {
		connection, err := s.sockets.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		select {
		case s.connections <- struct{}{}:
		default:
			connection.Close()
			continue
		}
		s.running.Go(func() {
			defer func() { <-s.connections }()
			defer connection.Close()
			defer context.AfterFunc(s.context, func() { connection.Close() })()
			s.serveConnection(connection)
		})
	}
}

// serveConnection answers one query after another until the client ends or makes a mistake.
func (s *Server) serveConnection(connection net.Conn) {
	for {
		connection.SetDeadline(time.Now().Add(idle))
		message, err := readMessage(connection)
		if err != nil {
			return
		}
		query, err := parseQuery(message)
		if err != nil {
			return
		}
		answer := query.answer(s.names, maxMessage)
		if answer == nil {
			answer = s.forward("tcp4", query)
		}
		if writeMessage(connection, answer) != nil {
			return
		}
	}
}

// maxMessage is what the length before a message on a connection can say.
const maxMessage = 65535

func readMessage(from io.Reader) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(from, length[:]); err != nil {
		return nil, err
	}
	message := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(from, message)
	return message, err
}

func writeMessage(to io.Writer, message []byte) error {
	_, err := to.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(message))), message...))
	return err
}
