package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/format"
	"twinhull/engine/client/rest"
)

var showEvents = command.Command{
	Usage: []string{"[OPTIONS]"}, Short: "Get real time events from the server", Synonyms: "docker system events, docker events",
	Flags: flag.Set{{
		{Name: "format", Type: "string", Usage: inspectFormat},
		{Name: "filter", Short: "f", Type: "filter", Usage: "Filter output based on conditions provided", Check: checkFilter},
		{Name: "since", Type: "string", Usage: "Show all events created since timestamp"},
		{Name: "until", Type: "string", Usage: "Stream events until this timestamp"},
	}},
	Run: systemEvents,
}

// event is a line of GET /events, in the order in which Docker's client prints it as JSON.
type event struct {
	Status string `json:"status,omitempty"`
	ID     string `json:"id,omitempty"`
	From   string `json:"from,omitempty"`
	Type   string
	Action string
	Actor  struct {
		ID         string
		Attributes map[string]string
	}
	Scope    string `json:"scope,omitempty"`
	Time     int64  `json:"time,omitempty"`
	TimeNano int64  `json:"timeNano,omitempty"`
}

func systemEvents(call *command.Call) error {
	layout := call.String("format")
	if layout == "json" {
		layout = "{{json .}}"
	}
	template, err := format.Parse("", layout)
	if err == nil && layout != "" {
		// A field that no event has is refused before the first one comes.
		err = template.Execute(io.Discard, &event{})
	}
	if err != nil {
		return command.Fail(64, "Error parsing format: %v", err)
	}
	query := queryOf("filters", filtersOf(call.List("filter")))
	for _, name := range [...]string{"since", "until"} {
		if text := call.String(name); text != "" {
			moment, err := timestamp(name, text)
			if err != nil {
				return err
			}
			query.Set(name, moment)
		}
	}
	response, err := call.Engine().Do(&rest.Request{Method: "GET", Path: "/events", Query: query})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return rest.Lines(response.Body, func(raw *json.RawMessage) error {
		happened := new(event)
		if err := json.Unmarshal(*raw, happened); err != nil {
			return err
		}
		if layout == "" {
			return happened.print(call.Out)
		}
		if err := template.Execute(call.Out, happened); err != nil {
			return err
		}
		_, err := fmt.Fprintln(call.Out)
		return err
	})
}

// momentLayout is RFC 3339 with all nine digits, so that lines align.
const momentLayout = "2006-01-02T15:04:05.000000000Z07:00"

func (e *event) print(out io.Writer) error {
	var line strings.Builder
	switch {
	case e.TimeNano != 0:
		line.WriteString(time.Unix(0, e.TimeNano).Format(momentLayout) + " ")
	case e.Time != 0:
		line.WriteString(time.Unix(e.Time, 0).Format(momentLayout) + " ")
	}
	line.WriteString(e.Type + " " + e.Action + " " + e.Actor.ID)
	if len(e.Actor.Attributes) > 0 {
		words := make([]string, 0, len(e.Actor.Attributes))
		for _, name := range sortedKeys(e.Actor.Attributes) {
			words = append(words, name+"="+e.Actor.Attributes[name])
		}
		line.WriteString(" (" + strings.Join(words, ", ") + ")")
	}
	_, err := fmt.Fprintln(out, line.String())
	return err
}
