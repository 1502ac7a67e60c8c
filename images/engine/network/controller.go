package network

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"twinhull/engine/events"
	"twinhull/engine/fault"
	"twinhull/engine/network/firewall"
	"twinhull/engine/network/rtnl"
)

// Controller owns the networks and sandboxes of this machine.
type Controller struct {
	mutex sync.Mutex
	bus   *events.Bus

	networkDir, sandboxDir, namespaceDir string
	// home is the network namespace in which the daemon runs.
	home    int
	links   *rtnl.Conn
	ports   ports
	drivers map[string]Driver
	bridges *bridgeDriver
	// overlays, and what is known of the swarm that has them; cluster is nil outside of one.
	overlays *overlayDriver
	cluster  Cluster
	views    map[string]SwarmView // by the id of their network
	mesh     *mesh

	networks  map[string]*Network
	sandboxes map[string]*Sandbox // by the id of their container
}

// Open restores what an earlier daemon left: its networks from stateDir (/var/lib/docker/network), and the sandboxes of
// containers that may still run from runDir (/run/docker). It makes the networks bridge, host and none if they are not
// there yet.
func Open(stateDir, runDir string, bus *events.Bus) (*Controller, error) {
	c := &Controller{
		bus: bus, home: -1,
		networkDir: stateDir, sandboxDir: filepath.Join(runDir, "network"), namespaceDir: filepath.Join(runDir, "netns"),
		networks: map[string]*Network{}, sandboxes: map[string]*Sandbox{},
	}
	if err := c.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the networks: %w", err), c.Close())
	}
	return c, nil
}

func (c *Controller) open() (err error) {
	for _, directory := range []string{c.networkDir, c.sandboxDir, c.namespaceDir} {
		if err := os.MkdirAll(directory, 0o755); err != nil {
			return err
		}
	}
	if c.home, err = openNamespace(threadNamespace); err != nil {
		return err
	}
	if c.links, err = rtnl.Dial(); err != nil {
		return err
	}
	if err := allowForwarding(); err != nil {
		return err
	}
	c.bridges = &bridgeDriver{links: c.links, bridges: map[string]bridge{}}
	c.overlays = &overlayDriver{home: c.home, links: c.links, directory: c.namespaceDir, networks: map[string]*overlay{}}
	macvlans, ipvlans := map[string]stack{}, map[string]stack{}
	c.drivers = map[string]Driver{
		"macvlan":         &stackedDriver{kind: "macvlan", links: c.links, networks: macvlans, others: ipvlans},
		"ipvlan":          &stackedDriver{kind: "ipvlan", links: c.links, networks: ipvlans, others: macvlans},
		overlayDriverName: c.overlays,
		c.bridges.Name():  c.bridges, hostNetwork: inherent(hostNetwork), nullDriver: inherent(nullDriver),
	}
	if err := c.restoreNetworks(); err != nil {
		return err
	}
	found, err := c.restoreSandboxes()
	if err == nil && found {
		err = c.guard()
	}
	return err
}

// guard makes the rules of nf_tables, which are a third of what starting costs, unless they are there. So a daemon
// whose containers do not run yet puts it off until one does.
func (c *Controller) guard() error {
	if c.bridges.firewall != nil {
		return nil
	}
	var rules []firewall.Bridge
	for _, bridge := range c.bridges.bridges {
		rules = append(rules, bridge.rules)
	}
	table, err := firewall.Open(rules, c.forwards())
	c.bridges.firewall = table
	return err
}

// allowForwarding makes the machine a router.
func allowForwarding() error {
	// Frames within a bridge need not be seen by the rules of IP. Kernels without br_netfilter have no such setting.
	if err := writeSetting("net/bridge/bridge-nf-call-iptables", "0"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return writeSetting("net/ipv4/ip_forward", "1")
}

// Close ends the daemon's part and leaves everything as it is for the next one. Containers stay connected, and find no
// names until then.
func (c *Controller) Close() error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, sandbox := range c.sandboxes {
		sandbox.release()
	}
	c.ports.close()
	if c.overlays != nil {
		c.overlays.close()
	}
	if c.home >= 0 {
		unix.Close(c.home)
		c.home = -1
	}
	var err error
	if c.links != nil {
		err = c.links.Close()
	}
	if c.bridges != nil && c.bridges.firewall != nil {
		err = errors.Join(err, c.bridges.firewall.Close())
	}
	return err
}

// Get finds a network by its id, its name, or the start of its id.
func (c *Controller) Get(nameOrID string) (*Network, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.get(nameOrID)
}

func (c *Controller) get(nameOrID string) (*Network, error) {
	if n, ok := c.networks[nameOrID]; ok {
		return n, nil
	}
	var found []*Network
	for _, n := range c.networks {
		if n.Name == nameOrID {
			return n, nil
		}
		if nameOrID != "" && strings.HasPrefix(n.ID, nameOrID) {
			found = append(found, n)
		}
	}
	switch len(found) {
	case 0:
		return nil, fault.New(fault.NotFound, "network %s not found", nameOrID)
	case 1:
		return found[0], nil
	}
	return nil, fault.New(fault.Invalid, "%d matches found based on ID prefix: network %s is ambiguous", len(found), nameOrID)
}

// List returns all networks, the oldest first.
func (c *Controller) List() []*Network {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	var all []*Network
	for _, n := range c.networks {
		all = append(all, n)
	}
	slices.SortFunc(all, func(a, b *Network) int {
		if order := a.Created.Compare(b.Created); order != 0 {
			return order
		}
		return strings.Compare(a.ID, b.ID)
	})
	return all
}

// Endpoints returns the endpoints of a network by the id of their container.
func (c *Controller) Endpoints(n *Network) map[string]Endpoint {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	endpoints := map[string]Endpoint{}
	for _, endpoint := range n.endpoints {
		endpoints[endpoint.ContainerID] = *endpoint
	}
	return endpoints
}

// newID makes an id as Docker's are.
func newID() string {
	var id [32]byte
	rand.Read(id[:])
	return hex.EncodeToString(id[:])
}
