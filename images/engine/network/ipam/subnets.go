package ipam

import (
	"errors"
	"net/netip"
)

// What can be wrong with a request for a subnet; the sentences are Docker's.
var (
	ErrOverlap   = errors.New("Pool overlaps with other one on this address space")
	ErrNoSubnets = errors.New("all predefined address pools have been fully subnetted")
)

// Block is a range of addresses that is cut into subnets of one size.
type Block struct {
	Range netip.Prefix
	Bits  int
}

// Local is what networks of one machine get: 172.17.0.0/16 to 172.31.0.0/16, then 192.168.0.0/16 by /20.
var Local = []Block{
	{netip.MustParsePrefix("172.17.0.0/16"), 16},
	{netip.MustParsePrefix("172.18.0.0/16"), 16},
	{netip.MustParsePrefix("172.19.0.0/16"), 16},
	{netip.MustParsePrefix("172.20.0.0/14"), 16},
	{netip.MustParsePrefix("172.24.0.0/14"), 16},
	{netip.MustParsePrefix("172.28.0.0/14"), 16},
	{netip.MustParsePrefix("192.168.0.0/16"), 20},
}

// Choose returns the first subnet of the blocks that overlaps none of those that are taken.
func Choose(blocks []Block, taken []netip.Prefix) (netip.Prefix, error) {
	for _, block := range blocks {
		first, last := span(block.Range)
		step := uint64(1) << (32 - block.Bits)
		for number := uint64(first); number <= uint64(last); number += step {
			subnet := netip.PrefixFrom(addressOf(uint32(number)), block.Bits)
			if !Overlaps(subnet, taken) {
				return subnet, nil
			}
		}
	}
	return netip.Prefix{}, ErrNoSubnets
}

// Overlaps tells whether a subnet has an address in common with any of others.
func Overlaps(subnet netip.Prefix, others []netip.Prefix) bool {
	for _, other := range others {
		if subnet.Overlaps(other) {
			return true
		}
	}
	return false
}
