package main

import (
	"errors"
	"sort"
	"strconv"

	"github.com/docker/go-units"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/format"
)

var createVolume = command.Command{
	Usage: []string{"[OPTIONS] [VOLUME]"}, Short: "Create a volume",
	Flags: flag.Set{{
		{Name: "driver", Short: "d", Type: "string", Default: "local", Usage: "Specify volume driver name"},
		{Name: "label", Type: "list", Usage: "Set metadata for a volume"},
		{Name: "opt", Short: "o", Type: "map", Default: "map[]", Usage: "Set driver specific options"},
		{Name: "name", Type: "string", Hidden: true},
	}},
	Max: 1, Run: volumeCreate,
}

var listVolumes = command.Command{
	Usage: []string{"[OPTIONS]"}, Short: "List volumes", Synonyms: "docker volume ls, docker volume list",
	Flags: flag.Set{listFormatFlag, {
		{Name: "filter", Short: "f", Type: "filter", Usage: `Provide filter values (e.g. "dangling=true")`, Check: checkFilter},
		{Name: "quiet", Short: "q", Usage: "Only display volume names"},
	}},
	Run: volumeList,
}

var removeVolumes = command.Command{
	Usage: []string{"[OPTIONS] VOLUME [VOLUME...]"},
	Short: "Remove one or more volumes. You cannot remove a volume that is in use by a container.",
	Brief: "Remove one or more volumes", Synonyms: "docker volume rm, docker volume remove",
	Flags: flag.Set{{
		{Name: "force", Short: "f", Usage: "Force the removal of one or more volumes"},
	}},
	Min: 1, Max: command.Any, Complete: "volume",
	Run: func(call *command.Call) error {
		return each(call, call.Args, func(name string) error {
			return call.Engine().Delete(volumePath(name), queryOf("force", truth(call.Bool("force"))), nil)
		})
	},
}

func volumeCreate(call *command.Call) error {
	request := struct {
		Name       string            `json:",omitempty"`
		Driver     string            `json:",omitempty"`
		DriverOpts map[string]string `json:",omitempty"`
		Labels     map[string]string `json:",omitempty"`
	}{call.String("name"), call.String("driver"), call.Map("opt"), call.Map("label")}
	if len(call.Args) > 0 {
		if request.Name != "" {
			return errors.New("conflicting options: cannot specify a volume-name through both --name and as a positional arg")
		}
		request.Name = call.Args[0]
	}
	var created struct{ Name string }
	if err := call.Engine().Post("/volumes/create", nil, &request, &created); err != nil {
		return err
	}
	return printed(call, created.Name)
}

// volumeRow is a row of GET /volumes, as far as it is shown.
type volumeRow struct {
	Name       string
	Driver     string
	Mountpoint string
	Scope      string
	Labels     map[string]string
	UsageData  *struct{ Size, RefCount int64 }
}

func volumeList(call *command.Call) error {
	var list struct{ Volumes []*volumeRow }
	if err := call.Engine().Get("/volumes", queryOf("filters", filtersOf(call.List("filter"))), &list); err != nil {
		return err
	}
	rows := list.Volumes
	sort.Slice(rows, func(i, j int) bool { return natural(rows[i].Name, rows[j].Name) })
	layout := call.String("format")
	if layout == "" && !call.Bool("quiet") {
		layout = call.Config().VolumesFormat
	}
	if call.Bool("quiet") && (layout == "" || layout == "table") {
		layout = "{{.Name}}"
	}
	return volumeView.Print(call.Out, layout, format.Table("Driver", "Name"), rows, true)
}

// unknown stands where the engine did not say.
func unknown(*volumeRow, bool) string { return "N/A" }

var volumeView = format.View[*volumeRow]{
	Kind: "*formatter.volumeContext",
	Fields: []format.Field[*volumeRow]{
		{Name: "Name", Header: "VOLUME NAME", Value: func(r *volumeRow, _ bool) string { return r.Name }},
		{Name: "Driver", Header: "DRIVER", Value: func(r *volumeRow, _ bool) string { return r.Driver }},
		{Name: "Scope", Header: "SCOPE", Value: func(r *volumeRow, _ bool) string { return r.Scope }},
		{Name: "Mountpoint", Header: "MOUNTPOINT", Value: func(r *volumeRow, _ bool) string { return r.Mountpoint }},
		{Name: "Labels", Header: "LABELS", Value: func(r *volumeRow, _ bool) string { return joinLabels(r.Labels) }},
		{Name: "Links", Header: "LINKS", Value: func(r *volumeRow, _ bool) string {
			if r.UsageData == nil {
				return "N/A"
			}
			return strconv.FormatInt(r.UsageData.RefCount, 10)
		}},
		{Name: "Size", Header: "SIZE", Value: func(r *volumeRow, _ bool) string {
			if r.UsageData == nil {
				return "N/A"
			}
			return units.HumanSize(float64(r.UsageData.Size))
		}},
		{Name: "Group", Header: "GROUP", Value: unknown},
		{Name: "Availability", Header: "AVAILABILITY", Value: unknown},
		{Name: "Status", Header: "STATUS", Value: unknown},
	},
	Label: func(r *volumeRow, name string) string { return r.Labels[name] },
}
