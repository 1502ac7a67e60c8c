package firewall

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
)

const (
	sourcePort = 0 // in the TCP or UDP header

	checksumOfTCP = 16 // in the header
	checksumOfUDP = 6
)

// RedirectNames has what the network namespace of the calling thread sends to a name server arrive at a socket with the
// server's address and another port, and its answers come from the server's: so the server's port stays free for a
// server of the container's own. Ports are rewritten packet by packet, for tracking connections would cost all of them.
// again says that an earlier daemon may have done the same.
func RedirectNames(server netip.AddrPort, udp, tcp uint16, again bool) error {
	connection, err := nftables.New()
	if err != nil {
		return fmt.Errorf("opening a socket to nf_tables: %w", err)
	}
	t := &Table{connection: connection, table: &nftables.Table{Family: nftables.TableFamilyIPv4, Name: "docker-names"}}
	connection.AddTable(t.table)
	if again {
		connection.DelTable(t.table)
		connection.AddTable(t.table)
	}
	output := t.chain("output", nftables.ChainTypeFilter, nftables.ChainHookOutput, nftables.ChainPriorityFilter)
	for _, socket := range []struct {
		protocol byte
		port     uint16
		checksum uint32
	}{{UDP, udp, checksumOfUDP}, {TCP, tcp, checksumOfTCP}} {
		address := server.Addr().AsSlice()
		rewrite := func(offset uint32, from, to uint16) []expr.Any {
			return []expr.Any{
				protocol(first), is([]byte{socket.protocol}),
				payload(expr.PayloadBaseTransportHeader, offset, 2, first), is(binary.BigEndian.AppendUint16(nil, from)),
				&expr.Immediate{Register: first, Data: binary.BigEndian.AppendUint16(nil, to)},
				&expr.Payload{
					OperationType: expr.PayloadWrite, SourceRegister: first,
					Base: expr.PayloadBaseTransportHeader, Offset: offset, Len: 2,
					CsumType: expr.CsumTypeInet, CsumOffset: socket.checksum,
				},
			}
		}
		t.rule(output, destination(first), is(address), rewrite(destinationPort, server.Port(), socket.port))
		t.rule(output, source(first), is(address), rewrite(sourcePort, socket.port, server.Port()))
	}
	if err := connection.Flush(); err != nil {
		return fmt.Errorf("redirecting queries to %s: %w", server, err)
	}
	return nil
}
