package rtnl

import (
	"encoding/binary"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// appendNeighbour appends a struct ndmsg.
func appendNeighbour(family byte, index int, state uint16, flags byte) []byte {
	body := []byte{family, 0, 0, 0}
	body = binary.NativeEndian.AppendUint32(body, uint32(index))
	body = binary.NativeEndian.AppendUint16(body, state)
	return append(body, flags, 0)
}

func neighbour(what string, add bool, body []byte) Request {
	if add {
		return Request{what: "add " + what, kind: unix.RTM_NEWNEIGH, flags: unix.NLM_F_CREATE | unix.NLM_F_REPLACE, body: body}
	}
	return Request{what: "remove " + what, kind: unix.RTM_DELNEIGH, body: body}
}

// AddTunnel has a VXLAN link send what is for a MAC address to another machine: an entry of `bridge fdb`.
func AddTunnel(vxlan int, mac net.HardwareAddr, machine netip.Addr) Request {
	return tunnel(true, vxlan, mac, machine)
}

// RemoveTunnel undoes AddTunnel.
func RemoveTunnel(vxlan int, mac net.HardwareAddr, machine netip.Addr) Request {
	return tunnel(false, vxlan, mac, machine)
}

func tunnel(add bool, vxlan int, mac net.HardwareAddr, machine netip.Addr) Request {
	body := appendAttribute(appendNeighbour(unix.AF_BRIDGE, vxlan, unix.NUD_PERMANENT, unix.NTF_SELF), unix.NDA_LLADDR, mac)
	body = appendAttribute(body, unix.NDA_DST, machine.AsSlice())
	return neighbour("the tunnel to "+machine.String(), add, body)
}

// AddStation tells a bridge that a MAC address is behind one of its ports: an entry of `bridge fdb ... master static`.
func AddStation(port int, mac net.HardwareAddr) Request {
	return station(true, port, mac)
}

// RemoveStation undoes AddStation.
func RemoveStation(port int, mac net.HardwareAddr) Request {
	return station(false, port, mac)
}

func station(add bool, port int, mac net.HardwareAddr) Request {
	// A permanent one would be the bridge's own.
	body := appendNeighbour(unix.AF_BRIDGE, port, unix.NUD_NOARP, unix.NTF_MASTER)
	return neighbour("the station "+mac.String(), add, appendAttribute(body, unix.NDA_LLADDR, mac))
}

// AddNeighbour tells a link the MAC address of an address for good: an entry of `ip neigh`.
func AddNeighbour(index int, address netip.Addr, mac net.HardwareAddr) Request {
	return static(true, index, address, mac)
}

// RemoveNeighbour undoes AddNeighbour.
func RemoveNeighbour(index int, address netip.Addr) Request {
	return static(false, index, address, nil)
}

func static(add bool, index int, address netip.Addr, mac net.HardwareAddr) Request {
	body := appendAttribute(appendNeighbour(unix.AF_INET, index, unix.NUD_PERMANENT, 0), unix.NDA_DST, address.AsSlice())
	if mac != nil {
		body = appendAttribute(body, unix.NDA_LLADDR, mac)
	}
	return neighbour("the neighbour "+address.String(), add, body)
}
