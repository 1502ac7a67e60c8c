package main

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/docker/go-units"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/format"
)

var listContainers = command.Command{
	Usage: []string{"[OPTIONS]"}, Short: "List containers",
	Synonyms: "docker container ls, docker container list, docker container ps, docker ps",
	Flags: flag.Set{listFormatFlag, {
		{Name: "all", Short: "a", Usage: "Show all containers (default shows just running)"},
		{Name: "filter", Short: "f", Type: "filter", Usage: "Filter output based on conditions provided", Check: checkFilter},
		{Name: "last", Short: "n", Type: "int", Default: "-1", Usage: "Show n last created containers (includes all states)"},
		{Name: "latest", Short: "l", Usage: "Show the latest created container (includes all states)"},
		{Name: "no-trunc", Usage: "Don't truncate output"},
		{Name: "quiet", Short: "q", Usage: "Only display container IDs"},
		{Name: "size", Short: "s", Usage: "Display total file sizes"},
	}},
	Run: containerList,
}

func containerList(call *command.Call) error {
	layout := call.String("format")
	if layout == "" {
		layout = call.Config().PsFormat
	} else if call.Bool("quiet") {
		fmt.Fprintln(call.Err, "WARNING: Ignoring custom format, because both --format and --quiet are set.")
	}
	if text := call.String("format"); text != "" {
		if err := containerView.Check(text); err != nil {
			return err
		}
	}
	size := call.Bool("size") || !call.Bool("quiet") && !call.Has("size") &&
		(strings.Contains(layout, ".Size") || strings.Contains(layout, "json .}"))
	containers, err := askContainers(call, size)
	if err != nil {
		return err
	}
	trunc := !call.Bool("no-trunc")
	if call.Bool("quiet") {
		return printLines(call, containers, func(c *containerSummary) string { return containerID(c, trunc) })
	}
	table := format.Table("ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names")
	if size {
		table += "\t{{.Size}}"
	}
	return containerView.Print(call.Out, layout, table, containers, trunc)
}

func askContainers(call *command.Call, size bool) (containerSummaries, error) {
	query := url.Values{}
	if call.Bool("all") {
		query.Set("all", "1")
	}
	switch last := call.Int("last"); {
	case last > 0:
		query.Set("limit", strconv.FormatInt(last, 10))
	case call.Bool("latest") && last == -1:
		query.Set("limit", "1")
	}
	if size {
		query.Set("size", "1")
	}
	if filters := filtersOf(call.List("filter")); filters != "" {
		query.Set("filters", filters)
	}
	var containers containerSummaries
	err := call.Engine().Get("/containers/json", query, &containers)
	return containers, err
}

var containerView = format.View[*containerSummary]{
	Kind: "*formatter.ContainerContext",
	Fields: []format.Field[*containerSummary]{
		{Name: "ID", Header: "CONTAINER ID", Value: containerID},
		{Name: "Names", Header: "NAMES", Value: containerNames},
		{Name: "Image", Header: "IMAGE", Value: containerImage},
		{Name: "Command", Header: "COMMAND", Value: containerCommand},
		{Name: "CreatedAt", Header: "CREATED AT", Value: func(c *containerSummary, _ bool) string { return time.Unix(c.Created, 0).String() }},
		{Name: "RunningFor", Header: "CREATED", Value: func(c *containerSummary, _ bool) string { return ago(c.Created) }},
		{Name: "Ports", Header: "PORTS", Value: func(c *containerSummary, _ bool) string { return displayPorts(c.Ports) }},
		{Name: "State", Header: "STATE", Value: func(c *containerSummary, _ bool) string { return c.State }},
		{Name: "Status", Header: "STATUS", Value: func(c *containerSummary, _ bool) string { return c.Status }},
		{Name: "Size", Header: "SIZE", Value: containerSize},
		{Name: "Labels", Header: "LABELS", Value: func(c *containerSummary, _ bool) string { return joinLabels(c.Labels) }},
		{Name: "Mounts", Header: "MOUNTS", Value: containerMounts},
		{Name: "LocalVolumes", Header: "LOCAL VOLUMES", Value: localVolumes},
		{Name: "Networks", Header: "NETWORKS", Value: containerNetworks},
	},
	// Platform is of newer engines than this API.
	Extras: []format.Extra[*containerSummary]{{Name: "Platform", Value: func(*containerSummary) any { return nil }}},
	Label:  func(c *containerSummary, name string) string { return c.Labels[name] },
}

// ago says how long past a moment is, as "2 minutes ago".
func ago(unix int64) string {
	return units.HumanDuration(time.Now().UTC().Sub(time.Unix(unix, 0))) + " ago"
}
