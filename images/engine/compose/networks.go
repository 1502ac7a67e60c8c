package compose

import (
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"

	"github.com/compose-spec/compose-go/v2/types"
	networktypes "github.com/moby/moby/api/types/network"

	"twinhull/engine/client/rest"
)

// createNetwork is the body of POST /networks/create.
type createNetwork struct {
	Name       string
	Driver     string `json:",omitempty"`
	Options    map[string]string
	IPAM       *networktypes.IPAM
	Internal   bool
	Attachable bool
	EnableIPv4 *bool `json:",omitempty"`
	EnableIPv6 *bool `json:",omitempty"`
	Labels     map[string]string
}

// ensureNetworks makes those of the project's networks that do not exist.
func (p *Project) ensureNetworks() error {
	for _, key := range slices.Sorted(maps.Keys(p.Networks)) {
		if err := p.ensureNetwork(key, p.Networks[key]); err != nil {
			return err
		}
	}
	return nil
}

func (p *Project) ensureNetwork(key string, network types.NetworkConfig) error {
	var found networktypes.Inspect
	err := p.engine.get("/networks/"+rest.Escape(network.Name), nil, &found)
	if err == nil {
		return p.checkNetwork(key, network, found)
	}
	if !rest.IsNotFound(err) {
		return err
	}
	if network.External {
		return fmt.Errorf("network %s declared as external, but could not be found", network.Name)
	}
	request, err := p.networkRequest(key, network)
	if err != nil {
		return err
	}
	what := "Network " + network.Name
	p.progress.event(what, "Creating")
	if err := p.engine.post("/networks/create", nil, request, nil); err != nil {
		p.progress.event(what, "Error")
		return fmt.Errorf("failed to create network %s: %w", network.Name, err)
	}
	p.progress.event(what, "Created")
	return nil
}

// checkNetwork refuses a network of the right name that is someone else's.
func (p *Project) checkNetwork(key string, network types.NetworkConfig, found networktypes.Inspect) error {
	if network.External {
		return nil
	}
	project, labelled := found.Labels[labelProject]
	switch {
	case !labelled || project != p.Name:
		fmt.Fprintf(p.progress, "a network with name %s exists but was not created for project %q.\nSet `external: true` to use an existing network\n", network.Name, p.Name)
	case found.Labels[labelNetwork] != key:
		return fmt.Errorf("network %s was found but has incorrect label %s set to %q (expected: %q)",
			network.Name, labelNetwork, found.Labels[labelNetwork], key)
	}
	return nil
}

func (p *Project) networkRequest(key string, network types.NetworkConfig) (*createNetwork, error) {
	labels := map[string]string{}
	maps.Copy(labels, network.Labels)
	labels[labelProject], labels[labelNetwork], labels[labelVersion] = p.Name, key, Version
	request := &createNetwork{
		Name: network.Name, Driver: network.Driver, Options: network.DriverOpts, Internal: network.Internal,
		Attachable: network.Attachable, EnableIPv4: network.EnableIPv4, EnableIPv6: network.EnableIPv6, Labels: labels,
	}
	if network.Ipam.Driver == "" && len(network.Ipam.Config) == 0 {
		return request, nil
	}
	request.IPAM = &networktypes.IPAM{Driver: network.Ipam.Driver}
	for _, pool := range network.Ipam.Config {
		config, err := poolOf(pool)
		if err != nil {
			return nil, fmt.Errorf("network %s: ipam: %w", key, err)
		}
		request.IPAM.Config = append(request.IPAM.Config, config)
	}
	return request, nil
}

func poolOf(pool *types.IPAMPool) (config networktypes.IPAMConfig, err error) {
	if pool.Subnet != "" {
		if config.Subnet, err = netip.ParsePrefix(pool.Subnet); err != nil {
			return config, fmt.Errorf("subnet: %w", err)
		}
	}
	if pool.IPRange != "" {
		if config.IPRange, err = netip.ParsePrefix(pool.IPRange); err != nil {
			return config, fmt.Errorf("ip_range: %w", err)
		}
	}
	if pool.Gateway != "" {
		if config.Gateway, err = netip.ParseAddr(pool.Gateway); err != nil {
			return config, fmt.Errorf("gateway: %w", err)
		}
	}
	for name, text := range pool.AuxiliaryAddresses {
		address, err := netip.ParseAddr(text)
		if err != nil {
			return config, fmt.Errorf("aux_addresses: %w", err)
		}
		if config.AuxAddress == nil {
			config.AuxAddress = map[string]netip.Addr{}
		}
		config.AuxAddress[name] = address
	}
	return config, nil
}

// removeNetworks removes the networks that were made for the project.
func (p *Project) removeNetworks() error {
	var list []networktypes.Summary
	if err := p.engine.get("/networks", labelFilter(labelProject+"="+p.Name), &list); err != nil {
		return err
	}
	for _, network := range list {
		what := "Network " + network.Name
		p.progress.event(what, "Removing")
		err := p.engine.remove("/networks/"+url.PathEscape(network.ID), nil)
		switch refused, _ := err.(*rest.Error); {
		case err == nil:
			p.progress.event(what, "Removed")
		case refused != nil && refused.Status == 403:
			// Containers of others are connected to it.
			p.progress.event(what, "Resource is still in use")
		case rest.IsNotFound(err):
			p.progress.event(what, "Warning: No resource found to remove")
		default:
			p.progress.event(what, "Error")
			return fmt.Errorf("remove network %s: %w", network.Name, err)
		}
	}
	return nil
}
