package api

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	networktypes "github.com/moby/moby/api/types/network"

	"twinhull/engine/events"
	"twinhull/engine/volume"
)

// FuzzBodies holds that whatever stands in a body or in a query is answered with JSON: what was asked for, or a message
// that blames who asked.
func FuzzBodies(f *testing.F) {
	for _, seed := range []struct{ path, query, body string }{
		{"/volumes/create", "", `{"Name":"notes","Driver":"local","DriverOpts":{"type":"tmpfs","device":"x","o":"size=1m"}}`},
		{"/volumes/create", "", `{"Name":"../x","Labels":{"a":null}}`},
		{"/volumes/create", "", "{}{}"},
		{"/volumes/prune", `filters={"label!":["a"],"all":["yes"]}`, ""},
		{"/volumes/prune", `filters={"label":{"a":false}}`, "x"},
	} {
		f.Add(seed.path, seed.query, seed.body)
	}
	store, err := volume.Open(f.TempDir(), f.TempDir(), &events.Bus{})
	if err != nil {
		f.Fatal(err)
	}
	router := NewRouter(nil)
	router.AddVolumes(store)
	f.Fuzz(func(t *testing.T, path, query, body string) {
		if path != "/volumes/create" && path != "/volumes/prune" {
			return
		}
		request := httptest.NewRequest("POST", path, strings.NewReader(body))
		request.URL.RawQuery = query
		answer := httptest.NewRecorder()
		router.ServeHTTP(answer, request)
		var read map[string]any
		if err := json.Unmarshal(answer.Body.Bytes(), &read); err != nil {
			t.Fatalf("%s %s is answered with %q", path, body, answer.Body)
		}
		if answer.Code >= 500 || answer.Code >= 400 && read["message"] == "" {
			t.Errorf("%s %s is answered with %d and %v", path, body, answer.Code, read)
		}
	})
}

// FuzzNetworkBody holds that a network that is asked for is refused, or one that can be described again.
func FuzzNetworkBody(f *testing.F) {
	f.Add(`{"Name":"back","IPAM":{"Config":[{"Subnet":"10.0.0.0/24","Gateway":"10.0.0.1","AuxiliaryAddresses":{"a":"10.0.0.2"}}]}}`)
	f.Add(`{"Name":"back","IPAM":{"Config":[{"Subnet":"fd00::/64"},{}]},"EnableIPv6":true}`)
	f.Add(`{"ConfigFrom":{"Network":"x"},"Scope":"swarm","Ingress":true}`)
	f.Fuzz(func(t *testing.T, body string) {
		var request networktypes.CreateRequest
		if json.Unmarshal([]byte(body), &request) != nil {
			return
		}
		config, err := networkConfig(&request)
		if err == nil && config.Name != request.Name {
			t.Errorf("the network %q has become %q", request.Name, config.Name)
		}
	})
}
