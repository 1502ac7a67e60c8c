package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/format"
	"twinhull/engine/client/rest"
)

var inspectAny = command.Command{
	Usage: []string{"[OPTIONS] NAME|ID [NAME|ID...]"}, Short: "Return low-level information on Docker objects",
	Flags: flag.Set{inspectFormatFlag, {
		{Name: "size", Short: "s", Usage: "Display total file sizes if the type is container"},
		{Name: "type", Type: "string", Usage: "Only inspect objects of the given type"},
	}},
	Min: 1, Max: command.Any, Complete: "container", Run: inspectObjects,
}

var inspectContainers = command.Command{
	Usage: []string{"[OPTIONS] CONTAINER [CONTAINER...]"}, Short: "Display detailed information on one or more containers",
	Flags: flag.Set{inspectFormatFlag, {
		{Name: "size", Short: "s", Usage: "Display total file sizes"},
	}},
	Min: 1, Max: command.Any, Complete: "container",
	Run: func(call *command.Call) error {
		return inspect(call, func(name string) ([]byte, error) {
			return rawOf(call, containerPath(name), queryOf("size", truth(call.Bool("size"))))
		})
	},
}

var inspectImages = command.Command{
	Usage: []string{"[OPTIONS] IMAGE [IMAGE...]"}, Short: "Display detailed information on one or more images",
	Flags: flag.Set{inspectFormatFlag, {}},
	Min:   1, Max: command.Any, Complete: "image",
	Run: func(call *command.Call) error {
		return inspect(call, func(name string) ([]byte, error) { return rawOf(call, imagePath(name), nil) })
	},
}

var inspectNetworks = command.Command{
	Usage: []string{"[OPTIONS] NETWORK [NETWORK...]"}, Short: "Display detailed information on one or more networks",
	Flags: flag.Set{inspectFormatFlag, {
		{Name: "verbose", Short: "v", Usage: "Verbose output for diagnostics"},
	}},
	Min: 1, Max: command.Any, Complete: "network",
	Run: func(call *command.Call) error {
		query := url.Values{}
		if call.Bool("verbose") {
			query.Set("verbose", "true")
		}
		return inspect(call, func(name string) ([]byte, error) { return rawOf(call, networkPath(name), query) })
	},
}

var inspectVolumes = command.Command{
	Usage: []string{"[OPTIONS] VOLUME [VOLUME...]"}, Short: "Display detailed information on one or more volumes",
	Flags: flag.Set{inspectFormatFlag},
	Min:   1, Max: command.Any, Complete: "volume",
	Run: func(call *command.Call) error {
		return inspect(call, func(name string) ([]byte, error) { return rawOf(call, volumePath(name), nil) })
	},
}

func containerPath(name string) string { return "/containers/" + rest.Escape(name) + "/json" }
func imagePath(name string) string     { return "/images/" + name + "/json" }
func networkPath(name string) string   { return "/networks/" + rest.Escape(name) }
func volumePath(name string) string    { return "/volumes/" + rest.Escape(name) }

// objectKinds are what `docker inspect` looks for, in this order.
var objectKinds = [...]struct {
	name  string
	path  func(string) string
	swarm bool
}{
	{"container", containerPath, false},
	{"image", imagePath, false},
	{"network", networkPath, false},
	{"volume", volumePath, false},
	{"service", func(name string) string { return "/services/" + rest.Escape(name) }, true},
	{"task", func(name string) string { return "/tasks/" + rest.Escape(name) }, true},
	{"node", func(name string) string { return "/nodes/" + rest.Escape(name) }, true},
	{"plugin", func(name string) string { return "/plugins/" + name + "/json" }, false},
	{"secret", func(name string) string { return "/secrets/" + rest.Escape(name) }, true},
	{"config", func(name string) string { return "/configs/" + rest.Escape(name) }, true},
}

func rawOf(call *command.Call, path string, query url.Values) ([]byte, error) {
	response, err := call.Engine().Do(&rest.Request{Method: "GET", Path: path, Query: query})
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return response.Bytes()
}

