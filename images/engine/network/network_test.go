package network

import (
	"testing"

	"twinhull/engine/network/rtnl"
)

var raiseLoopback = rtnl.RaiseLink(loopback)

func TestContainersOfOneBridgeReachEachOther(t *testing.T) {
	m := newMachine(t)
	one, two := m.container("one", "bridge"), m.container("two", "bridge")
	m.serve(one, 80)
	if said := m.mustCall(two, "172.17.0.2:80"); said != "172.17.0.3" {
		t.Errorf("the caller is %s", said)
	}
	if said := m.mustCall(nil, "172.17.0.2:80"); said != "172.17.0.1" {
		t.Errorf("the machine is %s", said)
	}
}
