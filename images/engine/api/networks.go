package api

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"time"

	networktypes "github.com/moby/moby/api/types/network"

	"twinhull/engine/fault"
	"twinhull/engine/filters"
	"twinhull/engine/network"
)

// NetworkContainers connects containers, found by name, id or the start of its id, to networks and disconnects them,
// whether they run or not.
type NetworkContainers interface {
	// ConnectNetwork connects a container. Settings may be nil.
	ConnectNetwork(ctx context.Context, container, network string, settings *networktypes.EndpointSettings) error
	// DisconnectNetwork disconnects a container. With force, one that is no more as well.
	DisconnectNetwork(ctx context.Context, container, network string, force bool) error
}

// AddNetworks adds the routes of networks.
func (r *Router) AddNetworks(controller *network.Controller, containers NetworkContainers) {
	routes := networks{controller, containers}
	r.Handle("GET /networks", routes.list)
	r.Handle("GET /networks/{$}", routes.list)
	r.Handle("GET /networks/{id}", routes.inspect)
	r.Handle("POST /networks/create", routes.create)
	r.Handle("POST /networks/prune", routes.prune)
	r.Handle("POST /networks/{id}/connect", routes.connect)
	r.Handle("POST /networks/{id}/disconnect", routes.disconnect)
	r.Handle("DELETE /networks/{id}", routes.remove)
}

type networks struct {
	controller *network.Controller
	containers NetworkContainers
}

// localScope is that of all networks which one machine has for itself.
const localScope = "local"

func (a networks) list(w http.ResponseWriter, r *http.Request) error {
	wanted, err := filters.Parse(r.URL.Query().Get("filters"), "dangling", "driver", "id", "label", "name", "scope", "type")
	if err != nil {
		return err
	}
	if err := checkNetworkFilters(wanted); err != nil {
		return err
	}
	list := []networktypes.Inspect{}
	for _, n := range a.controller.List() {
		used := len(a.controller.Endpoints(n)) > 0
		if networkMatches(n, used, wanted) {
			described := describeNetwork(n)
			described.Containers = map[string]networktypes.EndpointResource{}
			list = append(list, described)
		}
	}
	writeJSON(w, http.StatusOK, list)
	return nil
}

func checkNetworkFilters(wanted filters.Filters) error {
	if _, err := wanted.Bool("dangling", false); err != nil {
		return fault.New(fault.Invalid, `invalid value for filter 'dangling', must be "true" (or "1"), or "false" (or "0")`)
	}
	for _, value := range wanted["type"] {
		if value != "builtin" && value != "custom" {
			return fault.New(fault.Invalid, "invalid filter: 'type'='%s'", value)
		}
	}
	return nil
}

func networkMatches(n *network.Network, used bool, wanted filters.Filters) bool {
	builtin := network.IsPredefined(n.Name)
	if wanted.Has("dangling") {
		dangling, _ := wanted.Bool("dangling", false)
		if dangling != (!builtin && !used) {
			return false
		}
	}
	contains := func(text string) func(string) bool {
		return func(value string) bool { return strings.Contains(text, value) }
	}
	is := func(text string) func(string) bool { return func(value string) bool { return value == text } }
	return wanted.Match("driver", is(n.Driver)) &&
		wanted.Match("scope", is(scopeOf(n))) &&
		wanted.Match("name", contains(n.Name)) &&
		wanted.Match("id", contains(n.ID)) &&
		wanted.Match("type", func(value string) bool { return builtin == (value == "builtin") }) &&
		wanted.MatchLabels("label", n.Labels)
}

func (a networks) inspect(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("id")
	n, err := a.controller.Get(name)
	if err != nil {
		return err
	}
	if scope := r.URL.Query().Get("scope"); scope != "" && scope != scopeOf(n) {
		return fault.New(fault.NotFound, "network %s not found", name)
	}
	described := describeNetwork(n)
	described.Containers = map[string]networktypes.EndpointResource{}
	for container, e := range a.controller.Endpoints(n) {
		described.Containers[container] = describeEndpoint(e)
	}
	writeJSON(w, http.StatusOK, described)
	return nil
}

func scopeOf(n *network.Network) string {
	if n.Scope != "" {
		return n.Scope
	}
	return localScope
}

func describeNetwork(n *network.Network) networktypes.Inspect {
	described := networktypes.Inspect{Network: networktypes.Network{
		Name: n.Name, ID: n.ID, Created: n.Created, Scope: scopeOf(n), Driver: n.Driver,
		EnableIPv4: true, EnableIPv6: n.EnableIPv6,
		Internal: n.Internal, Attachable: n.Attachable, Ingress: n.Ingress,
		Options: n.Options, Labels: n.Labels,
		IPAM: networktypes.IPAM{Driver: n.IPAM.Driver, Options: n.IPAM.Options},
	}}
	if described.Options == nil {
		described.Options = map[string]string{}
	}
	if described.Labels == nil {
		described.Labels = map[string]string{}
	}
	for _, subnet := range n.IPAM.Subnets {
		described.IPAM.Config = append(described.IPAM.Config, networktypes.IPAMConfig{
			Subnet: subnet.Subnet, IPRange: subnet.Range, Gateway: subnet.Gateway, AuxAddress: subnet.Auxiliary,
		})
	}
	return described
}

