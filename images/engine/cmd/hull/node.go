package main

import (
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/format"
	"twinhull/engine/client/rest"
)

var nodeGroup = command.Command{
	Short: "Manage Swarm nodes",
	Entries: []command.Entry{
		{Name: "inspect", Command: &inspectNodes},
		{Name: "ls", Aliases: []string{"list"}, Command: &listNodes},
		{Name: "ps", Command: &listNodeTasks},
		{Name: "rm", Aliases: []string{"remove"}, Command: &removeNodes},
		{Name: "update", Command: &updateNode},
	},
}

var listNodes = command.Command{
	Usage: []string{"[OPTIONS]"}, Short: "List nodes in the swarm", Synonyms: "docker node ls, docker node list",
	Flags: flag.Set{listFormatFlag, {
		{Name: "filter", Short: "f", Type: "filter", Usage: "Filter output based on conditions provided", Check: checkFilter},
		{Name: "quiet", Short: "q", Usage: "Only display IDs"},
	}},
	Run: nodeList,
}

var inspectNodes = command.Command{
	Usage: []string{"[OPTIONS] self|NODE [NODE...]"}, Short: "Display detailed information on one or more nodes",
	Flags: flag.Set{inspectFormatFlag}, Min: 1, Max: command.Any, Complete: "node",
	Run: func(call *command.Call) error {
		return inspect(call, func(name string) ([]byte, error) {
			name, err := nodeName(call, name)
			if err != nil {
				return nil, err
			}
			return rawOf(call, "/nodes/"+rest.Escape(name), nil)
		})
	},
}

var listNodeTasks = command.Command{
	Usage: []string{"[OPTIONS] [NODE...]"}, Short: "List tasks running on one or more nodes, defaults to current node",
	Flags: flag.Set{taskFlags}, Min: 0, Max: command.Any, Complete: "node",
	Run: func(call *command.Call) error {
		names := call.Args
		if len(names) == 0 {
			names = []string{"self"}
		}
		filter := filterMap(call.List("filter"))
		filter["node"] = map[string]bool{}
		for _, name := range names {
			name, err := nodeName(call, name)
			if err != nil {
				return err
			}
			var node nodeRow
			if err := call.Engine().Get("/nodes/"+rest.Escape(name), nil, &node); err != nil {
				return err
			}
			filter["node"][node.ID] = true
		}
		return printTasks(call, filter)
	},
}

var removeNodes = command.Command{
	Usage: []string{"[OPTIONS] NODE [NODE...]"}, Short: "Remove one or more nodes from the swarm", Synonyms: "docker node rm, docker node remove",
	Flags: flag.Set{{{Name: "force", Short: "f", Usage: "Force remove a node from the swarm"}}},
	Min:   1, Max: command.Any, Complete: "node",
	Run: func(call *command.Call) error {
		return eachArgument(call, func(name string) error {
			return call.Engine().Delete("/nodes/"+rest.Escape(name), queryOf("force", truth(call.Bool("force"))), nil)
		})
	},
}

var updateNode = command.Command{
	Usage: []string{"[OPTIONS] NODE"}, Short: "Update a node",
	Flags: flag.Set{{
		{Name: "availability", Type: "string", Usage: `Availability of the node ("active", "pause", "drain")`},
		{Name: "label-add", Type: "list", Usage: `Add or update a node label ("key=value")`},
		{Name: "label-rm", Type: "list", Usage: "Remove a node label if exists"},
		{Name: "role", Type: "string", Usage: `Role of the node ("worker", "manager")`},
	}},
	Min: 1, Max: 1, Complete: "node", Run: nodeUpdate,
}

// eachArgument does something with every argument, and prints those that went well.
func eachArgument(call *command.Call, do func(name string) error) error {
	var failures []string
	for _, name := range call.Args {
		if err := do(name); err != nil {
			failures = append(failures, err.Error())
			continue
		}
		fmt.Fprintln(call.Out, name)
	}
	if len(failures) > 0 {
		return errors.New(strings.Join(failures, "\n"))
	}
	return nil
}