func inspectObjects(call *command.Call) error {
	kind := call.String("type")
	known := kind == ""
	for _, object := range objectKinds {
		known = known || object.name == kind
	}
	if call.Has("type") && kind == "" {
		return errors.New(`type is empty: must be one of "config", "container", "image", "network", "node", "plugin", "secret", "service", "task", "volume"`)
	}
	if !known {
		return fmt.Errorf(`unknown type: %q: must be one of "config", "container", "image", "network", "node", "plugin", `+
			`"secret", "service", "task", "volume"`, kind)
	}
	manager := swarmManager{call: call}
	return inspect(call, func(name string) ([]byte, error) { return findObject(call, kind, name, &manager) })
}

// findObject asks for one kind of object after another until there is one of the name.
func findObject(call *command.Call, kind, name string, manager *swarmManager) ([]byte, error) {
	for _, object := range objectKinds {
		if kind != "" && object.name != kind || kind == "" && object.swarm && !manager.is() {
			continue
		}
		query := url.Values{}
		if object.name == "container" && call.Bool("size") {
			query.Set("size", "1")
		}
		raw, err := rawOf(call, object.path(name), query)
		if err != nil && kind == "" && skippable(err) {
			continue
		}
		if err == nil && call.Bool("size") && object.name != "container" {
			fmt.Fprintln(call.Err, "WARNING: --size ignored for", object.name)
		}
		return raw, err
	}
	return nil, fmt.Errorf("Error: No such object: %s", name)
}

func skippable(err error) bool {
	text := err.Error()
	return rest.IsNotFound(err) || strings.Contains(text, "not supported") || strings.Contains(text, "invalid reference format")
}

// swarmManager tells whether the engine manages a swarm, and asks that only once.
type swarmManager struct {
	call   *command.Call
	asked  bool
	answer bool
}

func (m *swarmManager) is() bool {
	if m.asked {
		return m.answer
	}
	m.asked = true
	var info struct {
		Swarm struct{ ControlAvailable bool }
	}
	if err := m.call.Engine().Get("/info", nil, &info); err != nil {
		fmt.Fprintln(m.call.Err, err)
		return false
	}
	m.answer = info.Swarm.ControlAvailable
	return m.answer
}

// inspect prints objects: indented, compact ("json") or each with a template. Those that cannot be had are reported at
// the end.
func inspect(call *command.Call, find func(name string) ([]byte, error)) error {
	layout := call.String("format")
	shown, err := newShown(layout)
	if err != nil {
		return command.Fail(64, "%v", err)
	}
	var failed []error
	for _, name := range call.Args {
		raw, err := find(name)
		if err == nil {
			err = shown.add(raw)
		}
		if err != nil {
			failed = append(failed, err)
		}
	}
	if _, err := call.Out.Write(shown.text()); err != nil {
		return err
	}
	return errors.Join(failed...)
}

// shown collects objects in one of the three forms.
type shown struct {
	layout   string
	template *format.Template
	objects  [][]byte
	lines    bytes.Buffer
}

func newShown(layout string) (*shown, error) {
	shown := &shown{layout: layout}
	if layout == "" || layout == "json" {
		return shown, nil
	}
	var err error
	shown.template, err = format.Parse("", layout)
	return shown, err
}

func (s *shown) add(raw []byte) error {
	if s.template == nil {
		s.objects = append(s.objects, bytes.TrimSpace(raw))
		return nil
	}
	object, err := format.Read(raw)
	if err != nil {
		return fmt.Errorf("unable to read inspect data: %w", err)
	}
	var line bytes.Buffer
	if err := s.template.Option("missingkey=error").Execute(&line, object); err != nil {
		return fmt.Errorf("template parsing error: %w", err)
	}
	s.lines.Write(line.Bytes())
	s.lines.WriteByte('\n')
	return nil
}

func (s *shown) text() []byte {
	if s.template != nil {
		if s.lines.Len() == 0 {
			return []byte("\n")
		}
		return s.lines.Bytes()
	}
	list := append(append([]byte{'['}, bytes.Join(s.objects, []byte{','})...), ']')
	var text bytes.Buffer
	var err error
	switch {
	case len(s.objects) == 0:
		text.Write(list)
	case s.layout == "json":
		err = json.Compact(&text, list)
	default:
		err = json.Indent(&text, list, "", "    ")
	}
	if err != nil {
		text.Reset()
		text.Write(list)
	}
	text.WriteByte('\n')
	return text.Bytes()
}
