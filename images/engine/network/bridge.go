package network

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"twinhull/engine/fault"
	"twinhull/engine/network/firewall"
	"twinhull/engine/network/ipam"
	"twinhull/engine/network/rtnl"
)

// Options of `docker network create --opt` that bridges have.
const (
	optionBridgeName    = "com.docker.network.bridge.name"
	optionDefaultBridge = "com.docker.network.bridge.default_bridge"
	optionICC           = "com.docker.network.bridge.enable_icc"
	optionMasquerade    = "com.docker.network.bridge.enable_ip_masquerade"
	optionHostBinding   = "com.docker.network.bridge.host_binding_ipv4"
	optionMTU           = "com.docker.network.driver.mtu"
)

// maxLinkName is IFNAMSIZ without the closing zero.
const maxLinkName = unix.IFNAMSIZ - 1

// bridgeDriver makes a Linux bridge for each network, and a veth pair for each endpoint.
type bridgeDriver struct {
	links *rtnl.Conn
	// firewall is nil until a container is connected; then it is made with the rules of all bridges at once.
	firewall *firewall.Table
	bridges  map[string]bridge // by the id of their network
}

// bridge is what the options of a network come to.
type bridge struct {
	name       string
	rules      firewall.Bridge
	mtu        int
	icc        bool
	publishing netip.Addr
}

func (*bridgeDriver) Name() string         { return "bridge" }
func (*bridgeDriver) Blocks() []ipam.Block { return ipam.Local }

// bridgeOf reads the options of a network.
func bridgeOf(n *Network) (bridge, error) {
	b := bridge{name: n.Options[optionBridgeName], publishing: netip.IPv4Unspecified()}
	if b.name == "" {
		b.name = "br-" + shortID(n.ID)
	}
	if len(b.name) > maxLinkName || filepath.Base(b.name) != b.name || b.name == "." || b.name == ".." {
		return b, fault.New(fault.Invalid, "the name of a bridge cannot be %q: at most %d characters, without a slash",
			b.name, maxLinkName)
	}
	var err, failed error
	if b.icc, failed = truth(n, optionICC, true); failed != nil {
		err = failed
	}
	if b.rules.Masquerade, failed = truth(n, optionMasquerade, true); failed != nil {
		err = failed
	}
	b.rules.Internal = n.Internal
	b.rules.Masquerade = b.rules.Masquerade && !n.Internal
	if text := n.Options[optionHostBinding]; text != "" {
		if b.publishing, failed = netip.ParseAddr(text); failed != nil || !b.publishing.Is4() {
			err = fault.New(fault.Invalid, "failed to parse %q value: %q is not an IPv4 address", optionHostBinding, text)
		}
	}
	if text := n.Options[optionMTU]; text != "" {
		if b.mtu, failed = strconv.Atoi(text); failed != nil || b.mtu < 68 || b.mtu > 65535 {
			err = fault.New(fault.Invalid, "failed to parse %q value: %q is not a number from 68 to 65535", optionMTU, text)
		}
	}
	return b, err
}

func truth(n *Network, option string, fallback bool) (bool, error) {
	text, ok := n.Options[option]
	if !ok || text == "" {
		return fallback, nil
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		return fallback, fault.New(fault.Invalid, "failed to parse %q value: %q is neither true nor false", option, text)
	}
	return value, nil
}

// Check implements Driver.
func (d *bridgeDriver) Check(n *Network) error {
	b, err := bridgeOf(n)
	if err != nil {
		return err
	}
	for _, other := range d.bridges {
		if other.name == b.name {
			return fault.New(fault.Forbidden, "bridge name already exists: %s is the bridge of another network", b.name)
		}
	}
	return nil
}

