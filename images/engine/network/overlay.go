package network

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"twinhull/engine/fault"
	"twinhull/engine/network/ipam"
	"twinhull/engine/network/rtnl"
)

const (
	overlayDriverName = "overlay"
	// OptionVXLAN has the number of a network's tunnels, as Docker shows it.
	OptionVXLAN = "com.docker.network.driver.overlay.vxlanid_list"
	// vxlanPort is IANA's.
	vxlanPort = 4789
	// overlayMTU leaves room for the tunnel's headers in a frame of 1500 bytes.
	overlayMTU = 1450

	overlayBridge = "br0"
	overlayTunnel = "vxlan0"
)

// overlayDriver joins the endpoints of several machines: in a namespace of its own, a bridge has the endpoints of this
// machine and a VXLAN link to those of the others. What it knows of them it is told (Controller.SetView). The namespace is
// there while this machine has endpoints.
type overlayDriver struct {
	home      int
	links     *rtnl.Conn
	directory string
	networks  map[string]*overlay // by id
}

type overlay struct {
	path      string
	number    uint32
	mtu       int
	gateway   netip.Prefix
	namespace int
	links     *rtnl.Conn // nil while there is no namespace
	bridge    int
	tunnel    int
	wanted    map[netip.Addr]Peer
	known     map[netip.Addr]Peer
}

// Peer is an endpoint of an overlay network on another machine.
type Peer struct {
	Address netip.Addr
	MAC     string
	// Machine is where its tunnel ends.
	Machine netip.Addr
}

func (*overlayDriver) Name() string { return overlayDriverName }

// Blocks implements Driver: subnets are chosen where the swarm's networks are known.
func (*overlayDriver) Blocks() []ipam.Block { return nil }

// CheckOverlay refuses options of a network that no node of a swarm could make.
func CheckOverlay(options map[string]string) error {
	if _, ok := options["encrypted"]; ok {
		return fault.New(fault.Invalid, "an overlay network cannot be encrypted: the kernel of these machines has no IPsec. "+
			"What its containers send can be read on the wire between the nodes")
	}
	if text, ok := options[optionMTU]; ok {
		if mtu, err := strconv.Atoi(text); err != nil || mtu < 68 || mtu > 65535 {
			return fault.New(fault.Invalid, "failed to parse %q value: %q is not a number from 68 to 65535", optionMTU, text)
		}
	}
	return nil
}

// Check implements Driver.
func (*overlayDriver) Check(n *Network) error { return CheckOverlay(n.Options) }

// Create implements Driver.
func (d *overlayDriver) Create(n *Network) error {
	number, err := strconv.ParseUint(n.Options[OptionVXLAN], 10, 24)
	if err != nil {
		return fmt.Errorf("network %s has no VXLAN number: %w", n.Name, err)
	}
	o := &overlay{
		path: filepath.Join(d.directory, "1-"+n.ID[:min(len(n.ID), 10)]), number: uint32(number), mtu: overlayMTU, namespace: -1,
		known: map[netip.Addr]Peer{},
	}
	if text := n.Options[optionMTU]; text != "" {
		o.mtu, _ = strconv.Atoi(text)
	}
	if subnet := n.subnet(); subnet != nil && subnet.Gateway.IsValid() {
		o.gateway = netip.PrefixFrom(subnet.Gateway, subnet.Subnet.Bits())
	}
	d.networks[n.ID] = o
	if isNamespace(o.path) {
		return d.reopen(o)
	}
	return nil
}

// reopen takes over the namespace of an earlier daemon.
func (d *overlayDriver) reopen(o *overlay) (err error) {
	if o.namespace, err = openNamespace(o.path); err != nil {
		return err
	}
	err = inside(d.home, o.namespace, func() (err error) {
		o.links, err = rtnl.Dial()
		return err
	})
	if err == nil {
		var kind string
		err = errors.Join(
			o.links.Do(rtnl.FindLink(overlayBridge, &o.bridge, &kind)),
			o.links.Do(rtnl.FindLink(overlayTunnel, &o.tunnel, &kind)),
		)
	}
	if err != nil {
		return errors.Join(err, d.lower(o))
	}
	return nil
}

