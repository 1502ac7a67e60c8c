package main

import (
	"strconv"
	"strings"
	"time"

	"github.com/docker/go-units"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/format"
)

var imageHistory = command.Command{
	Usage: []string{"[OPTIONS] IMAGE"}, Short: "Show the history of an image",
	Synonyms: "docker image history, docker history",
	Flags: flag.Set{listFormatFlag, {
		{Name: "human", Short: "H", Default: "true", Usage: "Print sizes and dates in human readable format"},
		{Name: "no-trunc", Usage: "Don't truncate output"},
		{Name: "platform", Type: "string", Usage: `Show history for the given platform. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")`},
		{Name: "quiet", Short: "q", Usage: "Only show image IDs"},
	}},
	Min: 1, Max: 1, Complete: "image", Run: history,
}

// historyRow is one step in which an image was made.
type historyRow struct {
	ID        string `json:"Id"`
	Created   int64
	CreatedBy string
	Size      int64
	Comment   string

	human bool
}

func history(call *command.Call) error {
	var rows []*historyRow
	if err := call.Engine().Get("/images/"+call.Args[0]+"/history", nil, &rows); err != nil {
		return err
	}
	for _, row := range rows {
		row.human = call.Bool("human")
	}
	layout, table := call.String("format"), format.Table("ID", "CreatedSince", "CreatedBy", "Size", "Comment")
	if !call.Bool("human") {
		table = format.Table("ID", "CreatedAt", "CreatedBy", "Size", "Comment")
	}
	if call.Bool("quiet") && (layout == "" || layout == "table") {
		layout = "{{.ID}}"
	}
	return historyView.Print(call.Out, layout, table, rows, !call.Bool("no-trunc"))
}

// reproducible is the year 2000: images that say they are older say nothing of their age.
var reproducible = int64(946684800)

var historyView = format.View[*historyRow]{
	Kind: "*image.historyContext",
	Fields: []format.Field[*historyRow]{
		{Name: "ID", Header: "IMAGE", Value: func(r *historyRow, trunc bool) string {
			if trunc {
				return format.ShortID(r.ID)
			}
			return r.ID
		}},
		{Name: "CreatedAt", Header: "CREATED AT", Value: historyTime},
		{Name: "CreatedSince", Header: "CREATED", Value: func(r *historyRow, trunc bool) string {
			switch {
			case !r.human:
				return historyTime(r, trunc)
			case r.Created <= reproducible:
				return "N/A"
			}
			return ago(r.Created)
		}},
		{Name: "CreatedBy", Header: "CREATED BY", Value: func(r *historyRow, trunc bool) string {
			text := strings.ReplaceAll(r.CreatedBy, "\t", " ")
			if trunc {
				return format.Ellipsis(text, 45)
			}
			return text
		}},
		{Name: "Size", Header: "SIZE", Value: func(r *historyRow, _ bool) string {
			if r.human {
				return units.HumanSizeWithPrecision(float64(r.Size), 3)
			}
			return strconv.FormatInt(r.Size, 10)
		}},
		{Name: "Comment", Header: "COMMENT", Value: func(r *historyRow, _ bool) string { return r.Comment }},
	},
}

func historyTime(r *historyRow, _ bool) string {
	return time.Unix(r.Created, 0).Format(time.RFC3339)
}
