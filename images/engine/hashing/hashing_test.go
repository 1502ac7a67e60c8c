package hashing

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding"
	"hash"
	"path/filepath"
	"testing"
)

// ordinary is a unit that computes with the standard library. left is how often it works.
type ordinary struct{ left int }

func (o *ordinary) extend(request []byte) bool {
	if o.left--; o.left < 0 {
		return false
	}
	own := (&hasher{request: request}).resume(nil, 0)
	own.Write(request[stateBytes:])
	saved, err := own.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil {
		panic(err)
	}
	copy(request, saved[4:4+stateBytes])
	return true
}

func sameAsStandard(t *testing.T, tested hash.Hash, data []byte, chunk int) {
	t.Helper()
	for rest := data; len(rest) > 0; {
		n := min(chunk, len(rest))
		if written, err := tested.Write(rest[:n]); written != n || err != nil {
			t.Fatalf("Write of %d bytes gave %d, %v", n, written, err)
		}
		rest = rest[n:]
	}
	want := sha256.Sum256(data)
	for range 2 {
		if sum := tested.Sum(nil); !bytes.Equal(sum, want[:]) {
			t.Fatalf("%d bytes in chunks of %d have %x, want %x", len(data), chunk, sum, want)
		}
	}
}

func TestHashesAreThoseOfTheStandardLibrary(t *testing.T) {
	const full = maxBlocks * blockBytes
	data := make([]byte, 3*full+100)
	rand.Read(data)
	for _, size := range []int{0, 1, 55, 56, 63, 64, 65, 1023, 1024, 1100, full - 1, full, full + 1, 2*full + 7, len(data)} {
		for _, chunk := range []int{1000, 64, full, full + 1, len(data)} {
			// 0: the unit never works; 1: it fails in the middle.
			for _, left := range []int{0, 1, 1000} {
				sameAsStandard(t, newHasher(&ordinary{left}), data[:size], chunk)
			}
		}
	}
}

func TestAHashCanBeTakenOnTheWayAndBegunAnew(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789"), 10000)
	tested := newHasher(&ordinary{1000})
	tested.Write(data[:5000])
	if want := sha256.Sum256(data[:5000]); !bytes.Equal(tested.Sum([]byte{1})[1:], want[:]) {
		t.Fatal("the sum on the way is another")
	}
	tested.Write(data[5000:])
	if want := sha256.Sum256(data); !bytes.Equal(tested.Sum(nil), want[:]) {
		t.Fatal("the sum after a sum is another")
	}
	tested.Reset()
	sameAsStandard(t, tested, data, 777)
}

func TestTheMachineHasAUnit(t *testing.T) {
	if ports, _ := filepath.Glob(portPattern); len(ports) == 0 {
		t.Skip("this computer has no hash unit; images.guest.test.ts runs this in a machine")
	}
	if machineUnit() == nil {
		t.Fatal("there is no hash unit, or somebody else has it")
	}
	data := make([]byte, 300_000)
	rand.Read(data)
	sameAsStandard(t, New(), data, 100_000)
	if opened.fd < 0 {
		t.Fatal("the hash unit was given up")
	}
}

func FuzzHashes(f *testing.F) {
	f.Add([]byte("abc"), 3, 1)
	f.Fuzz(func(t *testing.T, data []byte, chunk, left int) {
		data = bytes.Repeat(data, 50)
		sameAsStandard(t, newHasher(&ordinary{left}), data, max(chunk, 1))
	})
}
