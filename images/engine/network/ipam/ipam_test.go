package ipam

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"testing"
)

var (
	prefix  = netip.MustParsePrefix
	address = netip.MustParseAddr
)

func TestPoolsHandOutTheLowestFreeAddress(t *testing.T) {
	pool := NewPool(prefix("172.17.0.0/16"), netip.Prefix{})
	next := func(wanted string) {
		t.Helper()
		if got, err := pool.Next(); err != nil || got != address(wanted) {
			t.Errorf("%s, %v instead of %s", got, err, wanted)
		}
	}
	next("172.17.0.1")
	next("172.17.0.2")
	if err := pool.Take(address("172.17.0.3")); err != nil {
		t.Error(err)
	}
	next("172.17.0.4")
	pool.Release(address("172.17.0.2"))
	next("172.17.0.2")
	for wanted, asked := range map[string]error{
		"172.17.0.4": ErrTaken, "172.17.0.0": ErrTaken, "172.17.255.255": ErrTaken,
		"172.18.0.1": ErrOutOfRange, "fd00::1": ErrOutOfRange,
	} {
		if err := pool.Take(address(wanted)); !errors.Is(err, asked) {
			t.Errorf("taking %s: %v instead of %v", wanted, err, asked)
		}
	}
	pool.Release(address("10.0.0.1"))
}

func TestPoolsEnd(t *testing.T) {
	for _, test := range []struct {
		subnet, within string
		first          string
		count          int
	}{
		{"10.0.0.0/24", "", "10.0.0.1", 254},
		{"10.0.0.0/30", "", "10.0.0.1", 2},
		{"10.0.0.0/31", "", "10.0.0.0", 2},
		{"10.0.0.0/32", "", "10.0.0.0", 1},
		{"10.0.0.0/16", "10.0.3.128/26", "10.0.3.128", 64},
		{"10.0.0.0/16", "10.0.255.192/26", "10.0.255.192", 63},
		{"255.255.255.0/24", "", "255.255.255.1", 254},
		{"0.0.0.0/0", "255.255.255.128/25", "255.255.255.128", 127},
	} {
		within := netip.Prefix{}
		if test.within != "" {
			within = prefix(test.within)
		}
		pool := NewPool(prefix(test.subnet), within)
		count := 0
		for {
			got, err := pool.Next()
			if err != nil {
				if !errors.Is(err, ErrExhausted) {
					t.Error(err)
				}
				break
			}
			if count == 0 && got != address(test.first) {
				t.Errorf("%s starts with %s instead of %s", test.subnet, got, test.first)
			}
			if count++; count > 256 {
				break
			}
		}
		if count != test.count {
			t.Errorf("%s within %q has %d addresses instead of %d", test.subnet, test.within, count, test.count)
		}
	}
}

// TestPoolsAgainstASet compares a pool with the simplest thing that does the same.
func TestPoolsAgainstASet(t *testing.T) {
	subnet := prefix("10.1.2.0/24")
	pool, taken := NewPool(subnet, netip.Prefix{}), map[netip.Addr]bool{address("10.1.2.0"): true, address("10.1.2.255"): true}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		some := netip.AddrFrom4([4]byte{10, 1, 2, byte(random.Uint32())})
		switch random.IntN(3) {
		case 0:
			if err := pool.Take(some); (err == nil) == taken[some] {
				t.Fatalf("taking %s: %v", some, err)
			}
			taken[some] = true
		case 1:
			pool.Release(some)
			delete(taken, some)
		case 2:
			wanted := subnet.Addr()
			for taken[wanted] {
				wanted = wanted.Next()
			}
			got, err := pool.Next()
			if subnet.Contains(wanted) != (err == nil) || err == nil && got != wanted {
				t.Fatalf("%s, %v instead of %s", got, err, wanted)
			}
			taken[got] = true
		}
	}
}

func TestSubnetsAreChosenInDockersOrder(t *testing.T) {
	var taken []netip.Prefix
	for {
		subnet, err := Choose(Local, taken)
		if err != nil {
			if !errors.Is(err, ErrNoSubnets) {
				t.Error(err)
			}
			break
		}
		taken = append(taken, subnet)
	}
	// 172.17 to 172.31, then 16 of 192.168.
	if len(taken) != 31 {
		t.Fatalf("there are %d subnets instead of 31", len(taken))
	}
	for at, wanted := range map[int]string{
		0: "172.17.0.0/16", 3: "172.20.0.0/16", 14: "172.31.0.0/16", 15: "192.168.0.0/20", 30: "192.168.240.0/20",
	} {
		if taken[at] != prefix(wanted) {
			t.Errorf("number %d is %s instead of %s", at, taken[at], wanted)
		}
	}
	if subnet, _ := Choose(Local, []netip.Prefix{prefix("172.16.0.0/12"), prefix("192.168.7.0/24")}); subnet != prefix("192.168.16.0/20") {
		t.Errorf("the machine's own routes leave %s", subnet)
	}
}
