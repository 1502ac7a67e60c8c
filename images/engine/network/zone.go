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
	if found, ok := z.addresses[name]; ok {
		return found
	}
	name, ok := strings.CutSuffix(name, "."+strings.ToLower(z.network))
	if !ok {
		return nil
	}
	return z.addresses[name]
}

func (z *zone) name(address netip.Addr) (string, bool) {
	z.mutex.RLock()
	defer z.mutex.RUnlock()
	name, ok := z.names[address]
	return name, ok
}
