package main

import (
	"errors"
	"fmt"
	"net/netip"
	"sort"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
)

var createNetwork = command.Command{
	Usage: []string{"[OPTIONS] NETWORK"}, Short: "Create a network",
	Flags: flag.Set{{
		{Name: "attachable", Usage: "Enable manual container attachment"},
		{Name: "aux-address", Type: "map", Default: "map[]", Usage: "Auxiliary IPv4 or IPv6 addresses used by Network driver"},
		{Name: "config-from", Type: "string", Usage: "The network from which to copy the configuration"},
		{Name: "config-only", Usage: "Create a configuration only network"},
		{Name: "driver", Short: "d", Type: "string", Default: "bridge", Usage: "Driver to manage the Network"},
		{Name: "gateway", Type: "strings", Usage: "IPv4 or IPv6 Gateway for the master subnet"},
		{Name: "ingress", Usage: "Create swarm routing-mesh network"},
		{Name: "internal", Usage: "Restrict external access to the network"},
		{Name: "ip-range", Type: "strings", Usage: "Allocate container ip from a sub-range"},
		{Name: "ipam-driver", Type: "string", Default: "default", Usage: "IP Address Management Driver"},
		{Name: "ipam-opt", Type: "map", Default: "map[]", Usage: "Set IPAM driver specific options"},
		{Name: "ipv4", Default: "true", Usage: "Enable or disable IPv4 address assignment"},
		{Name: "ipv6", Usage: "Enable or disable IPv6 address assignment"},
		{Name: "label", Type: "list", Usage: "Set metadata on a network"},
		{Name: "opt", Short: "o", Type: "map", Default: "map[]", Usage: "Set driver specific options"},
		{Name: "scope", Type: "string", Usage: "Control the network's scope"},
		{Name: "subnet", Type: "strings", Usage: "Subnet in CIDR format that represents a network segment"},
	}},
	Min: 1, Max: 1, Run: networkCreate,
}

type networkRequest struct {
	Name       string
	Driver     string            `json:",omitempty"`
	Scope      string            `json:",omitempty"`
	EnableIPv4 *bool             `json:",omitempty"`
	EnableIPv6 *bool             `json:",omitempty"`
	IPAM       addressPlan       `json:",omitzero"`
	Internal   bool              `json:",omitempty"`
	Attachable bool              `json:",omitempty"`
	Ingress    bool              `json:",omitempty"`
	ConfigOnly bool              `json:",omitempty"`
	ConfigFrom *networkName      `json:",omitempty"`
	Options    map[string]string `json:",omitempty"`
	Labels     map[string]string `json:",omitempty"`
}

type networkName struct{ Network string }

type addressPlan struct {
	Driver  string            `json:",omitempty"`
	Options map[string]string `json:",omitempty"`
	Config  []*addressPool    `json:",omitempty"`
}

type addressPool struct {
	Subnet     string            `json:",omitempty"`
	IPRange    string            `json:",omitempty"`
	Gateway    string            `json:",omitempty"`
	AuxAddress map[string]string `json:"AuxiliaryAddresses,omitempty"`

	prefix netip.Prefix
}

func networkCreate(call *command.Call) error {
	plan, err := planOf(call)
	if err != nil {
		return err
	}
	request := networkRequest{
		Name: call.Args[0], Driver: call.String("driver"), Scope: call.String("scope"), IPAM: *plan,
		Internal: call.Bool("internal"), Attachable: call.Bool("attachable"), Ingress: call.Bool("ingress"),
		ConfigOnly: call.Bool("config-only"), Options: call.Map("opt"), Labels: call.Map("label"),
	}
	if from := call.String("config-from"); from != "" {
		request.ConfigFrom = &networkName{from}
	}
	for name, field := range map[string]**bool{"ipv4": &request.EnableIPv4, "ipv6": &request.EnableIPv6} {
		if call.Has(name) {
			value := call.Bool(name)
			*field = &value
		}
	}
	var created struct {
		ID      string `json:"Id"`
		Warning string
	}
	if err := call.Engine().Post("/networks/create", nil, &request, &created); err != nil {
		return err
	}
	return printed(call, created.ID)
}

// planOf gives every subnet its range, gateway and reserved addresses: those that lie in it.
func planOf(call *command.Call) (*addressPlan, error) {
	plan := &addressPlan{Driver: call.String("ipam-driver"), Options: call.Map("ipam-opt")}
	subnets, ranges, gateways := call.List("subnet"), call.List("ip-range"), call.List("gateway")
	if len(subnets) < len(ranges) || len(subnets) < len(gateways) {
		return nil, errors.New("every ip-range or gateway must have a corresponding subnet")
	}
	for _, subnet := range subnets {
		prefix, err := netip.ParsePrefix(subnet)
		if err != nil {
			return nil, fmt.Errorf("invalid subnet: invalid CIDR address: %s", subnet)
		}
		for _, pool := range plan.Config {
			if pool.prefix.Overlaps(prefix) {
				return nil, errors.New("multiple overlapping subnet configuration is not supported")
			}
		}
		plan.Config = append(plan.Config, &addressPool{Subnet: subnet, prefix: prefix})
	}
	for _, text := range ranges {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("invalid CIDR address: %s", text)
		}
		pool := plan.poolOf(prefix.Addr())
		if pool == nil {
			return nil, fmt.Errorf("no matching subnet for range %s", text)
		}
		if pool.IPRange != "" {
			return nil, fmt.Errorf("cannot configure multiple ranges (%s, %s) on the same subnet (%s)", text, pool.IPRange, pool.Subnet)
		}
		pool.IPRange = prefix.Masked().String()
	}
	for _, text := range gateways {
		pool, err := plan.poolOfText(text, "gateway")
		if err != nil {
			return nil, err
		}
		if pool.Gateway != "" {
			return nil, fmt.Errorf("cannot configure multiple gateways (%s, %s) for the same subnet (%s)", text, pool.Gateway, pool.Subnet)
		}
		pool.Gateway = text
	}
	return plan, plan.reserve(call.Map("aux-address"))
}

func (p *addressPlan) reserve(addresses map[string]string) error {
	names := make([]string, 0, len(addresses))
	for name := range addresses {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		pool, err := p.poolOfText(addresses[name], "aux-address")
		if err != nil {
			return err
		}
		if pool.AuxAddress == nil {
			pool.AuxAddress = map[string]string{}
		}
		pool.AuxAddress[name] = addresses[name]
	}
	return nil
}

func (p *addressPlan) poolOf(address netip.Addr) *addressPool {
	for _, pool := range p.Config {
		if pool.prefix.Contains(address) {
			return pool
		}
	}
	return nil
}

func (p *addressPlan) poolOfText(text, what string) (*addressPool, error) {
	address, err := netip.ParseAddr(text)
	if err == nil {
		if pool := p.poolOf(address); pool != nil {
			return pool, nil
		}
	}
	return nil, fmt.Errorf("no matching subnet for %s %s", what, text)
}
