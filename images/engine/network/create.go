package network

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"twinhull/engine/fault"
)

// Config is how a network is wanted.
type Config struct {
	Name       string
	Driver     string // "" is bridge
	Internal   bool
	Attachable bool
	Ingress    bool
	EnableIPv6 bool
	Options    map[string]string
	Labels     map[string]string
	IPAM       IPAM
}

const nullDriver = "null"

// predefined are the networks that are always there.
var predefined = []Config{
	{
		Name: defaultBridge,
		Options: map[string]string{
			optionDefaultBridge: "true", optionICC: "true", optionMasquerade: "true",
			optionHostBinding: "0.0.0.0", optionBridgeName: "docker0", optionMTU: "1500",
		},
		IPAM: IPAM{Subnets: []Subnet{{
			Subnet: netip.MustParsePrefix("172.17.0.0/16"), Gateway: netip.MustParseAddr("172.17.0.1"),
		}}},
	},
	{Name: hostNetwork, Driver: hostNetwork},
	{Name: noneNetwork, Driver: nullDriver},
}

// Create makes a network.
func (c *Controller) Create(config Config) (*Network, error) {
	if config.Driver == overlayDriverName {
		return c.createInSwarm(config)
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if config.Name == "" {
		return nil, fault.New(fault.Invalid, "invalid name: name is empty")
	}
	if IsPredefined(config.Name) {
		return nil, fault.New(fault.Forbidden, "operation is not permitted on predefined %s network ", config.Name)
	}
	switch config.Driver {
	case hostNetwork, nullDriver:
		return nil, fault.New(fault.Forbidden, "only one instance of %q network is allowed", config.Driver)
	}
	for _, n := range c.networks {
		if n.Name == config.Name {
			return nil, fault.New(fault.Conflict, "network with name %s already exists", config.Name)
		}
	}
	n, err := c.create(config)
	if err != nil {
		return nil, err
	}
	c.publishNetwork("create", n)
	return n, nil
}

func (c *Controller) create(config Config) (*Network, error) {
	n := &Network{
		ID: newID(), Name: config.Name, Driver: config.Driver, Created: time.Now(),
		Internal: config.Internal, Attachable: config.Attachable, EnableIPv6: config.EnableIPv6,
		Options: maps.Clone(config.Options), Labels: maps.Clone(config.Labels), IPAM: config.IPAM,
	}
	if n.Driver == "" {
		n.Driver = defaultBridge
	}
	driver, ok := c.drivers[n.Driver]
	if !ok {
		return nil, errNoPlugin(n.Driver)
	}
	if n.IPAM.Driver == "" {
		n.IPAM.Driver = "default"
	}
	if err := driver.Check(n); err != nil {
		return nil, err
	}
	if driver.Blocks() != nil {
		if err := c.chooseSubnet(n, driver.Blocks()); err != nil {
			return nil, err
		}
	}
	if err := writeState(c.networkPath(n.ID), n); err != nil {
		return nil, fmt.Errorf("keeping network %s: %w", n.Name, err)
	}
	if err := c.setUp(n); err != nil {
		return nil, errors.Join(fmt.Errorf("creating network %s: %w", n.Name, err), os.Remove(c.networkPath(n.ID)))
	}
	if n.MadeParent {
		if err := writeState(c.networkPath(n.ID), n); err != nil {
			return nil, fmt.Errorf("keeping network %s: %w", n.Name, err)
		}
	}
	return n, nil
}

func errNoPlugin(name string) error {
	return fault.New(fault.NotFound, "could not find plugin %s in v1 plugin registry: plugin %q not found", name, name)
}

// Remove removes a network that nothing is connected to.
func (c *Controller) Remove(nameOrID string) (*Network, error) {
	n, err := c.Get(nameOrID)
	if err != nil {
		return nil, err
	}
	if n.Scope == SwarmScope {
		return n, c.removeFromSwarm(n)
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.remove(n)
}

// remove expects the controller's lock to be held.
func (c *Controller) remove(n *Network) (*Network, error) {
	if c.networks[n.ID] != n {
		return nil, fault.New(fault.NotFound, "network %s not found", n.Name)
	}
	if IsPredefined(n.Name) {
		return nil, fault.New(fault.Forbidden, "%s is a pre-defined network and cannot be removed", n.Name)
	}
	if len(n.endpoints) > 0 {
		var active []string
		for _, e := range n.endpoints {
			active = append(active, fmt.Sprintf("name:%q id:%q", e.ContainerName, shortID(e.EndpointID)))
		}
		slices.Sort(active)
		return nil, fault.New(fault.Forbidden, "error while removing network: network %s has active endpoints (%s)",
			n.Name, strings.Join(active, ", "))
	}
	if err := n.driver.Remove(n); err != nil {
		return nil, fmt.Errorf("error while removing network: %w", err)
	}
	delete(c.networks, n.ID)
	delete(c.views, n.ID)
	if err := os.Remove(c.networkPath(n.ID)); err != nil {
		return nil, fmt.Errorf("error while removing network: %w", err)
	}
	c.publishNetwork("destroy", n)
	return n, nil
}

// Pruned tells whoever watches that unused networks have been removed.
func (c *Controller) Pruned() {
	c.bus.Publish("network", "prune", "", map[string]string{"reclaimed": "0"})
}

func (c *Controller) publishNetwork(action string, n *Network) {
	c.bus.Publish("network", action, n.ID, map[string]string{"name": n.Name, "type": n.Driver})
}
