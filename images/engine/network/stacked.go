package network

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"twinhull/engine/fault"
	"twinhull/engine/network/ipam"
	"twinhull/engine/network/rtnl"
)

// Options of `docker network create --opt` that macvlan and ipvlan networks have.
const (
	optionParent      = "parent"
	optionMACVLANMode = "macvlan_mode"
	optionIPVLANMode  = "ipvlan_mode"
	optionIPVLANFlag  = "ipvlan_flag"
)

// stackedDriver puts a link on top of one of the machine's for each endpoint: macvlan with a MAC address of its own,
// ipvlan with the parent's. Containers stand on the parent's wire as if they were machines beside this one, so the engine
// publishes nothing and forwards nothing; that the machine itself does not reach them is the kernel's doing.
type stackedDriver struct {
	kind     string
	links    *rtnl.Conn
	networks map[string]stack // by the id of their network
	// others are the networks of the driver of the other kind: a parent has slaves of one kind.
	others map[string]stack
}

// stack is what the options of a network come to.
type stack struct {
	parent string
	index  int
	mode   string
	flag   string
	mtu    int
}

func (d *stackedDriver) Name() string         { return d.kind }
func (d *stackedDriver) Blocks() []ipam.Block { return ipam.Local }

// dummyOf is the parent of a network that was made without one.
func (d *stackedDriver) dummyOf(n *Network) string {
	return map[string]string{"macvlan": "dm-", "ipvlan": "di-"}[d.kind] + shortID(n.ID)
}

func (d *stackedDriver) stackOf(n *Network) (stack, error) {
	s := stack{parent: n.Options[optionParent]}
	if d.kind == "macvlan" {
		if s.mode = n.Options[optionMACVLANMode]; s.mode == "" {
			s.mode = "bridge"
		}
		if _, ok := rtnl.MACVLANModes[s.mode]; !ok {
			return s, fault.New(fault.Invalid, "requested macvlan mode '%s' is not valid, 'bridge' mode is the macvlan driver default", s.mode)
		}
	} else {
		if s.mode = n.Options[optionIPVLANMode]; s.mode == "" {
			s.mode = "l2"
		}
		if s.flag = n.Options[optionIPVLANFlag]; s.flag == "" {
			s.flag = "bridge"
		}
		if _, ok := rtnl.IPVLANModes[s.mode]; !ok {
			return s, fault.New(fault.Invalid, "requested ipvlan mode '%s' is not valid, 'l2' mode is the ipvlan driver default", s.mode)
		}
		if _, ok := rtnl.IPVLANFlags[s.flag]; !ok {
			return s, fault.New(fault.Invalid, "requested ipvlan flag '%s' is not valid, 'bridge' is the ipvlan driver default", s.flag)
		}
	}
	if text := n.Options[optionMTU]; text != "" {
		mtu, err := strconv.Atoi(text)
		if err != nil || mtu < 68 || mtu > 65535 {
			return s, fault.New(fault.Invalid, "failed to parse %q value: %q is not a number from 68 to 65535", optionMTU, text)
		}
		s.mtu = mtu
	}
	if s.parent == "" {
		s.parent = d.dummyOf(n)
	}
	if len(s.parent) > maxLinkName {
		return s, fault.New(fault.Invalid, "-o parent=%s: names of links have at most %d characters", s.parent, maxLinkName)
	}
	return s, nil
}

// Check implements Driver.
func (d *stackedDriver) Check(n *Network) error {
	s, err := d.stackOf(n)
	if err != nil {
		return err
	}
	if s.parent == "lo" {
		return fault.New(fault.Invalid, "loopback interface is not a valid %s parent link", d.kind)
	}
	for id, other := range d.networks {
		if other.parent == s.parent && (s.mode == "passthru" || other.mode == "passthru") {
			return fault.New(fault.Forbidden, "cannot use mode passthru, macvlan network %s is using parent interface %s", shortID(id), s.parent)
		}
		if other.parent == s.parent && d.kind == "ipvlan" {
			return fault.New(fault.Forbidden, "network %s is already using parent interface %s", shortID(id), s.parent)
		}
	}
	for id, other := range d.others {
		if other.parent == s.parent {
			return fault.New(fault.Forbidden, "network %s is already using parent interface %s", shortID(id), s.parent)
		}
	}
	return nil
}

