package rtnl

import (
	"bytes"
	"encoding/binary"
	"net"

	"golang.org/x/sys/unix"
)

// From linux/veth.h and linux/if_link.h.
const (
	vethInfoPeer       = 1
	bridgePortLearning = 8  // IFLA_BRPORT_LEARNING
	bridgePortIsolated = 33 // IFLA_BRPORT_ISOLATED
	linkInfoSlaveKind  = 4  // IFLA_INFO_SLAVE_KIND
	linkInfoSlaveData  = 5  // IFLA_INFO_SLAVE_DATA
	linkPeerOrUnderlay = unix.IFLA_LINK
)

func appendLink(body []byte, index int32, flags, change uint32) []byte {
	body = append(body, unix.AF_UNSPEC, 0, 0, 0)
	body = binary.NativeEndian.AppendUint32(body, uint32(index))
	body = binary.NativeEndian.AppendUint32(body, flags)
	return binary.NativeEndian.AppendUint32(body, change)
}

// Bridge describes a bridge to be made.
type Bridge struct {
	Name string
	MAC  net.HardwareAddr
	// MTU of 0 is the kernel's default.
	MTU int
}

// NewBridge makes a bridge that is up, and stores its index. It fails with EEXIST if the name is taken.
func NewBridge(bridge Bridge, index *int) Request {
	body := appendLink(nil, 0, unix.IFF_UP, unix.IFF_UP)
	body = appendText(body, unix.IFLA_IFNAME, bridge.Name)
	// An address of its own, because otherwise a bridge takes that of one of its ports, which come and go.
	body = appendAttribute(body, unix.IFLA_ADDRESS, bridge.MAC)
	if bridge.MTU != 0 {
		body = appendNumber(body, unix.IFLA_MTU, uint32(bridge.MTU))
	}
	body = appendNest(body, unix.IFLA_LINKINFO, func(body []byte) []byte {
		return appendText(body, unix.IFLA_INFO_KIND, "bridge")
	})
	return Request{
		what: "make the bridge " + bridge.Name,
		kind: unix.RTM_NEWLINK, flags: unix.NLM_F_CREATE | unix.NLM_F_EXCL | unix.NLM_F_ECHO, body: body,
		echo: storeIndex(index), link: bridge.Name,
	}
}

// storeIndex reads a link's index from its description. Echoed, that is how the kernel tells it without being asked.
func storeIndex(index *int) func(kind uint16, body []byte) {
	return func(kind uint16, body []byte) {
		if kind == unix.RTM_NEWLINK && len(body) >= unix.SizeofIfInfomsg {
			*index = int(binary.NativeEndian.Uint32(body[4:]))
		}
	}
}

// Cable describes a veth pair to be made: Name here, a port of the bridge with index Bridge, and Inside in a namespace.
type Cable struct {
	Name string
	// Bridge of 0 leaves the outer end alone.
	Bridge int
	// Namespace is a file descriptor of the network namespace of the other end.
	Namespace int
	Inside    string
	MAC       net.HardwareAddr
	// MTU of 0 is the kernel's default.
	MTU int
}

// NewCable makes a veth pair and stores the indices of its ends. The outer end is up; the kernel does not let the inner
// one be before the pair is complete.
func NewCable(cable Cable, outside, inside *int) Request {
	link := func(body []byte, name string, flags uint32) []byte {
		body = appendLink(body, 0, flags, flags)
		body = appendText(body, unix.IFLA_IFNAME, name)
		if cable.MTU != 0 {
			body = appendNumber(body, unix.IFLA_MTU, uint32(cable.MTU))
		}
		return body
	}
	body := link(nil, cable.Name, unix.IFF_UP)
	if cable.Bridge != 0 {
		body = appendNumber(body, unix.IFLA_MASTER, uint32(cable.Bridge))
	}
	body = appendNest(body, unix.IFLA_LINKINFO, func(body []byte) []byte {
		body = appendText(body, unix.IFLA_INFO_KIND, "veth")
		return appendNest(body, unix.IFLA_INFO_DATA, func(body []byte) []byte {
			return appendNest(body, vethInfoPeer, func(body []byte) []byte {
				body = link(body, cable.Inside, 0)
				body = appendAttribute(body, unix.IFLA_ADDRESS, cable.MAC)
				return appendNumber(body, unix.IFLA_NET_NS_FD, uint32(cable.Namespace))
			})
		})
	})
	return Request{
		what: "make the veth pair " + cable.Name,
		kind: unix.RTM_NEWLINK, flags: unix.NLM_F_CREATE | unix.NLM_F_EXCL | unix.NLM_F_ECHO, body: body,
		echo: func(kind uint16, body []byte) {
			if kind != unix.RTM_NEWLINK || len(body) < unix.SizeofIfInfomsg {
				return
			}
			storeIndex(outside)(kind, body)
			parseAttributes(body[unix.SizeofIfInfomsg:], func(kind uint16, value []byte) {
				if kind == linkPeerOrUnderlay && len(value) == 4 {
					*inside = int(binary.NativeEndian.Uint32(value))
				}
			})
		},
		link: cable.Name,
	}
}

// IsolatePort has a bridge forward nothing between this port and other isolated ones.
func IsolatePort(index int) Request {
	return setPort("isolate a bridge's port", index, bridgePortIsolated, 1)
}

// StopLearning has a bridge not take down which addresses are behind this port: it knows them from AddStation.
func StopLearning(index int) Request {
	return setPort("stop a bridge's port from learning", index, bridgePortLearning, 0)
}

func setPort(what string, index int, setting uint16, value byte) Request {
	body := appendLink(nil, int32(index), 0, 0)
	body = appendNest(body, unix.IFLA_LINKINFO, func(body []byte) []byte {
		body = appendText(body, linkInfoSlaveKind, "bridge")
		return appendNest(body, linkInfoSlaveData, func(body []byte) []byte {
			return appendAttribute(body, setting, []byte{value})
		})
	})
	return Request{what: what, kind: unix.RTM_NEWLINK, body: body}
}

// RaiseLink turns a link on.
func RaiseLink(index int) Request {
	body := appendLink(nil, int32(index), unix.IFF_UP, unix.IFF_UP)
	return Request{what: "turn a link on", kind: unix.RTM_NEWLINK, body: body}
}

// DeleteLink removes a link, and the other end of a veth pair with it.
func DeleteLink(name string) Request {
	body := appendText(appendLink(nil, 0, 0, 0), unix.IFLA_IFNAME, name)
	return Request{what: "remove the link " + name, kind: unix.RTM_DELLINK, body: body}
}

// FindLink stores the index of a link and its kind, which is "" of hardware. It fails with ENODEV if there is none of
// that name.
func FindLink(name string, index *int, linkKind *string) Request {
	body := appendText(appendLink(nil, 0, 0, 0), unix.IFLA_IFNAME, name)
	return Request{what: "find the link " + name, kind: unix.RTM_GETLINK, body: body, echo: func(kind uint16, body []byte) {
		if kind != unix.RTM_NEWLINK || len(body) < unix.SizeofIfInfomsg {
			return
		}
		storeIndex(index)(kind, body)
		parseAttributes(body[unix.SizeofIfInfomsg:], func(kind uint16, value []byte) {
			if kind != unix.IFLA_LINKINFO {
				return
			}
			parseAttributes(value, func(kind uint16, value []byte) {
				if kind == unix.IFLA_INFO_KIND {
					*linkKind = string(bytes.TrimRight(value, "\x00"))
				}
			})
		})
	}}
}