// raise makes the namespace with the bridge and the tunnel's end.
func (d *overlayDriver) raise(o *overlay) (err error) {
	if o.links != nil {
		return nil
	}
	if o.namespace, o.links, err = newNamespace(d.home, o.path); err != nil {
		return err
	}
	mac := make(net.HardwareAddr, 6)
	rand.Read(mac)
	mac[0], mac[1] = 0x02, 0x42
	err = o.links.Do(rtnl.NewBridge(rtnl.Bridge{Name: overlayBridge, MAC: mac, MTU: o.mtu}, &o.bridge))
	if err == nil {
		// Its tunnel is the machine's, not the namespace's: the request is the machine's connection's.
		err = d.links.Do(rtnl.NewVXLAN(rtnl.VXLAN{
			Name: overlayTunnel, ID: o.number, Port: vxlanPort, MTU: o.mtu, Namespace: o.namespace,
		}))
	}
	if err == nil {
		var kind string
		err = o.links.Do(rtnl.FindLink(overlayTunnel, &o.tunnel, &kind))
	}
	if err == nil {
		requests := []rtnl.Request{
			// What the bridge learned there would outlive the peer: its address may be a container's here next, which nobody could
			// reach from over there before it has sent something itself.
			rtnl.SetMaster(o.tunnel, o.bridge), rtnl.StopLearning(o.tunnel), rtnl.RaiseLink(o.tunnel),
		}
		if o.gateway.IsValid() {
			requests = append(requests, rtnl.AddAddress(o.bridge, o.gateway))
		}
		err = o.links.Do(requests...)
	}
	if err == nil {
		err = o.update(o.wanted)
	}
	if err != nil {
		return errors.Join(err, d.lower(o))
	}
	return nil
}

// lower removes the namespace. The tunnel's end goes first and at once: the kernel has each number once on a machine,
// and takes namespaces apart when it has the time.
func (d *overlayDriver) lower(o *overlay) error {
	if o.links == nil {
		return nil
	}
	err := o.links.Do(rtnl.DeleteLink(overlayTunnel))
	if errors.Is(err, unix.ENODEV) {
		err = nil
	}
	err = errors.Join(err, dropNamespace(o.path, o.namespace, o.links))
	o.namespace, o.links = -1, nil
	o.known = map[netip.Addr]Peer{}
	return err
}

// update has the tunnel lead to these peers, and to no others.
func (o *overlay) update(wanted map[netip.Addr]Peer) error {
	o.wanted = wanted
	if o.links == nil {
		return nil
	}
	var err error
	for address, old := range o.known {
		if wanted[address] != old {
			mac, _ := net.ParseMAC(old.MAC)
			failed := o.links.Do(
				rtnl.RemoveTunnel(o.tunnel, mac, old.Machine), rtnl.RemoveStation(o.tunnel, mac), rtnl.RemoveNeighbour(o.tunnel, address),
			)
			if failed != nil && !errors.Is(failed, unix.ENOENT) {
				err = errors.Join(err, failed)
			}
			delete(o.known, address)
		}
	}
	for address, peer := range wanted {
		if _, ok := o.known[address]; ok {
			continue
		}
		mac, failed := net.ParseMAC(peer.MAC)
		if failed == nil {
			failed = o.links.Do(
				rtnl.AddTunnel(o.tunnel, mac, peer.Machine), rtnl.AddStation(o.tunnel, mac), rtnl.AddNeighbour(o.tunnel, address, mac),
			)
		}
		if failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		o.known[address] = peer
	}
	return err
}

// Remove implements Driver.
func (d *overlayDriver) Remove(n *Network) error {
	o, ok := d.networks[n.ID]
	if !ok {
		return nil
	}
	delete(d.networks, n.ID)
	return d.lower(o)
}

// Plug implements Driver.
func (d *overlayDriver) Plug(n *Network, e *Endpoint, namespace int) (index int, err error) {
	o := d.networks[n.ID]
	mac, err := net.ParseMAC(e.MAC)
	if err != nil {
		return 0, fault.New(fault.Invalid, "invalid MAC address: %w", err)
	}
	if err := d.raise(o); err != nil {
		return 0, err
	}
	var name [4]byte
	rand.Read(name[:])
	e.HostInterface = "veth" + hex.EncodeToString(name[:])[:7]
	cable := rtnl.Cable{
		Name: e.HostInterface, Bridge: o.bridge, MTU: o.mtu, Namespace: namespace, Inside: e.Interface, MAC: mac,
	}
	var outside int
	if err := o.links.Do(rtnl.NewCable(cable, &outside, &index)); err != nil {
		if len(n.endpoints) == 0 {
			err = errors.Join(err, d.lower(o))
		}
		return 0, err
	}
	return index, nil
}

// Unplug implements Driver.
func (d *overlayDriver) Unplug(n *Network, e *Endpoint) error {
	o := d.networks[n.ID]
	if o == nil || o.links == nil {
		return nil
	}
	err := o.links.Do(rtnl.DeleteLink(e.HostInterface))
	if errors.Is(err, unix.ENODEV) {
		err = nil
	}
	if len(n.endpoints) == 0 {
		err = errors.Join(err, d.lower(o))
	}
	return err
}

// Publishes implements Driver: what is published leads through docker_gwbridge.
func (*overlayDriver) Publishes(*Network) (host netip.Addr, ok bool) { return netip.Addr{}, false }

// places marks the namespaces that belong to networks.
func (d *overlayDriver) places(of map[string]bool) {
	for _, o := range d.networks {
		if o.links != nil {
			of[filepath.Base(o.path)] = true
		}
	}
}

// close lets go of the namespaces and leaves them.
func (d *overlayDriver) close() {
	for _, o := range d.networks {
		if o.links != nil {
			o.links.Close()
			unix.Close(o.namespace)
			o.links, o.namespace = nil, -1
		}
	}
}
