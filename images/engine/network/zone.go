package network

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// zone is the names of a network's containers. It has a lock of its own, because resolvers read it at any time.
type zone struct {
	network string

	mutex     sync.RWMutex
	addresses map[string][]netip.Addr
	names     map[netip.Addr]string
	// swarm is what others have of the network: services, and containers of other machines.
	swarm Names
}

func newZone(network string) *zone {
	return &zone{network: network, addresses: map[string][]netip.Addr{}, names: map[netip.Addr]string{}}
}

func (z *zone) add(e *Endpoint) {
	address := e.Address.Addr()
	if !address.IsValid() || len(e.DNSNames) == 0 {
		return
	}
	z.mutex.Lock()
	defer z.mutex.Unlock()
	z.names[address] = e.DNSNames[0] + "." + z.network
	for _, name := range e.DNSNames {
		name = strings.ToLower(name)
		z.addresses[name] = append(z.addresses[name], address)
	}
}

func (z *zone) remove(e *Endpoint) {
	address := e.Address.Addr()
	z.mutex.Lock()
	defer z.mutex.Unlock()
	delete(z.names, address)
	for _, name := range e.DNSNames {
		name = strings.ToLower(name)
		others := slices.DeleteFunc(slices.Clone(z.addresses[name]), func(other netip.Addr) bool { return other == address })
		if z.addresses[name] = others; len(others) == 0 {
			delete(z.addresses, name)
		}
	}
}

// find finds a name, in lower case, with or without the network's.
func (z *zone) find(name string) []netip.Addr {
	z.mutex.RLock()
	defer z.mutex.RUnlock()
	if found := z.exactly(name); found != nil {
		return found
	}
	name, ok := strings.CutSuffix(name, "."+strings.ToLower(z.network))
	if !ok {
		return nil
	}
	return z.exactly(name)
}

func (z *zone) exactly(name string) []netip.Addr {
	if found, ok := z.swarm[name]; ok {
		return found
	}
	return z.addresses[name]
}

// setSwarm replaces what is known of the network from elsewhere.
func (z *zone) setSwarm(names Names) {
	z.mutex.Lock()
	defer z.mutex.Unlock()
	z.swarm = names
}

func (z *zone) name(address netip.Addr) (string, bool) {
	z.mutex.RLock()
	defer z.mutex.RUnlock()
	name, ok := z.names[address]
	if ok || z.swarm == nil {
		return name, ok
	}
	// Of several names the longest says most: a container's, not its service's.
	for candidate, addresses := range z.swarm {
		if len(candidate) > len(name) && len(addresses) == 1 && addresses[0] == address {
			name = candidate
		}
	}
	if name == "" {
		return "", false
	}
	return name + "." + z.network, true
}
