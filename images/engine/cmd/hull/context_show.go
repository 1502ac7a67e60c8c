package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"

	"twinhull/engine/client/command"
	"twinhull/engine/client/config"
	"twinhull/engine/client/format"
)

// contextRow is a line of `docker context ls`.
type contextRow struct {
	config.Context
	current bool
	failure string
}

func contextList(call *command.Call) error {
	list, err := contexts(call).List()
	if err != nil {
		return err
	}
	list = append(list, defaultContext())
	current := call.ContextName()
	var rows []*contextRow
	found := false
	for _, context := range list {
		rows = append(rows, &contextRow{Context: context, current: context.Name == current})
		found = found || context.Name == current
	}
	if !found {
		_, err := contexts(call).Get(current)
		rows = append(rows, &contextRow{Context: config.Context{Name: current}, current: true, failure: err.Error()})
	}
	sort.Slice(rows, func(i, j int) bool { return natural(rows[i].Name, rows[j].Name) })
	layout := call.String("format")
	if call.Bool("quiet") {
		layout = "{{.Name}}"
	}
	table := "table {{.Name}}{{if .Current}} *{{end}}\t{{.Description}}\t{{.DockerEndpoint}}\t{{.Error}}"
	if err := contextView.Print(call.Out, layout, table, rows, true); err != nil {
		return err
	}
	if os.Getenv("DOCKER_HOST") != "" {
		fmt.Fprintln(call.Err, "Warning: DOCKER_HOST environment variable overrides the active context. To use a context, "+
			"either set the global --context flag, or unset DOCKER_HOST environment variable.")
	}
	return nil
}

var contextView = format.View[*contextRow]{
	Kind: "*formatter.clientContextContext",
	Fields: []format.Field[*contextRow]{
		{Name: "Name", Header: "NAME", Value: func(r *contextRow, _ bool) string { return r.Name }},
		{Name: "Description", Header: "DESCRIPTION", Value: func(r *contextRow, _ bool) string { return r.Description }},
		{Name: "DockerEndpoint", Header: "DOCKER ENDPOINT", Value: func(r *contextRow, _ bool) string { return r.Host }},
		{Name: "Error", Header: "ERROR", Value: func(r *contextRow, _ bool) string { return format.Ellipsis(r.failure, 45) }},
	},
	Extras: []format.Extra[*contextRow]{{Name: "Current", Value: func(r *contextRow) any { return r.current }}},
}

func contextInspect(call *command.Call) error {
	if len(call.Args) == 0 {
		call.Args = []string{call.ContextName()}
	}
	return inspect(call, func(name string) ([]byte, error) {
		context, err := getContext(call, name)
		if err != nil {
			return nil, err
		}
		return json.Marshal(inspectionOf(&context))
	})
}

// contextInspection is what `docker context inspect` shows.
type contextInspection struct {
	Name        string
	Metadata    map[string]string
	Endpoints   map[string]contextEndpoint
	TLSMaterial struct{}
	Storage     struct{ MetadataPath, TLSPath string }
}

type contextEndpoint struct {
	Host          string `json:",omitempty"`
	SkipTLSVerify bool
}

func inspectionOf(context *config.Context) *contextInspection {
	shown := &contextInspection{
		Name: context.Name, Metadata: map[string]string{},
		Endpoints: map[string]contextEndpoint{"docker": {context.Host, context.SkipTLS}},
	}
	shown.Storage.MetadataPath, shown.Storage.TLSPath = "<IN MEMORY>", "<IN MEMORY>"
	if context.MetadataPath != "" {
		shown.Storage.MetadataPath = context.MetadataPath
		shown.Storage.TLSPath = strings.Replace(context.MetadataPath, "/contexts/meta/", "/contexts/tls/", 1)
		if context.Description != "" {
			shown.Metadata["Description"] = context.Description
		}
	}
	return shown
}
