package main

import (
	"strconv"
	"strings"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/format"
	"twinhull/engine/client/rest"
)

var searchImages = command.Command{
	Usage: []string{"[OPTIONS] TERM"}, Short: "Search Docker Hub for images",
	Flags: flag.Set{{
		{Name: "filter", Short: "f", Type: "filter", Usage: "Filter output based on conditions provided", Check: checkFilter},
		{Name: "format", Type: "string", Usage: "Pretty-print search using a Go template"},
		{Name: "limit", Type: "int", Usage: "Max number of search results"},
		{Name: "no-trunc", Usage: "Don't truncate output"},
	}},
	Min: 1, Max: 1, Run: imageSearch,
}

// searchRow is an image that a registry found.
type searchRow struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	StarCount   int    `json:"star_count"`
	IsOfficial  bool   `json:"is_official"`
}

func imageSearch(call *command.Call) error {
	query := queryOf("term", call.Args[0], "filters", filtersOf(call.List("filter")))
	if limit := call.Int("limit"); limit > 0 {
		query.Set("limit", strconv.FormatInt(limit, 10))
	}
	response, err := call.Engine().Do(&rest.Request{
		Method: "GET", Path: "/images/search", Query: query, Header: authHeader(call, call.Args[0]),
	})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var rows []*searchRow
	if err := response.Decode(&rows); err != nil {
		return err
	}
	table := format.Table("Name", "Description", "StarCount", "IsOfficial")
	return searchView.Print(call.Out, call.String("format"), table, rows, !call.Bool("no-trunc"))
}

var searchView = format.View[*searchRow]{
	Kind: "*registry.searchContext",
	Fields: []format.Field[*searchRow]{
		{Name: "Name", Header: "NAME", Value: func(r *searchRow, _ bool) string { return r.Name }},
		{Name: "Description", Header: "DESCRIPTION", Value: func(r *searchRow, trunc bool) string {
			text := strings.NewReplacer("\n", " ", "\r", " ").Replace(r.Description)
			if trunc {
				return format.Ellipsis(text, 45)
			}
			return text
		}},
		{Name: "StarCount", Header: "STARS", Value: func(r *searchRow, _ bool) string { return strconv.Itoa(r.StarCount) }},
		{Name: "IsOfficial", Header: "OFFICIAL", Value: func(r *searchRow, _ bool) string {
			if r.IsOfficial {
				return "[OK]"
			}
			return ""
		}},
	},
}
