// Package hashing has SHA-256 for bytes by the megabyte. In Twinhull's machine the hash unit does the work
// (lib/machine/hash-unit.ts, docs/adr/0071): it costs less than an instruction a byte, where Go's own code for 32-bit
// processors takes 58. Elsewhere, and when the unit does not answer, it is crypto/sha256.
package hashing

import (
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"hash"
)

const (
	stateBytes = sha256.Size
	blockBytes = sha256.BlockSize
	// maxBlocks are as many as fit into the 32 KiB that Linux takes of one write to a port.
	maxBlocks  = (32<<10 - stateBytes) / blockBytes
	maxRequest = stateBytes + maxBlocks*blockBytes
	// worthwhile is how many blocks pay for a question and its answer.
	worthwhile = 16
)

// New is sha256.New, only faster where it can be.
func New() hash.Hash {
	if unit := machineUnit(); unit != nil {
		return newHasher(unit)
	}
	return sha256.New()
}

// extender goes on with SHA-256's state over whole blocks. request is the state with the blocks behind it, and its first
// stateBytes are the new state then. False if it could not: the request is as before.
type extender interface{ extend(request []byte) bool }

// hasher collects blocks behind the state that they are to be hashed from.
type hasher struct {
	unit extender
	// request is state and data; filled is how much of it there is.
	request []byte
	filled  int
	length  uint64
	// own goes on where the unit failed. Not nil from then on.
	own hash.Hash
}

func newHasher(unit extender) *hasher {
	h := &hasher{unit: unit, request: make([]byte, stateBytes+worthwhile*blockBytes)}
	h.Reset()
	return h
}

func (h *hasher) Size() int      { return sha256.Size }
func (h *hasher) BlockSize() int { return sha256.BlockSize }

func (h *hasher) Reset() {
	copy(h.request, initialState[:])
	h.filled, h.length, h.own = stateBytes, 0, nil
}

func (h *hasher) Write(data []byte) (int, error) {
	if h.own != nil {
		return h.own.Write(data)
	}
	written := len(data)
	h.length += uint64(written)
	for len(data) > 0 {
		h.makeRoom(len(data))
		n := copy(h.request[h.filled:], data)
		h.filled += n
		data = data[n:]
		if h.filled < maxRequest {
			break
		}
		if !h.unit.extend(h.request) {
			h.own = h.resume(h.request[stateBytes:], h.length-uint64(len(data)))
			_, err := h.own.Write(data)
			return written, err
		}
		h.filled = stateBytes
	}
	return written, nil
}

// makeRoom sees to it that there is some: most of what is hashed is small.
func (h *hasher) makeRoom(wanted int) {
	if wanted += h.filled; wanted > len(h.request) && len(h.request) < maxRequest {
		wider := make([]byte, min(maxRequest, max(wanted, 2*len(h.request))))
		copy(wider, h.request[:h.filled])
		h.request = wider
	}
}

func (h *hasher) Sum(in []byte) []byte {
	if h.own != nil {
		return h.own.Sum(in)
	}
	if whole := (h.filled - stateBytes) / blockBytes * blockBytes; whole >= worthwhile*blockBytes {
		if h.unit.extend(h.request[:stateBytes+whole]) {
			h.filled = stateBytes + copy(h.request[stateBytes:], h.request[stateBytes+whole:h.filled])
		}
	}
	return h.resume(h.request[stateBytes:h.filled], h.length).Sum(in)
}

// resume is a hash of the standard library that stands where this one does: after length bytes, the last of which are rest.
func (h *hasher) resume(rest []byte, length uint64) hash.Hash {
	// https://pkg.go.dev/crypto/sha256#New: the result implements BinaryUnmarshaler. What it reads is a magic number, the
	// state, a block, and how many bytes there were.
	saved := make([]byte, 0, 4+stateBytes+blockBytes+8)
	saved = append(saved, "sha\x03"...)
	saved = append(saved, h.request[:stateBytes]...)
	saved = append(saved, make([]byte, blockBytes)...)
	saved = binary.BigEndian.AppendUint64(saved, length-uint64(len(rest)))
	own := sha256.New()
	if err := own.(encoding.BinaryUnmarshaler).UnmarshalBinary(saved); err != nil {
		// The format is promised to stay, and the tests see to it.
		panic(err)
	}
	own.Write(rest)
	return own
}

// initialState is what SHA-256 begins with (FIPS 180-4, 5.3.3).
var initialState = [stateBytes]byte{
	0x6a, 0x09, 0xe6, 0x67, 0xbb, 0x67, 0xae, 0x85, 0x3c, 0x6e, 0xf3, 0x72, 0xa5, 0x4f, 0xf5, 0x3a,
	0x51, 0x0e, 0x52, 0x7f, 0x9b, 0x05, 0x68, 0x8c, 0x1f, 0x83, 0xd9, 0xab, 0x5b, 0xe0, 0xcd, 0x19,
}
