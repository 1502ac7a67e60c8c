package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	networktypes "github.com/moby/moby/api/types/network"

	"twinhull/engine/filters"
	"twinhull/engine/network"
)

// The controller itself needs namespaces of its own; package network tests it. What is tested here needs none.

func TestNetworksAreDescribedAsDockerDoes(t *testing.T) {
	n := &network.Network{
		ID: "0123", Name: "back", Driver: "bridge", Internal: true,
		Created: time.Date(2024, 2, 3, 4, 5, 6, 7, time.UTC), Labels: map[string]string{"tier": "back"},
		IPAM: network.IPAM{Driver: "default", Subnets: []network.Subnet{{
			Subnet: netip.MustParsePrefix("172.18.0.0/16"), Gateway: netip.MustParseAddr("172.18.0.1"),
		}}},
	}
	described := describeNetwork(n)
	described.Containers = map[string]networktypes.EndpointResource{"abc": describeEndpoint(network.Endpoint{
		EndpointID: "e1", ContainerName: "web", MAC: "02:42:ac:12:00:02", Address: netip.MustParsePrefix("172.18.0.2/16"),
	})}
	answer := httptest.NewRecorder()
	writeJSON(answer, http.StatusOK, described)
	const wanted = `{"Name":"back","Id":"0123","Created":"2024-02-03T04:05:06.000000007Z","Scope":"local","Driver":"bridge",` +
		`"EnableIPv4":true,"EnableIPv6":false,` +
		`"IPAM":{"Driver":"default","Options":null,"Config":[{"Subnet":"172.18.0.0/16","Gateway":"172.18.0.1"}]},` +
		`"Internal":true,"Attachable":false,"Ingress":false,"ConfigFrom":{"Network":""},"ConfigOnly":false,` +
		`"Options":{},"Labels":{"tier":"back"},` +
		`"Containers":{"abc":{"Name":"web","EndpointID":"e1","MacAddress":"02:42:ac:12:00:02","IPv4Address":"172.18.0.2/16","IPv6Address":""}}}`
	if got := strings.TrimSpace(answer.Body.String()); got != wanted {
		t.Errorf("got  %s\nwant %s", got, wanted)
	}
}

func TestNetworkFilters(t *testing.T) {
	bridge := &network.Network{ID: "aaa1", Name: "bridge", Driver: "bridge"}
	back := &network.Network{ID: "bbb2", Name: "shop_back", Driver: "bridge", Labels: map[string]string{"tier": "back"}}
	for _, test := range []struct {
		text         string
		bridge, back bool
	}{
		{``, true, true},
		{`{"name":{"back":true}}`, false, true},
		{`{"name":["bridge","back"]}`, true, true},
		{`{"id":["aaa"]}`, true, false},
		{`{"driver":["bridge"]}`, true, true},
		{`{"driver":["host"]}`, false, false},
		{`{"driver":["bri"]}`, false, false},
		{`{"label":["tier=back"]}`, false, true},
		{`{"label":["tier"],"name":["bridge"]}`, false, false},
		{`{"scope":["local"]}`, true, true},
		{`{"scope":["swarm"]}`, false, false},
		{`{"type":["custom"]}`, false, true},
		{`{"type":["builtin"]}`, true, false},
		{`{"dangling":["true"]}`, false, true},
		{`{"dangling":["0"]}`, true, false},
	} {
		wanted, err := filters.Parse(test.text, "dangling", "driver", "id", "label", "name", "scope", "type")
		if err != nil {
			t.Fatal(err)
		}
		if got := networkMatches(bridge, false, wanted); got != test.bridge {
			t.Errorf("%s: bridge %v", test.text, got)
		}
		if got := networkMatches(back, false, wanted); got != test.back {
			t.Errorf("%s: shop_back %v", test.text, got)
		}
	}
	for _, text := range []string{`{"type":["mine"]}`, `{"dangling":["maybe"]}`, `{"dangling":["1","0"]}`} {
		wanted, err := filters.Parse(text, "dangling", "type")
		if err != nil {
			t.Fatal(err)
		}
		if checkNetworkFilters(wanted) == nil {
			t.Errorf("%s is accepted", text)
		}
	}
}

// recorded is a container package that remembers what it was asked for.
type recorded []string

func (r *recorded) ConnectNetwork(_ context.Context, container, network string, settings *networktypes.EndpointSettings) error {
	*r = append(*r, "connect "+container+" "+network+" "+strings.Join(settings.Aliases, ","))
	return nil
}

func (r *recorded) DisconnectNetwork(_ context.Context, container, network string, force bool) error {
	*r = append(*r, "disconnect "+container+" "+network)
	if !force {
		*r = append(*r, "without force")
	}
	return nil
}

func TestConnectingIsLeftToTheContainer(t *testing.T) {
	var asked recorded
	router := NewRouter(nil)
	router.AddNetworks(nil, &asked)
	for path, body := range map[string]string{
		"/v1.44/networks/back/connect":    `{"Container":"web","EndpointConfig":{"Aliases":["shop","store"]}}`,
		"/v1.44/networks/back/disconnect": `{"Container":"web","Force":true}`,
	} {
		answer := httptest.NewRecorder()
		router.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, path, strings.NewReader(body)))
		if answer.Code != http.StatusOK {
			t.Errorf("%s: %d %s", path, answer.Code, answer.Body)
		}
	}
	for _, wanted := range []string{"connect web back shop,store", "disconnect web back"} {
		if !strings.Contains(strings.Join(asked, "\n"), wanted) {
			t.Errorf("%q is not among %q", wanted, asked)
		}
	}
}

func TestNetworksThatThisEngineCannotMake(t *testing.T) {
	yes, no := true, false
	for name, request := range map[string]networktypes.CreateRequest{
		"config-only": {ConfigOnly: true},
		"config-from": {ConfigFrom: &networktypes.ConfigReference{Network: "other"}},
		"no IPv4":     {EnableIPv4: &no},
		"IPv6":        {EnableIPv6: &yes},
	} {
		if _, err := networkConfig(&request); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