// Create implements Driver: it finds the parent, or makes one that is a VLAN of a link, or a dummy.
func (d *stackedDriver) Create(n *Network) error {
	s, err := d.stackOf(n)
	if err != nil {
		return err
	}
	var linkKind string
	err = d.links.Do(rtnl.FindLink(s.parent, &s.index, &linkKind))
	switch {
	case err == nil:
	case !errors.Is(err, unix.ENODEV):
		return err
	case n.Options[optionParent] == "":
		err = d.links.Do(rtnl.NewDummy(s.parent, &s.index))
		n.MadeParent = true
	default:
		err = d.makeVLAN(s.parent, &s.index)
		n.MadeParent = true
	}
	if err != nil {
		n.MadeParent = false
		// A network of an earlier daemon stays, and says when a container is connected what is missing.
		if n.restored {
			d.networks[n.ID] = s
			return nil
		}
		return err
	}
	d.networks[n.ID] = s
	return nil
}

// makeVLAN makes eth0.10: the link of tag 10 on eth0.
func (d *stackedDriver) makeVLAN(name string, index *int) error {
	parent, text, ok := strings.Cut(name, ".")
	if !ok {
		return fault.New(fault.Invalid, "-o parent interface was not found on the host: %s: "+
			"give the name of a link, or PARENT.TAG for a VLAN of it", name)
	}
	tag, err := strconv.ParseUint(text, 10, 16)
	if err != nil || tag < 1 || tag > 4094 {
		return fault.New(fault.Invalid, "invalid subinterface vlan name %s, example formatting is eth0.10: tags are 1 to 4094", name)
	}
	var parentIndex int
	var linkKind string
	if err := d.links.Do(rtnl.FindLink(parent, &parentIndex, &linkKind)); err != nil {
		if errors.Is(err, unix.ENODEV) {
			return fault.New(fault.Invalid, "failed to find master interface %s on the Docker host", parent)
		}
		return err
	}
	return d.links.Do(rtnl.NewVLAN(name, parentIndex, uint16(tag), index))
}

// Remove implements Driver.
func (d *stackedDriver) Remove(n *Network) error {
	s, ok := d.networks[n.ID]
	if !ok {
		return nil
	}
	delete(d.networks, n.ID)
	if !n.MadeParent {
		return nil
	}
	for _, other := range d.networks {
		if other.parent == s.parent {
			return nil // the last network on it removes it
		}
	}
	if err := d.links.Do(rtnl.DeleteLink(s.parent)); err != nil && !errors.Is(err, unix.ENODEV) {
		return err
	}
	return nil
}

// Plug implements Driver.
func (d *stackedDriver) Plug(n *Network, e *Endpoint, namespace int) (index int, err error) {
	s := d.networks[n.ID]
	var linkKind string
	if err := d.links.Do(rtnl.FindLink(s.parent, &s.index, &linkKind)); err != nil {
		return 0, fmt.Errorf("the parent %s of network %s is not there: %w", s.parent, n.Name, err)
	}
	// The kernel looks for the name among the machine's links, where eth0 mostly is, before it moves the link.
	e.plugged = "plug-" + e.EndpointID[:10]
	slave := rtnl.Slave{Name: e.plugged, Parent: s.index, MTU: s.mtu, Namespace: namespace}
	if d.kind == "ipvlan" {
		// It has the parent's, and Docker shows none.
		e.MAC = ""
		return indexUnknown, d.links.Do(rtnl.NewIPVLAN(slave, rtnl.IPVLANModes[s.mode], rtnl.IPVLANFlags[s.flag]))
	}
	if slave.MAC, err = net.ParseMAC(e.MAC); err != nil {
		return 0, fault.New(fault.Invalid, "invalid MAC address: %w", err)
	}
	if s.mode == "passthru" {
		slave.MAC = nil
	}
	err = d.links.Do(rtnl.NewMACVLAN(slave, rtnl.MACVLANModes[s.mode]))
	if s.mode == "passthru" && errors.Is(err, unix.EINVAL) {
		err = fault.New(fault.Forbidden, "the parent %s is another container's already, for mode passthru has one", s.parent)
	}
	return indexUnknown, err
}

// Unplug implements Driver: the link went with its namespace, or goes now.
func (d *stackedDriver) Unplug(*Network, *Endpoint) error { return nil }

// Publishes implements Driver.
func (d *stackedDriver) Publishes(*Network) (host netip.Addr, ok bool) { return netip.Addr{}, false }
