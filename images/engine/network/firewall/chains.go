package firewall

import (
	"encoding/binary"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// Registers of 32 bits. A concatenation has its fields in consecutive ones, and is named by the first.
const (
	first  = 8 // NFT_REG32_00
	second = 9
	third  = 10
)

const (
	destinationNATed = 1 << 5 // IPS_DST_NAT of linux/netfilter/nf_conntrack_common.h
	loopbackIndex    = 1      // in every network namespace

	sourceOffset      = 12 // in the IP header
	destinationOffset = 16
	destinationPort   = 2 // in the TCP or UDP header
)

func number(value uint32) []byte { return binary.NativeEndian.AppendUint32(nil, value) }
func port(value uint16) []byte   { return append(binary.BigEndian.AppendUint16(nil, value), 0, 0) }

func (t *Table) addChains() {
	// To a published port, from elsewhere and from this machine itself.
	published := t.chain("published", "", nil, nil)
	t.rule(published, protocol(first), destination(second), destinationPortTo(third), t.find(t.publishedAt), forward())
	t.rule(published, protocol(first), destinationPortTo(second), t.find(t.published), forward())
	for name, hook := range map[string]*nftables.ChainHook{
		"prerouting": nftables.ChainHookPrerouting, "output": nftables.ChainHookOutput,
	} {
		chain := t.chain(name, nftables.ChainTypeNAT, hook, nftables.ChainPriorityNATDest)
		t.rule(chain, &expr.Fib{Register: first, FlagDADDR: true, ResultADDRTYPE: true}, is(number(unix.RTN_LOCAL)),
			&expr.Verdict{Kind: expr.VerdictJump, Chain: published.Name})
	}

	post := t.chain("postrouting", nftables.ChainTypeNAT, nftables.ChainHookPostrouting, nftables.ChainPriorityNATSource)
	// From 127.0.0.1, and from a container to its own network's port: answers must come back through this machine.
	t.rule(post, redirected(), t.in(expr.MetaKeyOIF, t.bridges), source(first), loopback(), is([]byte{127, 0, 0, 0}), &expr.Masq{})
	t.rule(post, redirected(), t.in(expr.MetaKeyIIF, t.bridges), t.in(expr.MetaKeyOIF, t.bridges), &expr.Masq{})
	t.rule(post, t.in(expr.MetaKeyIIF, t.masqueraded), t.notIn(expr.MetaKeyOIF, t.bridges), &expr.Masq{})

	filter := t.chain("forward", nftables.ChainTypeFilter, nftables.ChainHookForward, nftables.ChainPriorityFilter)
	t.rule(filter, state(expr.CtStateBitESTABLISHED|expr.CtStateBitRELATED), verdict(expr.VerdictAccept))
	// Where bridged frames pass here (bridge-nf-call-iptables), those of one network do.
	t.rule(filter, meta(expr.MetaKeyIIF, first), meta(expr.MetaKeyOIF, second), member(t.within, false), verdict(expr.VerdictAccept))
	t.rule(filter, t.in(expr.MetaKeyIIF, t.internal), verdict(expr.VerdictDrop))
	t.rule(filter, redirected(), verdict(expr.VerdictAccept))
	t.rule(filter, t.in(expr.MetaKeyOIF, t.bridges), verdict(expr.VerdictDrop))

	// route_localnet lets 127.0.0.1 reach containers. It must not let containers reach 127.0.0.1; that they do not come
	// from there is the kernel's own rule.
	input := t.chain("input", nftables.ChainTypeFilter, nftables.ChainHookInput, nftables.ChainPriorityFilter)
	t.rule(input, t.in(expr.MetaKeyIIF, t.bridges), destination(first), loopback(), is([]byte{127, 0, 0, 0}),
		state(expr.CtStateBitNEW|expr.CtStateBitINVALID), verdict(expr.VerdictDrop))
}

func (t *Table) chain(name string, kind nftables.ChainType, hook *nftables.ChainHook, priority *nftables.ChainPriority) *nftables.Chain {
	return t.connection.AddChain(&nftables.Chain{
		Table: t.table, Name: name, Type: kind, Hooknum: hook, Priority: priority,
	})
}

// rule adds a rule: each part is an expression, or several.
func (t *Table) rule(chain *nftables.Chain, parts ...any) {
	rule := &nftables.Rule{Table: t.table, Chain: chain}
	for _, part := range parts {
		switch part := part.(type) {
		case expr.Any:
			rule.Exprs = append(rule.Exprs, part)
		case []expr.Any:
			rule.Exprs = append(rule.Exprs, part...)
		}
	}
	t.connection.AddRule(rule)
}

func meta(key expr.MetaKey, register uint32) expr.Any {
	return &expr.Meta{Key: key, Register: register}
}
func protocol(register uint32) expr.Any { return meta(expr.MetaKeyL4PROTO, register) }

func payload(base expr.PayloadBase, offset, length, register uint32) expr.Any {
	return &expr.Payload{DestRegister: register, Base: base, Offset: offset, Len: length}
}

func source(register uint32) expr.Any {
	return payload(expr.PayloadBaseNetworkHeader, sourceOffset, 4, register)
}

func destination(register uint32) expr.Any {
	return payload(expr.PayloadBaseNetworkHeader, destinationOffset, 4, register)
}

func destinationPortTo(register uint32) expr.Any {
	return payload(expr.PayloadBaseTransportHeader, destinationPort, 2, register)
}

// loopback keeps what tells 127.0.0.0/8 of an address in the first register.
func loopback() expr.Any { return masked([]byte{255, 0, 0, 0}) }

func masked(mask []byte) expr.Any {
	return &expr.Bitwise{SourceRegister: first, DestRegister: first, Len: 4, Mask: mask, Xor: make([]byte, 4)}
}

func is(value []byte) expr.Any { return &expr.Cmp{Op: expr.CmpOpEq, Register: first, Data: value} }

func state(bits uint32) []expr.Any { return tracked(expr.CtKeySTATE, bits) }
func redirected() []expr.Any       { return tracked(expr.CtKeySTATUS, destinationNATed) }

// tracked asks whether a connection has any of some bits.
func tracked(key expr.CtKey, bits uint32) []expr.Any {
	return []expr.Any{
		&expr.Ct{Key: key, Register: first},
		masked(number(bits)),
		&expr.Cmp{Op: expr.CmpOpNeq, Register: first, Data: make([]byte, 4)},
	}
}

func member(set *nftables.Set, not bool) expr.Any {
	return &expr.Lookup{SourceRegister: first, SetName: set.Name, SetID: set.ID, Invert: not}
}

func (t *Table) in(key expr.MetaKey, set *nftables.Set) []expr.Any {
	return []expr.Any{meta(key, first), member(set, false)}
}

func (t *Table) notIn(key expr.MetaKey, set *nftables.Set) []expr.Any {
	return []expr.Any{meta(key, first), member(set, true)}
}

// find replaces the key in the first registers by what a map has for it; without any the rule ends.
func (t *Table) find(set *nftables.Set) expr.Any {
	return &expr.Lookup{SourceRegister: first, DestRegister: first, IsDestRegSet: true, SetName: set.Name, SetID: set.ID}
}

func forward() expr.Any {
	return &expr.NAT{Type: expr.NATTypeDestNAT, Family: unix.NFPROTO_IPV4, RegAddrMin: first, RegProtoMin: second}
}

func verdict(kind expr.VerdictKind) expr.Any { return &expr.Verdict{Kind: kind} }
