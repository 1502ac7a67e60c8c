package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
)

var updateService = command.Command{
	Usage: []string{"[OPTIONS] SERVICE"}, Short: "Update a service",
	Flags: flag.Set{waitFlags, policyFlags, {
		{Name: "args", Type: "command", Usage: "Service command args"},
		{Name: "constraint-add", Type: "list", Usage: "Add or update a placement constraint"},
		{Name: "constraint-rm", Type: "list", Usage: "Remove a constraint"},
		{Name: "env-add", Type: "list", Usage: "Add or update an environment variable"},
		{Name: "env-rm", Type: "list", Usage: "Remove an environment variable"},
		{Name: "force", Usage: "Force update even if no changes require it"},
		{Name: "image", Type: "string", Usage: "Service image tag"},
		{Name: "label-add", Type: "list", Usage: "Add or update a service label"},
		{Name: "label-rm", Type: "list", Usage: "Remove a label by its key"},
		{Name: "publish-add", Type: "list", Usage: "Add or update a published port"},
		{Name: "publish-rm", Type: "list", Usage: "Remove a published port by its target port"},
		{Name: "replicas", Type: "uint", Usage: "Number of tasks"},
		{Name: "rollback", Usage: "Rollback to previous specification"},
	}},
	Min: 1, Max: 1, Complete: "service", Run: serviceUpdate,
}

var rollbackService = command.Command{
	Usage: []string{"[OPTIONS] SERVICE"}, Short: "Revert changes to a service's configuration",
	Flags: flag.Set{waitFlags}, Min: 1, Max: 1, Complete: "service",
	Run: func(call *command.Call) error { return rollBack(call) },
}

var scaleServices = command.Command{
	Usage: []string{"SERVICE=REPLICAS [SERVICE=REPLICAS...]"}, Short: "Scale one or multiple replicated services",
	Flags: flag.Set{waitFlags}, Min: 1, Max: command.Any, Complete: "service", Run: serviceScale,
}

func rollBack(call *command.Call) error {
	service, spec, err := specOf(call, call.Args[0])
	if err != nil {
		return err
	}
	if err := postService(call, &service, spec, "previous"); err != nil {
		return err
	}
	fmt.Fprintln(call.Out, call.Args[0])
	return converge(call, service.ID)
}

func serviceScale(call *command.Call) error {
	var ids []string
	for _, word := range call.Args {
		name, text, found := strings.Cut(word, "=")
		count, err := strconv.ParseUint(text, 10, 64)
		if !found || err != nil {
			return fmt.Errorf("invalid scale specifier %q: write SERVICE=REPLICAS", word)
		}
		service, spec, err := specOf(call, name)
		if err != nil {
			return err
		}
		if service.mode() != "replicated" {
			return fmt.Errorf("%s: scale can only be used with replicated or replicated-job mode", name)
		}
		object(object(spec, "Mode"), "Replicated")["Replicas"] = count
		if err := postService(call, &service, spec, ""); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintf(call.Out, "%s scaled to %d\n", name, count)
		ids = append(ids, service.ID)
	}
	for _, id := range ids {
		if err := converge(call, id); err != nil {
			return err
		}
	}
	return nil
}

func serviceUpdate(call *command.Call) error {
	if call.Bool("rollback") {
		return rollBack(call)
	}
	service, spec, err := specOf(call, call.Args[0])
	if err != nil {
		return err
	}
	template := object(spec, "TaskTemplate")
	container := object(template, "ContainerSpec")
	if call.Has("image") {
		container["Image"] = call.String("image")
	}
	if call.Has("args") {
		container["Args"] = strings.Fields(call.String("args"))
	}
	if call.Has("env-add") || call.Has("env-rm") {
		container["Env"] = changed(texts(container["Env"]), call.List("env-add"), call.List("env-rm"), variable)
	}
	if call.Has("constraint-add") || call.Has("constraint-rm") {
		placement := object(template, "Placement")
		same := func(text string) string { return text }
		placement["Constraints"] = changed(texts(placement["Constraints"]), call.List("constraint-add"), call.List("constraint-rm"), same)
	}
	labels := object(spec, "Labels")
	for key, value := range call.Map("label-add") {
		labels[key] = value
	}
	for _, key := range call.List("label-rm") {
		delete(labels, key)
	}
	if call.Has("replicas") {
		if service.mode() != "replicated" {
			return fmt.Errorf("replicas can only be used with replicated or replicated-job mode")
		}
		object(object(spec, "Mode"), "Replicated")["Replicas"] = call.Int("replicas")
	}
	if call.Bool("force") {
		times, _ := template["ForceUpdate"].(float64)
		template["ForceUpdate"] = uint64(times) + 1
	}
	if call.Has("publish-add") || call.Has("publish-rm") {
		if err := changePorts(call, spec); err != nil {
			return err
		}
	}
	applyPolicies(call, spec)
	if err := postService(call, &service, spec, ""); err != nil {
		return err
	}
	fmt.Fprintln(call.Out, call.Args[0])
	return converge(call, service.ID)
}

// variable is the name of NAME=VALUE.
func variable(text string) string {
	name, _, _ := strings.Cut(text, "=")
	return name
}

func texts(value any) []string {
	var all []string
	list, _ := value.([]any)
	for _, one := range list {
		if text, ok := one.(string); ok {
			all = append(all, text)
		}
	}
	return all
}

// changed is a list without what is removed or added again, and then what is added.
func changed(list, add, remove []string, key func(string) string) []string {
	gone := map[string]bool{}
	for _, text := range append(slices.Clone(add), remove...) {
		gone[key(text)] = true
	}
	return append(slices.DeleteFunc(list, func(text string) bool { return gone[key(text)] }), add...)
}

func changePorts(call *command.Call, spec map[string]any) error {
	added, err := servicePorts(call.List("publish-add"))
	if err != nil {
		return err
	}
	removed, err := servicePorts(call.List("publish-rm"))
	if err != nil {
		return err
	}
	endpoint := object(spec, "EndpointSpec")
	old, _ := endpoint["Ports"].([]any)
	var kept []any
	for _, one := range old {
		port, _ := one.(map[string]any)
		target, _ := port["TargetPort"].(float64)
		protocol, _ := port["Protocol"].(string)
		if !slices.ContainsFunc(append(slices.Clone(removed), added...), func(gone portRow) bool {
			return float64(gone.TargetPort) == target && gone.Protocol == protocol
		}) {
			kept = append(kept, one)
		}
	}
	for _, port := range added {
		kept = append(kept, port)
	}
	endpoint["Ports"] = kept
	return nil
}
