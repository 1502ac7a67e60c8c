package network

import (
	"testing"
)

func TestPublishedPortsAreReachedFromTheMachineAndFromOutside(t *testing.T) {
	m := newMachine(t)
	web, other := m.container("web", "bridge"), m.container("other", "bridge")
	m.serve(web, 80)
	chosen, err := m.Publish(web, []PortBinding{{Protocol: "tcp", ContainerPort: 80, HostPort: 8080}})
	if err != nil {
		t.Fatal(err)
	}
	if len(chosen) != 1 || chosen[0].HostPort != 8080 || chosen[0].HostIP.String() != "0.0.0.0" {
		t.Errorf("published as %v", chosen)
	}
	for _, address := range []string{"127.0.0.1:8080", "172.17.0.1:8080"} {
		if said := m.mustCall(nil, address); said != "172.17.0.1" {
			t.Errorf("through %s the caller is %s", address, said)
		}
	}
	// To another container of the network, and to itself.
	m.mustCall(other, "172.17.0.1:8080")
	m.mustCall(web, "172.17.0.1:8080")
}
