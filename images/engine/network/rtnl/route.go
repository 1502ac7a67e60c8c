package rtnl

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

// AddAddress gives a link an address with the length of its subnet's prefix.
func AddAddress(index int, address netip.Prefix) Request {
	body := []byte{unix.AF_INET, byte(address.Bits()), 0, unix.RT_SCOPE_UNIVERSE}
	body = binary.NativeEndian.AppendUint32(body, uint32(index))
	body = appendAttribute(body, unix.IFA_LOCAL, address.Addr().AsSlice())
	body = appendAttribute(body, unix.IFA_ADDRESS, address.Addr().AsSlice())
	if address.Bits() < 31 {
		body = appendAttribute(body, unix.IFA_BROADCAST, broadcast(address))
	}
	return Request{
		what: "add the address " + address.String(),
		kind: unix.RTM_NEWADDR, flags: unix.NLM_F_CREATE | unix.NLM_F_REPLACE, body: body,
	}
}

func broadcast(prefix netip.Prefix) []byte {
	number := binary.BigEndian.Uint32(prefix.Addr().AsSlice()) | ^uint32(0)>>prefix.Bits()
	return binary.BigEndian.AppendUint32(nil, number)
}

func defaultRoute() []byte {
	return []byte{unix.AF_INET, 0, 0, 0, unix.RT_TABLE_MAIN, unix.RTPROT_BOOT, unix.RT_SCOPE_UNIVERSE, unix.RTN_UNICAST, 0, 0, 0, 0}
}

// SetGateway makes the default route lead through a gateway, whatever it was before.
func SetGateway(gateway netip.Addr) Request {
	return Request{
		what: "set the gateway " + gateway.String(),
		kind: unix.RTM_NEWROUTE, flags: unix.NLM_F_CREATE | unix.NLM_F_REPLACE,
		body: appendAttribute(defaultRoute(), unix.RTA_GATEWAY, gateway.AsSlice()),
	}
}

// DeleteGateway removes the default route.
func DeleteGateway() Request {
	return Request{what: "remove the default route", kind: unix.RTM_DELROUTE, body: defaultRoute()}
}

// ListSubnets stores where the routes of the main table lead, default routes aside.
func ListSubnets(subnets *[]netip.Prefix) Request {
	return Request{
		what: "list routes", kind: unix.RTM_GETROUTE, flags: unix.NLM_F_DUMP,
		body: append([]byte{unix.AF_INET}, make([]byte, unix.SizeofRtMsg-1)...),
		echo: func(kind uint16, body []byte) {
			if kind != unix.RTM_NEWROUTE || len(body) < unix.SizeofRtMsg || body[4] != unix.RT_TABLE_MAIN {
				return
			}
			bits := int(body[1])
			parseAttributes(body[unix.SizeofRtMsg:], func(kind uint16, value []byte) {
				if address, ok := netip.AddrFromSlice(value); ok && kind == unix.RTA_DST && address.Is4() {
					*subnets = append(*subnets, netip.PrefixFrom(address, bits))
				}
			})
		},
	}
}
