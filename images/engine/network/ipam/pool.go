// Package ipam hands out subnets and the addresses in them.
package ipam

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"net/netip"
)

// What can be wrong with a request for an address; the sentences are Docker's.
var (
	ErrTaken      = errors.New("Address already in use")
	ErrOutOfRange = errors.New("Requested address is out of range")
	ErrExhausted  = errors.New("no available addresses on this pool")
)

// Pool knows which addresses of a subnet are taken. It is not safe for concurrent use.
type Pool struct {
	subnet, within netip.Prefix
	// taken has a bit for each address, in words that exist once they have a bit.
	taken map[uint32]uint64
}

// NewPool makes a pool of a subnet. Addresses that nobody asks for by number come from within, if it is valid.
// The addresses of the subnet itself and of its broadcast are taken, where it has them.
func NewPool(subnet, within netip.Prefix) *Pool {
	if !within.IsValid() {
		within = subnet
	}
	pool := &Pool{subnet: subnet.Masked(), within: within.Masked(), taken: map[uint32]uint64{}}
	if subnet.Bits() < 31 {
		first, last := span(pool.subnet)
		pool.mark(first)
		pool.mark(last)
	}
	return pool
}

// Take takes an address.
func (p *Pool) Take(address netip.Addr) error {
	if !address.Is4() || !p.subnet.Contains(address) {
		return ErrOutOfRange
	}
	number := numberOf(address)
	if p.taken[number/64]&(1<<(number%64)) != 0 {
		return ErrTaken
	}
	p.mark(number)
	return nil
}

// Next takes the lowest address that is free.
func (p *Pool) Next() (netip.Addr, error) {
	first, last := span(p.within)
	for word := first / 64; ; word++ {
		busy := p.taken[word]
		if word == first/64 {
			busy |= 1<<(first%64) - 1
		}
		if busy != ^uint64(0) {
			number := word*64 + uint32(bits.TrailingZeros64(^busy))
			if number > last {
				return netip.Addr{}, ErrExhausted
			}
			p.mark(number)
			return addressOf(number), nil
		}
		if word == last/64 {
			return netip.Addr{}, ErrExhausted
		}
	}
}

// Release makes an address free again.
func (p *Pool) Release(address netip.Addr) {
	if !address.Is4() || !p.subnet.Contains(address) {
		return
	}
	number := numberOf(address)
	p.taken[number/64] &^= 1 << (number % 64)
	if p.taken[number/64] == 0 {
		delete(p.taken, number/64)
	}
}

func (p *Pool) mark(number uint32) { p.taken[number/64] |= 1 << (number % 64) }

func span(prefix netip.Prefix) (first, last uint32) {
	first = numberOf(prefix.Addr())
	return first, first | uint32(uint64(1)<<(32-prefix.Bits())-1)
}

func numberOf(address netip.Addr) uint32 {
	bytes := address.As4()
	return binary.BigEndian.Uint32(bytes[:])
}

func addressOf(number uint32) netip.Addr {
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, number)))
}