// nodeRow is a node, as far as it is shown.
type nodeRow struct {
	ID      string
	Version struct{ Index uint64 }
	Spec    struct {
		Name         string `json:",omitempty"`
		Labels       map[string]string
		Role         string
		Availability string
	}
	Description struct {
		Hostname string
		Engine   struct{ EngineVersion string }
	}
	Status        struct{ State, Message, Addr string }
	ManagerStatus *struct {
		Leader             bool
		Reachability, Addr string
	}

	self bool
}

// selfID is the id of the node that is asked.
func selfID(call *command.Call) (string, error) {
	var info engineInfo
	if err := call.Engine().Get("/info", nil, &info); err != nil {
		return "", err
	}
	return info.Swarm.NodeID, nil
}

func nodeName(call *command.Call, name string) (string, error) {
	if name != "self" {
		return name, nil
	}
	id, err := selfID(call)
	if err == nil && id == "" {
		err = errors.New("node ID not found in /info")
	}
	return id, err
}

func nodeList(call *command.Call) error {
	var rows []*nodeRow
	if err := call.Engine().Get("/nodes", queryOf("filters", filtersOf(call.List("filter"))), &rows); err != nil {
		return err
	}
	if len(rows) > 0 && !call.Bool("quiet") {
		self, err := selfID(call)
		if err != nil {
			return err
		}
		for _, row := range rows {
			row.self = row.ID == self
		}
	}
	sort.Slice(rows, func(i, j int) bool { return natural(rows[i].Description.Hostname, rows[j].Description.Hostname) })
	layout := call.String("format")
	if call.Bool("quiet") && (layout == "" || layout == "table") {
		layout = "{{.ID}}"
	}
	fallback := "table {{.ID}} {{if .Self}}*{{else}} {{ end }}\t{{.Hostname}}\t{{.Status}}\t{{.Availability}}\t{{.ManagerStatus}}\t{{.EngineVersion}}"
	return nodeView.Print(call.Out, layout, fallback, rows, false)
}

func capital(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

var nodeView = format.View[*nodeRow]{
	Kind: "*node.nodeContext",
	Fields: []format.Field[*nodeRow]{
		{Name: "ID", Header: "ID", Value: func(r *nodeRow, _ bool) string { return r.ID }},
		{Name: "Hostname", Header: "HOSTNAME", Value: func(r *nodeRow, _ bool) string { return r.Description.Hostname }},
		{Name: "Status", Header: "STATUS", Value: func(r *nodeRow, _ bool) string { return capital(r.Status.State) }},
		{Name: "Availability", Header: "AVAILABILITY", Value: func(r *nodeRow, _ bool) string { return capital(r.Spec.Availability) }},
		{Name: "ManagerStatus", Header: "MANAGER STATUS", Value: func(r *nodeRow, _ bool) string {
			switch {
			case r.ManagerStatus == nil:
				return ""
			case r.ManagerStatus.Leader:
				return "Leader"
			}
			return capital(r.ManagerStatus.Reachability)
		}},
		{Name: "EngineVersion", Header: "ENGINE VERSION", Value: func(r *nodeRow, _ bool) string { return r.Description.Engine.EngineVersion }},
		{Name: "TLSStatus", Header: "TLS STATUS", Value: func(*nodeRow, bool) string { return "Ready" }},
	},
	Extras: []format.Extra[*nodeRow]{{Name: "Self", Value: func(r *nodeRow) any { return r.self }}},
}

func nodeUpdate(call *command.Call) error {
	name, err := nodeName(call, call.Args[0])
	if err != nil {
		return err
	}
	var node nodeRow
	if err := call.Engine().Get("/nodes/"+rest.Escape(name), nil, &node); err != nil {
		return err
	}
	for field, value := range map[string]*string{"availability": &node.Spec.Availability, "role": &node.Spec.Role} {
		if call.Has(field) {
			*value = call.String(field)
		}
	}
	if node.Spec.Labels == nil {
		node.Spec.Labels = map[string]string{}
	}
	for key, value := range call.Map("label-add") {
		node.Spec.Labels[key] = value
	}
	for _, key := range call.List("label-rm") {
		delete(node.Spec.Labels, key)
	}
	query := queryOf("version", strconv.FormatUint(node.Version.Index, 10))
	if err := call.Engine().Post("/nodes/"+rest.Escape(node.ID)+"/update", query, &node.Spec, nil); err != nil {
		return err
	}
	return printed(call, call.Args[0])
}
