package main

import (
	"encoding/json"
	"fmt"
	"io"
	"sort"
	"strings"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/format"
)

// listFormat and inspectFormat are the help of --format for tables and for single objects.
const (
	listFormat = "Format output using a custom template:\n" +
		"'table':            Print output in table format with column headers (default)\n" +
		"'table TEMPLATE':   Print output in table format using the given Go template\n" +
		"'json':             Print in JSON format\n" +
		"'TEMPLATE':         Print output using the given Go template.\n" +
		"Refer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates"
	inspectFormat = "Format output using a custom template:\n" +
		"'json':             Print in JSON format\n" +
		"'TEMPLATE':         Print output using the given Go template.\n" +
		"Refer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates"
)

var (
	listFormatFlag    = []flag.Flag{{Name: "format", Type: "string", Usage: listFormat}}
	inspectFormatFlag = []flag.Flag{{Name: "format", Short: "f", Type: "string", Usage: inspectFormat}}
)

// printTemplate prints one value with a template and a newline; "json" is the template of the whole value.
func printTemplate(call *command.Call, name, layout string, value any) error {
	if layout == "json" {
		layout = "{{json .}}"
	}
	template, err := format.Parse(name, layout)
	if err != nil {
		return command.Fail(64, "%v", err)
	}
	if err := template.Execute(call.Out, value); err != nil {
		return err
	}
	_, err = fmt.Fprintln(call.Out)
	return err
}

// filtersOf returns --filter as the API wants it: {"name":{"value":true}}, "" if there is none.
func filtersOf(words []string) string {
	if len(words) == 0 {
		return ""
	}
	raw, _ := json.Marshal(filterMap(words))
	return string(raw)
}

// printLines prints a line for each row, all at once.
func printLines[T any](call *command.Call, rows []T, line func(T) string) error {
	var text strings.Builder
	for _, row := range rows {
		text.WriteString(line(row) + "\n")
	}
	_, err := io.WriteString(call.Out, text.String())
	return err
}

// sortedKeys returns a map's keys in order.
func sortedKeys[V any](of map[string]V) []string {
	keys := make([]string, 0, len(of))
	for key := range of {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
