package options

import (
	"errors"
	"strings"

	"twinhull/engine/client/flag"
)

// apply gives the first network what older flags say.
func (a *attachment) apply(values *flag.Values) error {
	aliases := values.List("network-alias")
	links, linkLocal := values.List("link"), values.List("link-local-ip")
	address, address6, mac := values.String("ip"), values.String("ip6"), values.String("mac-address")
	switch {
	case len(a.Aliases) > 0 && len(aliases) > 0:
		return errors.New("conflicting options: cannot specify both --network-alias and per-network alias")
	case a.address != "" && address != "":
		return errors.New("conflicting options: cannot specify both --ip and per-network IPv4 address")
	case a.address6 != "" && address6 != "":
		return errors.New("conflicting options: cannot specify both --ip6 and per-network IPv6 address")
	case a.MacAddress != "" && mac != "":
		return errors.New("conflicting options: cannot specify both --mac-address and per-network MAC address")
	case len(a.linkLocal) > 0 && len(linkLocal) > 0:
		return errors.New("conflicting options: cannot specify both --link-local-ip and per-network link-local IP addresses")
	}
	a.Aliases = append(a.Aliases, aliases...)
	// In networks that somebody made, a link is another name for the other container; elsewhere it is the container's.
	if userDefined(a.name) {
		a.Links = append(a.Links, links...)
	}
	a.linkLocal = append(a.linkLocal, linkLocal...)
	a.address, a.address6, a.MacAddress = a.address+address, a.address6+address6, a.MacAddress+mac
	return nil
}

func (a *attachment) endpoint() (*Endpoint, error) {
	if strings.TrimSpace(a.name) == "" {
		return nil, errors.New("no name set for network")
	}
	if !userDefined(a.name) {
		if len(a.Aliases) > 0 {
			return nil, errors.New("network-scoped aliases are only supported for user-defined networks")
		}
		if len(a.Links) > 0 {
			return nil, errors.New("links are only supported for user-defined networks")
		}
	}
	if err := checkMAC(a.MacAddress); err != nil {
		return nil, err
	}
	a.MacAddress = strings.TrimSpace(a.MacAddress)
	if a.address != "" || a.address6 != "" || len(a.linkLocal) > 0 {
		a.IPAMConfig = &AddressConfig{a.address, a.address6, a.linkLocal}
	}
	return &a.Endpoint, nil
}

func (e *Endpoint) isZero() bool {
	return e.IPAMConfig == nil && e.Links == nil && e.Aliases == nil && e.MacAddress == "" && e.DriverOpts == nil && e.GwPriority == 0
}
