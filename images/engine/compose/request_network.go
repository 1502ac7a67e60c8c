package compose

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
	containertypes "github.com/moby/moby/api/types/container"
	networktypes "github.com/moby/moby/api/types/network"
)

// ports sets which of the container's ports are exposed, and published where.
func (r *recipe) ports(config *containertypes.Config, host *containertypes.HostConfig) error {
	config.ExposedPorts = networktypes.PortSet{}
	for _, text := range r.service.Expose {
		port, err := networktypes.ParsePort(text)
		if err != nil {
			return fmt.Errorf("service %q: expose: %w", r.service.Name, err)
		}
		config.ExposedPorts[port] = struct{}{}
	}
	host.PortBindings = networktypes.PortMap{}
	for _, published := range r.service.Ports {
		protocol := published.Protocol
		if protocol == "" {
			protocol = "tcp"
		}
		port, err := networktypes.ParsePort(strconv.Itoa(int(published.Target)) + "/" + protocol)
		if err != nil {
			return fmt.Errorf("service %q: ports: %w", r.service.Name, err)
		}
		config.ExposedPorts[port] = struct{}{}
		binding := networktypes.PortBinding{HostPort: published.Published}
		if published.HostIP != "" {
			if binding.HostIP, err = netip.ParseAddr(published.HostIP); err != nil {
				return fmt.Errorf("service %q: ports: %w", r.service.Name, err)
			}
		}
		host.PortBindings[port] = append(host.PortBindings[port], binding)
	}
	return nil
}

// endpoints connects the container to its service's networks, the one of the highest priority first.
func (r *recipe) endpoints(host *containertypes.HostConfig) (*networktypes.NetworkingConfig, error) {
	if r.service.NetworkMode != "" {
		return nil, nil
	}
	keys := r.service.NetworksByPriority()
	if len(keys) == 0 {
		host.NetworkMode = "none"
		return nil, nil
	}
	config := &networktypes.NetworkingConfig{EndpointsConfig: map[string]*networktypes.EndpointSettings{}}
	for i, key := range keys {
		network, found := r.project.Networks[key]
		if !found {
			return nil, fmt.Errorf("service %q refers to undefined network %s", r.service.Name, key)
		}
		if i == 0 {
			host.NetworkMode = containertypes.NetworkMode(network.Name)
		}
		settings, err := r.endpoint(r.service.Networks[key])
		if err != nil {
			return nil, fmt.Errorf("service %q: network %s: %w", r.service.Name, key, err)
		}
		config.EndpointsConfig[network.Name] = settings
	}
	return config, nil
}

func (r *recipe) endpoint(from *types.ServiceNetworkConfig) (*networktypes.EndpointSettings, error) {
	settings := &networktypes.EndpointSettings{Aliases: []string{r.name}}
	if r.aliases {
		settings.Aliases = append(settings.Aliases, r.service.Name)
	}
	for _, link := range r.service.Links {
		service, alias, found := strings.Cut(link, ":")
		if !found {
			alias = service
		}
		id, err := r.container(service)
		if err != nil {
			return nil, err
		}
		settings.Links = append(settings.Links, id+":"+alias)
	}
	for _, link := range r.service.ExternalLinks {
		name, alias, found := strings.Cut(link, ":")
		if !found {
			alias = name
		}
		settings.Links = append(settings.Links, name+":"+alias)
	}
	mac := r.service.MacAddress
	if from != nil {
		if r.aliases {
			settings.Aliases = append(settings.Aliases, from.Aliases...)
		}
		settings.DriverOpts, settings.GwPriority = from.DriverOpts, from.GatewayPriority
		if from.Ipv4Address != "" {
			address, err := netip.ParseAddr(from.Ipv4Address)
			if err != nil {
				return nil, fmt.Errorf("ipv4_address: %w", err)
			}
			settings.IPAMConfig = &networktypes.EndpointIPAMConfig{IPv4Address: address}
		}
		if from.MacAddress != "" {
			mac = from.MacAddress
		}
	}
	if mac != "" {
		if err := settings.MacAddress.UnmarshalText([]byte(mac)); err != nil {
			return nil, fmt.Errorf("mac_address: %w", err)
		}
	}
	return settings, nil
}
