// Package firewall keeps the engine's nf_tables rules: published ports, masquerading, isolation between networks.
//
// The rules are made once and refer to sets and maps; a network or a published port is an element. So a container
// without published ports costs nothing here, and a thousand published ports are one look-up. Names are written so
// that `nft list table ip docker` explains itself.
package firewall

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"golang.org/x/sys/unix"
)

// Bridge is a network's bridge, known by the index of its link.
type Bridge struct {
	Index int
	// Internal bridges lead nowhere: nothing is forwarded to them or from them.
	Internal bool
	// Masquerade gives the machine's address to what leaves it.
	Masquerade bool
}

// Forward is a published port. Host's address is 0.0.0.0 for all of the machine's.
type Forward struct {
	Protocol  uint8
	Host      netip.AddrPort
	Container netip.AddrPort
}

// Table is the engine's table in the network namespace in which it was opened.
type Table struct {
	mutex      sync.Mutex
	connection *nftables.Conn
	table      *nftables.Table

	bridges, internal, masqueraded, within *nftables.Set
	published, publishedAt                 *nftables.Set
}

// Open makes the table with what it should contain. It takes the place of what an earlier daemon left, in one
// transaction: connections notice nothing.
func Open(bridges []Bridge, forwards []Forward) (*Table, error) {
	connection, err := nftables.New(nftables.AsLasting())
	if err != nil {
		return nil, fmt.Errorf("opening a socket to nf_tables: %w", err)
	}
	t := &Table{connection: connection, table: &nftables.Table{Family: nftables.TableFamilyIPv4, Name: "docker"}}
	// Added first, because there may be none to delete.
	connection.AddTable(t.table)
	connection.DelTable(t.table)
	connection.AddTable(t.table)
	err = t.addSets()
	t.addChains()
	for _, bridge := range bridges {
		err = errors.Join(err, t.addBridge(bridge))
	}
	for _, forward := range forwards {
		set, element := t.element(forward)
		err = errors.Join(err, connection.SetAddElements(set, []nftables.SetElement{element}))
	}
	if err = errors.Join(err, connection.Flush()); err != nil {
		connection.CloseLasting()
		return nil, fmt.Errorf("making the nf_tables rules of the engine: %w", err)
	}
	return t, nil
}

// Close closes the socket and leaves the rules.
func (t *Table) Close() error { return t.connection.CloseLasting() }

func (t *Table) addSets() error {
	set := func(name string, key nftables.SetDatatype) *nftables.Set {
		return &nftables.Set{Table: t.table, Name: name, KeyType: key, KeyByteOrder: binaryutil.NativeEndian}
	}
	concatenation := func(name string, keys ...nftables.SetDatatype) *nftables.Set {
		return &nftables.Set{
			Table: t.table, Name: name, KeyType: nftables.MustConcatSetType(keys...), Concatenation: true,
		}
	}
	t.bridges = set("bridges", nftables.TypeIFIndex)
	t.internal = set("internal", nftables.TypeIFIndex)
	t.masqueraded = set("masqueraded", nftables.TypeIFIndex)
	t.within = concatenation("within", nftables.TypeIFIndex, nftables.TypeIFIndex)
	t.published = concatenation("published", nftables.TypeInetProto, nftables.TypeInetService)
	t.publishedAt = concatenation("published-at", nftables.TypeInetProto, nftables.TypeIPAddr, nftables.TypeInetService)
	for _, ports := range []*nftables.Set{t.published, t.publishedAt} {
		ports.IsMap = true
		ports.DataType = nftables.MustConcatSetType(nftables.TypeIPAddr, nftables.TypeInetService)
	}
	var err error
	for _, set := range []*nftables.Set{t.bridges, t.internal, t.masqueraded, t.within, t.published, t.publishedAt} {
		err = errors.Join(err, t.connection.AddSet(set, nil))
	}
	return err
}

// AddBridge lets a network's rules apply to its bridge.
func (t *Table) AddBridge(bridge Bridge) error {
	return t.commit(func() error { return t.addBridge(bridge) })
}

// RemoveBridge undoes AddBridge.
func (t *Table) RemoveBridge(bridge Bridge) error {
	return t.commit(func() error { return t.eachBridgeSet(bridge, t.connection.SetDeleteElements) })
}

func (t *Table) addBridge(bridge Bridge) error {
	return t.eachBridgeSet(bridge, t.connection.SetAddElements)
}

func (t *Table) eachBridgeSet(bridge Bridge, do func(*nftables.Set, []nftables.SetElement) error) error {
	key := number(uint32(bridge.Index))
	err := errors.Join(
		do(t.bridges, []nftables.SetElement{{Key: key}}),
		do(t.within, []nftables.SetElement{{Key: append(append([]byte(nil), key...), key...)}}),
	)
	if bridge.Internal {
		err = errors.Join(err, do(t.internal, []nftables.SetElement{{Key: key}}))
	}
	if bridge.Masquerade {
		err = errors.Join(err, do(t.masqueraded, []nftables.SetElement{{Key: key}}))
	}
	return err
}

// Publish forwards ports, all of them or none.
func (t *Table) Publish(forwards []Forward) error {
	err := t.commit(func() error { return t.eachForward(forwards, t.connection.SetAddElements) })
	if err != nil {
		return err
	}
	if err := forgetDatagrams(forwards); err != nil {
		return errors.Join(err, t.Unpublish(forwards))
	}
	return nil
}

// Unpublish undoes Publish.
func (t *Table) Unpublish(forwards []Forward) error {
	return errors.Join(
		t.commit(func() error { return t.eachForward(forwards, t.connection.SetDeleteElements) }),
		forgetDatagrams(forwards),
	)
}

func (t *Table) eachForward(forwards []Forward, do func(*nftables.Set, []nftables.SetElement) error) error {
	var err error
	for _, forward := range forwards {
		set, element := t.element(forward)
		err = errors.Join(err, do(set, []nftables.SetElement{element}))
	}
	return err
}

func (t *Table) element(forward Forward) (*nftables.Set, nftables.SetElement) {
	protocol := []byte{forward.Protocol, 0, 0, 0}
	element := nftables.SetElement{
		Key: append(protocol, port(forward.Host.Port())...),
		Val: append(forward.Container.Addr().AsSlice(), port(forward.Container.Port())...),
	}
	if forward.Host.Addr().IsUnspecified() {
		return t.published, element
	}
	element.Key = append(append(protocol, forward.Host.Addr().AsSlice()...), port(forward.Host.Port())...)
	return t.publishedAt, element
}

// commit queues messages and has the kernel take all of them or none.
func (t *Table) commit(queue func() error) error {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	err := queue()
	// Flush empties the queue in any case.
	if err = errors.Join(err, t.connection.Flush()); err != nil {
		return fmt.Errorf("changing the nf_tables rules of the engine: %w", err)
	}
	return nil
}

// Protocols that can be published.
const (
	TCP = unix.IPPROTO_TCP
	UDP = unix.IPPROTO_UDP
)
