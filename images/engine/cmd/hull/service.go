package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"sort"
	"strconv"
	"strings"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/format"
	"twinhull/engine/client/rest"
)

var serviceGroup = command.Command{
	Short: "Manage Swarm services",
	Entries: []command.Entry{
		{Name: "create", Command: &createService},
		{Name: "inspect", Command: &inspectServices},
		{Name: "logs", Command: &serviceLogs},
		{Name: "ls", Aliases: []string{"list"}, Command: &listServices},
		{Name: "ps", Command: &listServiceTasks},
		{Name: "rm", Aliases: []string{"remove"}, Command: &removeServices},
		{Name: "rollback", Command: &rollbackService},
		{Name: "scale", Command: &scaleServices},
		{Name: "update", Command: &updateService},
	},
}

var inspectServices = command.Command{
	Usage: []string{"[OPTIONS] SERVICE [SERVICE...]"}, Short: "Display detailed information on one or more services",
	Flags: flag.Set{inspectFormatFlag}, Min: 1, Max: command.Any, Complete: "service",
	Run: func(call *command.Call) error {
		return inspect(call, func(name string) ([]byte, error) { return rawOf(call, servicePath(name), nil) })
	},
}

var listServices = command.Command{
	Usage: []string{"[OPTIONS]"}, Short: "List services", Synonyms: "docker service ls, docker service list",
	Flags: flag.Set{listFormatFlag, {
		{Name: "filter", Short: "f", Type: "filter", Usage: "Filter output based on conditions provided", Check: checkFilter},
		{Name: "quiet", Short: "q", Usage: "Only display IDs"},
	}},
	Run: serviceList,
}

var listServiceTasks = command.Command{
	Usage: []string{"[OPTIONS] SERVICE [SERVICE...]"}, Short: "List the tasks of one or more services",
	Flags: flag.Set{taskFlags}, Min: 1, Max: command.Any, Complete: "service",
	Run: func(call *command.Call) error {
		filter := filterMap(call.List("filter"))
		filter["service"] = map[string]bool{}
		for _, name := range call.Args {
			var service serviceRow
			if err := call.Engine().Get(servicePath(name), nil, &service); err != nil {
				if rest.IsNotFound(err) {
					return fmt.Errorf("no such service: %s", name)
				}
				return err
			}
			filter["service"][service.ID] = true
		}
		return printTasks(call, filter)
	},
}

var removeServices = command.Command{
	Usage: []string{"SERVICE [SERVICE...]"}, Short: "Remove one or more services", Synonyms: "docker service rm, docker service remove",
	Min: 1, Max: command.Any, Complete: "service",
	Run: func(call *command.Call) error {
		return eachArgument(call, func(name string) error { return call.Engine().Delete(servicePath(name), nil, nil) })
	},
}

var serviceLogs = command.Command{
	Usage: []string{"[OPTIONS] SERVICE|TASK"}, Short: "Fetch the logs of a service or task",
	Flags: flag.Set{{
		{Name: "follow", Short: "f", Usage: "Follow log output"},
		{Name: "raw", Usage: "Do not neatly format logs"},
		{Name: "since", Type: "string", Usage: `Show logs since timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" for 42 minutes)`},
		{Name: "tail", Short: "n", Type: "string", Default: "all", Usage: "Number of lines to show from the end of the logs"},
		{Name: "timestamps", Short: "t", Usage: "Show timestamps"},
	}},
	Min: 1, Max: 1, Complete: "service", Run: printServiceLogs,
}

func servicePath(name string) string { return "/services/" + rest.Escape(name) }

// serviceRow is a service, as far as it is shown.
type serviceRow struct {
	ID      string
	Version struct{ Index uint64 }
	Spec    struct {
		Name         string
		Labels       map[string]string
		TaskTemplate struct {
			ContainerSpec struct {
				Image string
				TTY   bool
			}
		}
		Mode struct {
			Replicated *struct{ Replicas *uint64 }
			Global     *struct{}
		}
	}
	Endpoint      struct{ Ports []portRow }
	UpdateStatus  *struct{ State, Message string }
	ServiceStatus *struct{ RunningTasks, DesiredTasks uint64 }
}

func (r *serviceRow) mode() string {
	if r.Spec.Mode.Global != nil {
		return "global"
	}
	return "replicated"
}

func serviceList(call *command.Call) error {
	var rows []*serviceRow
	query := queryOf("filters", filtersOf(call.List("filter")), "status", truth(!call.Bool("quiet")))
	if err := call.Engine().Get("/services", query, &rows); err != nil {
		return err
	}
	sort.Slice(rows, func(i, j int) bool { return natural(rows[i].Spec.Name, rows[j].Spec.Name) })
	layout := call.String("format")
	if call.Bool("quiet") && (layout == "" || layout == "table") {
		layout = "{{.ID}}"
	}
	return serviceView.Print(call.Out, layout, format.Table("ID", "Name", "Mode", "Replicas", "Image", "Ports"), rows, true)
}

