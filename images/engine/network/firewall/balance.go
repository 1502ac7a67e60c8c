package firewall

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// Service is a virtual address and those who answer there in turn.
type Service struct {
	Address  netip.Addr
	Backends []netip.Addr
}

// SameServices tells whether two lists are the same.
func SameServices(a, b []Service) bool {
	return slices.EqualFunc(a, b, func(a, b Service) bool {
		return a.Address == b.Address && slices.Equal(a.Backends, b.Backends)
	})
}

// Balance has connections from the network namespace of the calling thread to a service's address go to its backends in
// turn, whatever their protocol and port. It replaces what it did before.
func Balance(services []Service) error {
	return rewrite("docker-services", "balancing services", func(t *Table) error {
		output := t.chain("output", nftables.ChainTypeNAT, nftables.ChainHookOutput, nftables.ChainPriorityNATDest)
		for number, service := range services {
			if len(service.Backends) == 0 {
				continue
			}
			next, err := t.inTurn(fmt.Sprintf("service-%d", number), service.Backends)
			if err != nil {
				return err
			}
			t.rule(output, destination(first), is(service.Address.AsSlice()), next,
				&expr.NAT{Type: expr.NATTypeDestNAT, Family: unix.NFPROTO_IPV4, RegAddrMin: first})
		}
		return nil
	})
}

// MeshRule sends what arrives for a port to the same port, or another, of backends in turn.
type MeshRule struct {
	Protocol uint8
	Port     uint16
	Target   uint16
	Backends []netip.Addr
}

// Mesh does so in the network namespace of the calling thread, for what others send to it. It replaces what it did before.
func Mesh(rules []MeshRule) error {
	return rewrite("docker-mesh", "balancing published ports", func(t *Table) error {
		pre := t.chain("prerouting", nftables.ChainTypeNAT, nftables.ChainHookPrerouting, nftables.ChainPriorityNATDest)
		for number, rule := range rules {
			if len(rule.Backends) == 0 {
				continue
			}
			next, err := t.inTurn(fmt.Sprintf("port-%d", number), rule.Backends)
			if err != nil {
				return err
			}
			t.rule(pre, protocol(first), is([]byte{rule.Protocol}), destinationPortTo(first), is(port(rule.Port)[:2]), next,
				&expr.Immediate{Register: second, Data: port(rule.Target)[:2]}, forward())
		}
		post := t.chain("postrouting", nftables.ChainTypeNAT, nftables.ChainHookPostrouting, nftables.ChainPriorityNATSource)
		t.rule(post, redirected(), &expr.Masq{})
		return nil
	})
}

// inTurn puts the next of some addresses into the first register.
func (t *Table) inTurn(name string, addresses []netip.Addr) ([]expr.Any, error) {
	set := &nftables.Set{Table: t.table, Name: name, IsMap: true, KeyType: nftables.TypeInteger, DataType: nftables.TypeIPAddr}
	var elements []nftables.SetElement
	for number, address := range addresses {
		elements = append(elements, nftables.SetElement{Key: number32(number), Val: address.AsSlice()})
	}
	if err := t.connection.AddSet(set, elements); err != nil {
		return nil, err
	}
	return []expr.Any{
		&expr.Numgen{Register: first, Modulus: uint32(len(addresses)), Type: unix.NFT_NG_INCREMENTAL}, t.find(set),
	}, nil
}

func number32(value int) []byte { return number(uint32(value)) }

// rewrite replaces a table of the calling thread's network namespace, in one transaction.
func rewrite(name, what string, fill func(*Table) error) error {
	connection, err := nftables.New()
	if err != nil {
		return fmt.Errorf("opening a socket to nf_tables: %w", err)
	}
	t := &Table{connection: connection, table: &nftables.Table{Family: nftables.TableFamilyIPv4, Name: name}}
	connection.AddTable(t.table)
	connection.DelTable(t.table)
	connection.AddTable(t.table)
	if err := fill(t); err != nil {
		return err
	}
	if err := connection.Flush(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