// Create implements Driver. A bridge of that name that is there already is used as it is.
func (d *bridgeDriver) Create(n *Network) error {
	b, err := bridgeOf(n)
	if err != nil {
		return err
	}
	mac := make(net.HardwareAddr, 6)
	rand.Read(mac)
	mac[0], mac[1] = 0x02, 0x42
	err = d.links.Do(rtnl.NewBridge(rtnl.Bridge{Name: b.name, MAC: mac, MTU: b.mtu}, &b.rules.Index))
	made := err == nil
	if errors.Is(err, unix.EEXIST) {
		var kind string
		err = d.links.Do(rtnl.FindLink(b.name, &b.rules.Index, &kind))
		if err == nil && kind != "bridge" {
			err = fault.New(fault.Invalid, "existing interface %s is not a bridge", b.name)
		}
	}
	if err != nil {
		return err
	}
	if err = d.setUp(n, b); err != nil && made {
		return errors.Join(err, d.links.Do(rtnl.DeleteLink(b.name)))
	}
	return err
}

func (d *bridgeDriver) setUp(n *Network, b bridge) error {
	requests := []rtnl.Request{rtnl.RaiseLink(b.rules.Index)}
	if subnet := n.subnet(); subnet != nil && subnet.Gateway.IsValid() {
		requests = append(requests, rtnl.AddAddress(b.rules.Index, netip.PrefixFrom(subnet.Gateway, subnet.Subnet.Bits())))
	}
	if err := d.links.Do(requests...); err != nil {
		return err
	}
	// So that 127.0.0.1 of this machine reaches published ports; package firewall has what that asks for.
	if err := writeSetting("net/ipv4/conf/"+b.name+"/route_localnet", "1"); err != nil {
		return err
	}
	if d.firewall != nil {
		if err := d.firewall.AddBridge(b.rules); err != nil {
			return err
		}
	}
	d.bridges[n.ID] = b
	return nil
}

// writeSetting writes a file below /proc/sys.
func writeSetting(path, value string) error {
	if err := os.WriteFile("/proc/sys/"+path, []byte(value), 0o644); err != nil {
		return fmt.Errorf("setting the kernel's %s to %s: %w", path, value, err)
	}
	return nil
}

// Remove implements Driver.
func (d *bridgeDriver) Remove(n *Network) error {
	b, ok := d.bridges[n.ID]
	if !ok {
		return nil
	}
	if d.firewall != nil {
		if err := d.firewall.RemoveBridge(b.rules); err != nil {
			return err
		}
	}
	delete(d.bridges, n.ID)
	if err := d.links.Do(rtnl.DeleteLink(b.name)); err != nil && !errors.Is(err, unix.ENODEV) {
		return err
	}
	return nil
}

// Plug implements Driver.
func (d *bridgeDriver) Plug(n *Network, e *Endpoint, namespace int) (index int, err error) {
	b := d.bridges[n.ID]
	mac, err := net.ParseMAC(e.MAC)
	if err != nil {
		return 0, fault.New(fault.Invalid, "invalid MAC address: %w", err)
	}
	var name [4]byte
	rand.Read(name[:])
	e.HostInterface = "veth" + hex.EncodeToString(name[:])[:7]
	cable := rtnl.Cable{
		Name: e.HostInterface, Bridge: b.rules.Index, MTU: b.mtu,
		Namespace: namespace, Inside: e.Interface, MAC: mac,
	}
	var outside int
	if err := d.links.Do(rtnl.NewCable(cable, &outside, &index)); err != nil {
		return 0, err
	}
	if !b.icc {
		if err := d.links.Do(rtnl.IsolatePort(outside)); err != nil {
			return 0, errors.Join(err, d.Unplug(n, e))
		}
	}
	return index, nil
}

// Unplug implements Driver.
func (d *bridgeDriver) Unplug(_ *Network, e *Endpoint) error {
	err := d.links.Do(rtnl.DeleteLink(e.HostInterface))
	if errors.Is(err, unix.ENODEV) {
		return nil
	}
	return err
}

// Publishes implements Driver.
func (d *bridgeDriver) Publishes(n *Network) (host netip.Addr, ok bool) {
	return d.bridges[n.ID].publishing, !n.Internal
}
