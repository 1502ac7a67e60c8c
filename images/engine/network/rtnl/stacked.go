package rtnl

import (
	"encoding/binary"
	"net"

	"golang.org/x/sys/unix"
)

// From linux/if_link.h.
const (
	macvlanMode = 1 // IFLA_MACVLAN_MODE
	ipvlanMode  = 1 // IFLA_IPVLAN_MODE
	ipvlanFlags = 2 // IFLA_IPVLAN_FLAGS
	vlanID      = 1 // IFLA_VLAN_ID

	vxlanID       = 1
	vxlanLearning = 7
	vxlanProxy    = 11
	vxlanPort     = 15
)

// MACVLANModes and IPVLANModes have the kernel's numbers of what `docker network create` calls its modes.
var (
	MACVLANModes = map[string]uint32{"private": 1, "vepa": 2, "bridge": 4, "passthru": 8}
	IPVLANModes  = map[string]uint16{"l2": 0, "l3": 1, "l3s": 2}
	// IPVLANFlags say whom a slave may speak to.
	IPVLANFlags = map[string]uint16{"bridge": 0, "private": 1, "vepa": 2}
)

// Slave describes a link on top of another one, in a network namespace.
type Slave struct {
	Name   string
	Parent int
	// MAC of nil leaves it to the kernel.
	MAC net.HardwareAddr
	MTU int
	// Namespace is a file descriptor.
	Namespace int
}

// NewMACVLAN makes a macvlan link that is not up yet. The kernel does not tell the index that it has in its namespace.
func NewMACVLAN(slave Slave, mode uint32) Request {
	return slave.request("macvlan", func(body []byte) []byte { return appendNumber(body, macvlanMode, mode) })
}

// NewIPVLAN makes an ipvlan link that is not up yet.
func NewIPVLAN(slave Slave, mode, flags uint16) Request {
	return slave.request("ipvlan", func(body []byte) []byte {
		body = appendAttribute(body, ipvlanMode, binary.NativeEndian.AppendUint16(nil, mode))
		return appendAttribute(body, ipvlanFlags, binary.NativeEndian.AppendUint16(nil, flags))
	})
}

func (slave Slave) request(linkKind string, fill func(body []byte) []byte) Request {
	body := appendText(appendLink(nil, 0, 0, 0), unix.IFLA_IFNAME, slave.Name)
	body = appendNumber(body, unix.IFLA_LINK, uint32(slave.Parent))
	if slave.MAC != nil {
		body = appendAttribute(body, unix.IFLA_ADDRESS, slave.MAC)
	}
	if slave.MTU != 0 {
		body = appendNumber(body, unix.IFLA_MTU, uint32(slave.MTU))
	}
	body = appendNumber(body, unix.IFLA_NET_NS_FD, uint32(slave.Namespace))
	body = appendKind(body, linkKind, fill)
	return newLinkElsewhere("make the "+linkKind+" link "+slave.Name, body)
}

func appendKind(body []byte, linkKind string, fill func(body []byte) []byte) []byte {
	return appendNest(body, unix.IFLA_LINKINFO, func(body []byte) []byte {
		body = appendText(body, unix.IFLA_INFO_KIND, linkKind)
		return appendNest(body, unix.IFLA_INFO_DATA, fill)
	})
}

// newLink makes a link in this namespace, and stores its index.
func newLink(what, name string, body []byte, index *int) Request {
	request := newLinkElsewhere(what, body)
	request.flags |= unix.NLM_F_ECHO
	request.echo, request.link = storeIndex(index), name
	return request
}

// newLinkElsewhere makes a link in a namespace that the body names.
func newLinkElsewhere(what string, body []byte) Request {
	return Request{what: what, kind: unix.RTM_NEWLINK, flags: unix.NLM_F_CREATE | unix.NLM_F_EXCL, body: body}
}

// NewVLAN makes the link of an IEEE 802.1Q tag on top of another link. It is up; EEXIST if the name is taken.
func NewVLAN(name string, parent int, tag uint16, index *int) Request {
	body := appendText(appendLink(nil, 0, unix.IFF_UP, unix.IFF_UP), unix.IFLA_IFNAME, name)
	body = appendNumber(body, unix.IFLA_LINK, uint32(parent))
	body = appendKind(body, "vlan", func(body []byte) []byte {
		return appendAttribute(body, vlanID, binary.NativeEndian.AppendUint16(nil, tag))
	})
	return newLink("make the VLAN "+name, name, body, index)
}

// NewDummy makes a link that leads nowhere. It is up; EEXIST if the name is taken.
func NewDummy(name string, index *int) Request {
	body := appendText(appendLink(nil, 0, unix.IFF_UP, unix.IFF_UP), unix.IFLA_IFNAME, name)
	body = appendNest(body, unix.IFLA_LINKINFO, func(body []byte) []byte {
		return appendText(body, unix.IFLA_INFO_KIND, "dummy")
	})
	return newLink("make the link "+name, name, body, index)
}

// VXLAN describes an end of a tunnel, RFC 7348, which speaks through the network namespace of the connection.
type VXLAN struct {
	Name string
	ID   uint32
	Port uint16
	MTU  int
	// Namespace is a file descriptor of the network namespace where the link is put.
	Namespace int
}

// NewVXLAN makes an end of a tunnel. It learns nothing from what arrives: it knows the other ends from AddTunnel, and
// answers ARP requests for their addresses itself from AddNeighbour.
func NewVXLAN(tunnel VXLAN) Request {
	body := appendText(appendLink(nil, 0, 0, 0), unix.IFLA_IFNAME, tunnel.Name)
	body = appendNumber(body, unix.IFLA_MTU, uint32(tunnel.MTU))
	body = appendNumber(body, unix.IFLA_NET_NS_FD, uint32(tunnel.Namespace))
	body = appendKind(body, "vxlan", func(body []byte) []byte {
		body = appendNumber(body, vxlanID, tunnel.ID)
		body = appendAttribute(body, vxlanLearning, []byte{0})
		body = appendAttribute(body, vxlanProxy, []byte{1})
		return appendAttribute(body, vxlanPort, binary.BigEndian.AppendUint16(nil, tunnel.Port))
	})
	return newLinkElsewhere("make the VXLAN "+tunnel.Name, body)
}

// SetMaster makes a link a port of a bridge.
func SetMaster(index, bridge int) Request {
	body := appendNumber(appendLink(nil, int32(index), 0, 0), unix.IFLA_MASTER, uint32(bridge))
	return Request{what: "make a link a bridge's port", kind: unix.RTM_NEWLINK, body: body}
}

// RenameLink gives a link that is not up another name.
func RenameLink(index int, name string) Request {
	body := appendText(appendLink(nil, int32(index), 0, 0), unix.IFLA_IFNAME, name)
	return Request{what: "rename a link to " + name, kind: unix.RTM_NEWLINK, body: body}
}