func describeEndpoint(e network.Endpoint) networktypes.EndpointResource {
	described := networktypes.EndpointResource{Name: e.ContainerName, EndpointID: e.EndpointID, IPv4Address: e.Address}
	_ = described.MacAddress.UnmarshalText([]byte(e.MAC))
	return described
}

func (a networks) create(w http.ResponseWriter, r *http.Request) error {
	var request networktypes.CreateRequest
	if err := readJSON(r, &request); err != nil {
		return err
	}
	config, err := networkConfig(&request)
	if err != nil {
		return err
	}
	n, err := a.controller.Create(config)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusCreated, networktypes.CreateResponse{ID: n.ID})
	return nil
}

func networkConfig(request *networktypes.CreateRequest) (network.Config, error) {
	config := network.Config{
		Name: request.Name, Driver: request.Driver, Internal: request.Internal, Attachable: request.Attachable,
		Options: request.Options, Labels: request.Labels,
	}
	switch {
	case request.ConfigOnly || request.ConfigFrom != nil && request.ConfigFrom.Network != "":
		return config, fault.New(fault.NotImplemented, "this engine has no config-only networks")
	case request.EnableIPv4 != nil && !*request.EnableIPv4:
		return config, fault.New(fault.Invalid, "IPv4 cannot be disabled: this engine has no IPv6")
	case request.EnableIPv6 != nil && *request.EnableIPv6:
		return config, fault.New(fault.Invalid, "IPv6 cannot be enabled: this engine has no IPv6")
	case request.Ingress, request.Scope == "swarm":
		config.Driver, config.Ingress = "overlay", request.Ingress
	}
	if request.IPAM == nil {
		return config, nil
	}
	config.IPAM = network.IPAM{Driver: request.IPAM.Driver, Options: request.IPAM.Options}
	for _, wanted := range request.IPAM.Config {
		if wanted.Subnet.Addr().Is6() {
			continue // of a network that could have both kinds
		}
		config.IPAM.Subnets = append(config.IPAM.Subnets, network.Subnet{
			Subnet: wanted.Subnet, Range: wanted.IPRange, Gateway: wanted.Gateway, Auxiliary: wanted.AuxAddress,
		})
	}
	return config, nil
}

func (a networks) remove(w http.ResponseWriter, r *http.Request) error {
	if _, err := a.controller.Remove(r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a networks) connect(w http.ResponseWriter, r *http.Request) error {
	var request networktypes.ConnectRequest
	if err := readJSON(r, &request); err != nil {
		return err
	}
	if request.EndpointConfig != nil && request.EndpointConfig.IPAMConfig != nil {
		if address := request.EndpointConfig.IPAMConfig.IPv6Address; address != (netip.Addr{}) {
			return fault.New(fault.Invalid, "invalid endpoint settings:\ninvalid IPv6 address: %s: this engine has no IPv6", address)
		}
	}
	return a.containers.ConnectNetwork(r.Context(), request.Container, r.PathValue("id"), request.EndpointConfig)
}

func (a networks) disconnect(_ http.ResponseWriter, r *http.Request) error {
	var request networktypes.DisconnectRequest
	if err := readJSON(r, &request); err != nil {
		return err
	}
	return a.containers.DisconnectNetwork(r.Context(), request.Container, r.PathValue("id"), request.Force)
}

func (a networks) prune(w http.ResponseWriter, r *http.Request) error {
	wanted, err := filters.Parse(r.URL.Query().Get("filters"), "label", "label!", "until")
	if err != nil {
		return err
	}
	until, err := pruneUntil(wanted)
	if err != nil {
		return err
	}
	report := networktypes.PruneReport{}
	for _, n := range a.controller.List() {
		if network.IsPredefined(n.Name) || n.Scope == network.SwarmScope || len(a.controller.Endpoints(n)) > 0 ||
			!until.IsZero() && n.Created.After(until) ||
			!wanted.MatchLabels("label", n.Labels) ||
			wanted.Has("label!") && wanted.MatchLabels("label!", n.Labels) {
			continue
		}
		if _, err := a.controller.Remove(n.ID); err == nil {
			report.NetworksDeleted = append(report.NetworksDeleted, n.Name)
		} else if !fault.Is(err, fault.Forbidden) && !fault.Is(err, fault.NotFound) {
			return err // not one that was taken into use, or removed, meanwhile
		}
	}
	a.controller.Pruned()
	writeJSON(w, http.StatusOK, report)
	return nil
}

func pruneUntil(wanted filters.Filters) (time.Time, error) {
	switch values := wanted["until"]; len(values) {
	case 0:
		return time.Time{}, nil
	case 1:
		return filters.Time(values[0], time.Now())
	}
	return time.Time{}, fault.New(fault.Invalid, "more than one until filter specified")
}
