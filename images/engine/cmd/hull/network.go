package main

import (
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/format"
	"twinhull/engine/client/jsonlite"
	"twinhull/engine/client/options"
	"twinhull/engine/client/rest"
)

var listNetworks = command.Command{
	Usage: []string{"[OPTIONS]"}, Short: "List networks", Synonyms: "docker network ls, docker network list",
	Flags: flag.Set{listFormatFlag, {
		{Name: "filter", Short: "f", Type: "filter", Usage: `Provide filter values (e.g. "driver=bridge")`, Check: checkFilter},
		{Name: "no-trunc", Usage: "Do not truncate the output"},
		{Name: "quiet", Short: "q", Usage: "Only display network IDs"},
	}},
	Run: networkList,
}

var removeNetworks = command.Command{
	Usage: []string{"NETWORK [NETWORK...]"}, Short: "Remove one or more networks",
	Synonyms: "docker network rm, docker network remove",
	Flags: flag.Set{{
		{Name: "force", Short: "f", Usage: "Do not error if the network does not exist"},
	}},
	Min: 1, Max: command.Any, Complete: "network", Run: networkRemove,
}

var connectNetwork = command.Command{
	Usage: []string{"[OPTIONS] NETWORK CONTAINER"}, Short: "Connect a container to a network",
	Flags: flag.Set{{
		{Name: "alias", Type: "strings", Usage: "Add network-scoped alias for the container"},
		{Name: "driver-opt", Type: "strings", Usage: "driver options for the network"},
		{Name: "gw-priority", Type: "int", Usage: "Highest gw-priority provides the default gateway. Accepts positive and negative values."},
		{Name: "ip", Type: "string", Usage: `IPv4 address (e.g., "172.30.100.104")`},
		{Name: "ip6", Type: "string", Usage: `IPv6 address (e.g., "2001:db8::33")`},
		{Name: "link", Type: "list", Usage: "Add link to another container"},
		{Name: "link-local-ip", Type: "strings", Usage: "Add a link-local address for the container"},
	}},
	Min: 2, Max: 2, Complete: "network", Run: networkConnect,
}

var disconnectNetwork = command.Command{
	Usage: []string{"[OPTIONS] NETWORK CONTAINER"}, Short: "Disconnect a container from a network",
	Flags: flag.Set{{
		{Name: "force", Short: "f", Usage: "Force the container to disconnect from a network"},
	}},
	Min: 2, Max: 2, Complete: "network", Run: networkDisconnect,
}

// networkRow is a row of GET /networks, as far as it is shown.
type networkRow struct {
	ID         string `json:"Id"`
	Name       string
	Driver     string
	Scope      string
	EnableIPv4 *bool
	EnableIPv6 bool
	Internal   bool
	Labels     map[string]string
	Created    time.Time
}

func networkList(call *command.Call) error {
	var rows []*networkRow
	if err := call.Engine().Get("/networks", queryOf("filters", filtersOf(call.List("filter"))), &rows); err != nil {
		return err
	}
	sort.Slice(rows, func(i, j int) bool { return natural(rows[i].Name, rows[j].Name) })
	layout := call.String("format")
	if layout == "" && !call.Bool("quiet") {
		layout = call.Config().NetworksFormat
	}
	if call.Bool("quiet") && (layout == "" || layout == "table") {
		layout = "{{.ID}}"
	}
	return networkView.Print(call.Out, layout, format.Table("ID", "Name", "Driver", "Scope"), rows, !call.Bool("no-trunc"))
}

var networkView = format.View[*networkRow]{
	Kind: "*network.networkContext",
	Fields: []format.Field[*networkRow]{
		{Name: "ID", Header: "NETWORK ID", Value: func(r *networkRow, trunc bool) string {
			if trunc {
				return format.ShortID(r.ID)
			}
			return r.ID
		}},
		{Name: "Name", Header: "NAME", Value: func(r *networkRow, _ bool) string { return r.Name }},
		{Name: "Driver", Header: "DRIVER", Value: func(r *networkRow, _ bool) string { return r.Driver }},
		{Name: "Scope", Header: "SCOPE", Value: func(r *networkRow, _ bool) string { return r.Scope }},
		{Name: "IPv4", Header: "IPV4", Value: func(r *networkRow, _ bool) string {
			return strconv.FormatBool(r.EnableIPv4 != nil && *r.EnableIPv4)
		}},
		{Name: "IPv6", Header: "IPV6", Value: func(r *networkRow, _ bool) string { return strconv.FormatBool(r.EnableIPv6) }},
		{Name: "Internal", Header: "INTERNAL", Value: func(r *networkRow, _ bool) string { return strconv.FormatBool(r.Internal) }},
		{Name: "Labels", Header: "LABELS", Value: func(r *networkRow, _ bool) string { return joinLabels(r.Labels) }},
		{Name: "CreatedAt", Header: "CREATED AT", Value: func(r *networkRow, _ bool) string { return r.Created.String() }},
	},
	Label: func(r *networkRow, name string) string { return r.Labels[name] },
}

// networkRemove goes on after a network that cannot be removed, as Docker does.
func networkRemove(call *command.Call) error {
	status := 0
	for _, name := range call.Args {
		err := call.Engine().Delete(networkPath(name), nil, nil)
		switch {
		case err == nil:
			fmt.Fprintln(call.Out, name)
		case call.Bool("force") && rest.IsNotFound(err):
		default:
			fmt.Fprintln(call.Err, err)
			status = 1
		}
	}
	if status != 0 {
		return command.Fail(status, "exit status %d", status)
	}
	return nil
}

func networkConnect(call *command.Call) error {
	settings := map[string]string{}
	for _, word := range call.List("driver-opt") {
		key, value, found := strings.Cut(word, "=")
		if key = strings.TrimSpace(key); !found || key == "" {
			return errors.New("invalid key/value pair format in driver options")
		}
		settings[key] = strings.TrimSpace(value)
	}
	endpoint := options.Endpoint{
		Links: call.List("link"), Aliases: call.List("alias"), DriverOpts: settings, GwPriority: int(call.Int("gw-priority")),
		IPAMConfig: &options.AddressConfig{
			IPv4Address: call.String("ip"), IPv6Address: call.String("ip6"), LinkLocalIPs: call.List("link-local-ip"),
		},
	}
	request := rest.Writing(func(w *jsonlite.Writer) {
		w.Object("", func() {
			w.String("Container", call.Args[1])
			endpoint.Write(w, "EndpointConfig")
		})
	})
	return call.Engine().Post(networkPath(call.Args[0])+"/connect", nil, request, nil)
}

func networkDisconnect(call *command.Call) error {
	request := struct {
		Container string
		Force     bool `json:",omitempty"`
	}{call.Args[1], call.Bool("force")}
	return call.Engine().Post(networkPath(call.Args[0])+"/disconnect", nil, &request, nil)
}
