package firewall

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// Of linux/netfilter/nfnetlink_conntrack.h.
const (
	getFlows   = unix.NFNL_SUBSYS_CTNETLINK<<8 | 1
	deleteFlow = unix.NFNL_SUBSYS_CTNETLINK<<8 | 2

	flowOrigin      = 1 // CTA_TUPLE_ORIG
	flowFilter      = 25
	tupleProtocol   = 2
	protocolNumber  = 1
	protocolTo      = 3 // CTA_PROTO_DST_PORT
	filterOrigin    = 1
	filterProtocols = 1 << 3 // CTA_FILTER_F_CTA_PROTO_NUM
)

// forgetDatagrams has the kernel forget the flows to published UDP ports. It takes datagrams that keep coming for one
// connection, and would send them on where the port led when it began: to this machine, or to another container.
func forgetDatagrams(forwards []Forward) error {
	var ports []uint16
	for _, forward := range forwards {
		if forward.Protocol == UDP {
			ports = append(ports, forward.Host.Port())
		}
	}
	if len(ports) == 0 {
		return nil
	}
	if err := forgetFlows(UDP, ports); err != nil {
		return fmt.Errorf("forgetting the flows to published ports: %w", err)
	}
	return nil
}

func forgetFlows(protocol uint8, ports []uint16) error {
	connection, err := netlink.Dial(unix.NETLINK_NETFILTER, nil)
	if err != nil {
		return err
	}
	defer connection.Close()
	filter, err := encodeFilter(protocol)
	if err != nil {
		return err
	}
	flows, err := connection.Execute(flowRequest(getFlows, netlink.Dump, filter))
	if err != nil {
		return err
	}
	for _, flow := range flows {
		origin, port := parseFlow(flow.Data)
		if !slices.Contains(ports, port) {
			continue
		}
		key, err := netlink.MarshalAttributes([]netlink.Attribute{{Type: flowOrigin | netlink.Nested, Data: origin}})
		if err != nil {
			return err
		}
		// One that ended meanwhile is not there.
		_, err = connection.Execute(flowRequest(deleteFlow, netlink.Acknowledge, key))
		if err != nil && !errors.Is(err, unix.ENOENT) {
			return err
		}
	}
	return nil
}

// flowRequest makes a message about flows of IPv4.
func flowRequest(kind netlink.HeaderType, flags netlink.HeaderFlags, attributes []byte) netlink.Message {
	return netlink.Message{
		Header: netlink.Header{Type: kind, Flags: netlink.Request | flags},
		Data:   append([]byte{unix.AF_INET, unix.NFNETLINK_V0, 0, 0}, attributes...),
	}
}

// encodeFilter asks for the flows of one protocol.
func encodeFilter(protocol uint8) ([]byte, error) {
	encoder := netlink.NewAttributeEncoder()
	encoder.Nested(flowOrigin, func(tuple *netlink.AttributeEncoder) error {
		tuple.Nested(tupleProtocol, func(encoder *netlink.AttributeEncoder) error {
			encoder.Uint8(protocolNumber, protocol)
			return nil
		})
		return nil
	})
	encoder.Nested(flowFilter, func(encoder *netlink.AttributeEncoder) error {
		encoder.Uint32(filterOrigin, filterProtocols)
		return nil
	})
	return encoder.Encode()
}

// parseFlow reads a flow's first direction, as it identifies the flow, and the port to which it goes; 0 if there is none.
func parseFlow(message []byte) (origin []byte, port uint16) {
	const header = 4 // nfgenmsg
	if len(message) < header {
		return nil, 0
	}
	origin = attribute(message[header:], flowOrigin)
	if text := attribute(attribute(origin, tupleProtocol), protocolTo); len(text) == 2 {
		port = binary.BigEndian.Uint16(text)
	}
	return origin, port
}

// attribute returns the first attribute of a kind, or nil.
func attribute(attributes []byte, kind uint16) []byte {
	decoder, err := netlink.NewAttributeDecoder(attributes)
	if err != nil {
		return nil
	}
	for decoder.Next() {
		if decoder.Type() == kind {
			return decoder.Bytes()
		}
	}
	return nil
}