var serviceView = format.View[*serviceRow]{
	Kind: "*service.serviceContext",
	Fields: []format.Field[*serviceRow]{
		{Name: "ID", Header: "ID", Value: func(r *serviceRow, _ bool) string { return format.ShortID(r.ID) }},
		{Name: "Name", Header: "NAME", Value: func(r *serviceRow, _ bool) string { return r.Spec.Name }},
		{Name: "Mode", Header: "MODE", Value: func(r *serviceRow, _ bool) string { return r.mode() }},
		{Name: "Replicas", Header: "REPLICAS", Value: func(r *serviceRow, _ bool) string {
			if r.ServiceStatus == nil {
				return ""
			}
			return fmt.Sprintf("%d/%d", r.ServiceStatus.RunningTasks, r.ServiceStatus.DesiredTasks)
		}},
		{Name: "Image", Header: "IMAGE", Value: func(r *serviceRow, _ bool) string {
			return imageName(r.Spec.TaskTemplate.ContainerSpec.Image, true)
		}},
		{Name: "Ports", Header: "PORTS", Value: func(r *serviceRow, _ bool) string {
			var ports []string
			for _, port := range r.Endpoint.Ports {
				if port.PublishMode != "host" {
					ports = append(ports, port.String())
				}
			}
			return strings.Join(ports, ", ")
		}},
	},
	Label: func(r *serviceRow, name string) string { return r.Spec.Labels[name] },
}

// printServiceLogs prefixes lines with the task and node that they are of.
func printServiceLogs(call *command.Call) error {
	name := call.Args[0]
	query := url.Values{"stdout": {"1"}, "stderr": {"1"}, "tail": {call.String("tail")}, "details": {"1"}}
	for _, option := range [...]string{"follow", "timestamps"} {
		if call.Bool(option) {
			query.Set(option, "1")
		}
	}
	if text := call.String("since"); text != "" {
		moment, err := timestamp("since", text)
		if err != nil {
			return err
		}
		query.Set("since", moment)
	}
	var service serviceRow
	path, tty := "", false
	err := call.Engine().Get(servicePath(name), nil, &service)
	switch {
	case err == nil:
		path, tty = servicePath(service.ID)+"/logs", service.Spec.TaskTemplate.ContainerSpec.TTY
	case !rest.IsNotFound(err):
		return err
	default:
		var task taskRow
		if err := call.Engine().Get("/tasks/"+rest.Escape(name), nil, &task); err != nil {
			return fmt.Errorf("no such task or service: %s", name)
		}
		path = "/tasks/" + rest.Escape(task.ID) + "/logs"
	}
	if call.Bool("raw") {
		query.Del("details")
	}
	response, err := call.Engine().Do(&rest.Request{Method: "GET", Path: path, Query: query})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var out, complaints io.Writer = call.Out, call.Err
	if !call.Bool("raw") {
		names := &taskNames{call: call, of: map[string]string{}}
		out, complaints = &logPrefix{to: call.Out, names: names, times: call.Bool("timestamps")},
			&logPrefix{to: call.Err, names: names, times: call.Bool("timestamps")}
	}
	if tty {
		_, err = io.Copy(out, response.Body)
		return err
	}
	return rest.Frames(out, complaints, response.Body)
}

// taskNames finds what tasks are called.
type taskNames struct {
	call *command.Call
	of   map[string]string
}

func (n *taskNames) name(id string) string {
	if name, ok := n.of[id]; ok {
		return name
	}
	name := id
	var task taskRow
	var service serviceRow
	var node nodeRow
	// Another connection: the engine is busy with the log on this one.
	engine := n.call.Engine().Another()
	if engine.Get("/tasks/"+rest.Escape(id), nil, &task) == nil && engine.Get(servicePath(task.ServiceID), nil, &service) == nil &&
		engine.Get("/nodes/"+rest.Escape(task.NodeID), nil, &node) == nil {
		name = fmt.Sprintf("%s.%d.%s@%s", service.Spec.Name, task.Slot, format.ShortID(id), node.Description.Hostname)
		if task.Slot == 0 {
			name = fmt.Sprintf("%s.%s.%s@%s", service.Spec.Name, task.NodeID, format.ShortID(id), node.Description.Hostname)
		}
	}
	n.of[id] = name
	return name
}

// logPrefix turns the details of lines into names. It gets whole lines, one a write.
type logPrefix struct {
	to    io.Writer
	names *taskNames
	times bool
}

func (p *logPrefix) Write(line []byte) (int, error) {
	text, time := string(line), ""
	if p.times {
		time, text, _ = strings.Cut(text, " ")
		time += " "
	}
	details, said, ok := strings.Cut(text, " ")
	id := ""
	for _, pair := range strings.Split(details, ",") {
		if value, found := strings.CutPrefix(pair, "com.docker.swarm.task.id="); found {
			id = value
		}
	}
	if !ok || id == "" {
		_, err := p.to.Write(line)
		return len(line), err
	}
	_, err := fmt.Fprintf(p.to, "%s%s    | %s", time, p.names.name(id), said)
	return len(line), err
}

// specOf gets a service with the whole of its specification, to be changed.
func specOf(call *command.Call, name string) (service serviceRow, spec map[string]any, err error) {
	raw, err := rawOf(call, servicePath(name), nil)
	if err != nil {
		return service, nil, err
	}
	var whole struct{ Spec map[string]any }
	if err = json.Unmarshal(raw, &service); err == nil {
		err = json.Unmarshal(raw, &whole)
	}
	return service, whole.Spec, err
}

func postService(call *command.Call, service *serviceRow, spec map[string]any, rollback string) error {
	query := queryOf("version", strconv.FormatUint(service.Version.Index, 10), "rollback", rollback)
	return call.Engine().Post(servicePath(service.ID)+"/update", query, spec, nil)
}
