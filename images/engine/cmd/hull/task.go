package main

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"time"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/format"
)

// taskFlags are those of lists of tasks.
var taskFlags = []flag.Flag{
	{Name: "filter", Short: "f", Type: "filter", Usage: "Filter output based on conditions provided", Check: checkFilter},
	{Name: "format", Type: "string", Usage: "Pretty-print tasks using a Go template"},
	{Name: "no-resolve", Usage: "Do not map IDs to Names"},
	{Name: "no-trunc", Usage: "Do not truncate output"},
	{Name: "quiet", Short: "q", Usage: "Only display task IDs"},
}

// taskRow is a task, as far as it is shown.
type taskRow struct {
	ID        string
	CreatedAt time.Time
	Spec      struct{ ContainerSpec struct{ Image string } }
	ServiceID string
	Slot      int
	NodeID    string
	Status    struct {
		Timestamp  time.Time
		State, Err string
		PortStatus struct{ Ports []portRow }
	}
	DesiredState string

	name, shown, node string
}

type portRow struct {
	Protocol      string
	TargetPort    uint32
	PublishedPort uint32
	PublishMode   string
}

func (p portRow) String() string {
	return fmt.Sprintf("*:%d->%d/%s", p.PublishedPort, p.TargetPort, p.Protocol)
}

// printTasks lists the tasks that a filter lets through: by name, the newest of each first.
func printTasks(call *command.Call, filter map[string]map[string]bool) error {
	text, err := json.Marshal(filter)
	if err != nil {
		return err
	}
	var rows []*taskRow
	if err := call.Engine().Get("/tasks", queryOf("filters", string(text)), &rows); err != nil {
		return err
	}
	services, nodes := map[string]string{}, map[string]string{}
	if !call.Bool("no-resolve") && len(rows) > 0 {
		var allServices []serviceRow
		var allNodes []nodeRow
		if err := call.Engine().Get("/services", nil, &allServices); err != nil {
			return err
		}
		if err := call.Engine().Get("/nodes", nil, &allNodes); err != nil {
			return err
		}
		for i := range allServices {
			services[allServices[i].ID] = allServices[i].Spec.Name
		}
		for i := range allNodes {
			nodes[allNodes[i].ID] = allNodes[i].Description.Hostname
		}
	}
	for _, row := range rows {
		row.name, row.node = row.ServiceID, row.NodeID
		if name := services[row.ServiceID]; name != "" {
			row.name = name
		}
		if name := nodes[row.NodeID]; name != "" {
			row.node = name
		}
		if row.Slot != 0 {
			row.name += fmt.Sprintf(".%d", row.Slot)
		} else {
			row.name += "." + row.NodeID
		}
	}
	sort.SliceStable(rows, func(i, j int) bool {
		if rows[i].name != rows[j].name {
			return natural(rows[i].name, rows[j].name)
		}
		return rows[i].CreatedAt.After(rows[j].CreatedAt)
	})
	layout := call.String("format")
	last := ""
	for _, row := range rows {
		row.shown = row.name
		if row.name == last && (layout == "" || strings.HasPrefix(layout, "table")) {
			row.shown = ` \_ ` + row.name
		}
		last = row.name
	}
	if call.Bool("quiet") && (layout == "" || layout == "table") {
		layout = "{{.ID}}"
	}
	fallback := format.Table("ID", "Name", "Image", "Node", "DesiredState", "CurrentState", "Error", "Ports")
	return taskView.Print(call.Out, layout, fallback, rows, !call.Bool("no-trunc"))
}

// errorWidth is how much of a task's error a list shows.
const errorWidth = 30

var taskView = format.View[*taskRow]{
	Kind: "*task.taskContext",
	Fields: []format.Field[*taskRow]{
		{Name: "ID", Header: "ID", Value: func(r *taskRow, trunc bool) string {
			if trunc {
				return format.ShortID(r.ID)
			}
			return r.ID
		}},
		{Name: "Name", Header: "NAME", Value: func(r *taskRow, _ bool) string { return r.shown }},
		{Name: "Image", Header: "IMAGE", Value: func(r *taskRow, trunc bool) string { return imageName(r.Spec.ContainerSpec.Image, trunc) }},
		{Name: "Node", Header: "NODE", Value: func(r *taskRow, _ bool) string { return r.node }},
		{Name: "DesiredState", Header: "DESIRED STATE", Value: func(r *taskRow, _ bool) string { return capital(r.DesiredState) }},
		{Name: "CurrentState", Header: "CURRENT STATE", Value: func(r *taskRow, _ bool) string {
			return capital(r.Status.State) + " " + since(r.Status.Timestamp)
		}},
		{Name: "Error", Header: "ERROR", Value: func(r *taskRow, trunc bool) string {
			text := r.Status.Err
			if text == "" {
				return ""
			}
			if trunc {
				text = format.Ellipsis(text, errorWidth)
			}
			return `"` + text + `"`
		}},
		{Name: "Ports", Header: "PORTS", Value: func(r *taskRow, _ bool) string {
			var ports []string
			for _, port := range r.Status.PortStatus.Ports {
				ports = append(ports, port.String())
			}
			return strings.Join(ports, ",")
		}},
	},
}

// imageName is an image without the digest that it was found to have.
func imageName(image string, trunc bool) string {
	if name, _, ok := strings.Cut(image, "@"); ok && trunc && strings.Contains(name, ":") {
		return name
	}
	return image
}
