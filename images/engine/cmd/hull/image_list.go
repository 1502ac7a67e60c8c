package main

import (
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/docker/go-units"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/format"
	"twinhull/engine/client/jsonlite"
	"twinhull/engine/client/reference"
)

var listImages = command.Command{
	Usage: []string{"[OPTIONS] [REPOSITORY[:TAG]]"}, Short: "List images",
	Synonyms: "docker image ls, docker image list, docker images",
	Flags: flag.Set{listFormatFlag, {
		{Name: "all", Short: "a", Usage: "Show all images (default hides intermediate images)"},
		{Name: "digests", Usage: "Show digests"},
		{Name: "filter", Short: "f", Type: "filter", Usage: "Filter output based on conditions provided", Check: checkFilter},
		{Name: "no-trunc", Usage: "Don't truncate output"},
		{Name: "quiet", Short: "q", Usage: "Only show image IDs"},
	}},
	Max: 1, Complete: "image", Run: imageList,
}

// imageSummary is a row of GET /images/json, as far as it is shown.
type imageSummary struct {
	ID                                    string
	RepoTags, RepoDigests                 []string
	Created, Size, SharedSize, Containers int64
}

// imageSummaries is the list.
type imageSummaries []*imageSummary

// ReadJSON reads the list.
func (l *imageSummaries) ReadJSON(r *jsonlite.Reader) {
	r.Array(func() {
		image := new(imageSummary)
		r.Object(func(field string) { image.read(r, field) })
		*l = append(*l, image)
	})
}

// UnmarshalJSON is for lists inside of other values.
func (s *imageSummary) UnmarshalJSON(raw []byte) error {
	r := jsonlite.NewReader(raw)
	r.Object(func(field string) { s.read(r, field) })
	return r.Err()
}

func (s *imageSummary) read(r *jsonlite.Reader, field string) {
	switch field {
	case "Id":
		s.ID = r.String()
	case "RepoTags":
		s.RepoTags = r.Strings()
	case "RepoDigests":
		s.RepoDigests = r.Strings()
	case "Created":
		s.Created = r.Int()
	case "Size":
		s.Size = r.Int()
	case "SharedSize":
		s.SharedSize = r.Int()
	case "Containers":
		s.Containers = r.Int()
	default:
		r.Skip()
	}
}

// imageRow is one name of an image.
type imageRow struct {
	*imageSummary
	repository, tag, digest string
}

const none = "<none>"

func imageList(call *command.Call) error {
	filters := call.List("filter")
	if len(call.Args) > 0 {
		filters = append(filters, "reference="+call.Args[0])
	}
	query := url.Values{}
	if call.Bool("all") {
		query.Set("all", "1")
	}
	if text := filtersOf(filters); text != "" {
		query.Set("filters", text)
	}
	var images imageSummaries
	if err := call.Engine().Get("/images/json", query, &images); err != nil {
		return err
	}
	layout := call.String("format")
	if layout == "" && !call.Bool("quiet") {
		layout = call.Config().ImagesFormat
	}
	table := format.Table("Repository", "Tag", "ID", "CreatedSince", "Size")
	if call.Bool("digests") {
		table = format.Table("Repository", "Tag", "Digest", "ID", "CreatedSince", "Size")
	}
	if call.Bool("quiet") && layout == "" {
		layout = "{{.ID}}"
	}
	digests := call.Bool("digests") || strings.Contains(layout, "{{.Digest}}")
	var rows []*imageRow
	for _, image := range images {
		rows = append(rows, rowsOf(image, digests)...)
	}
	if layout == "{{.ID}}" {
		return printLines(call, rows, func(row *imageRow) string { return imageID(row, !call.Bool("no-trunc")) })
	}
	return imageView.Print(call.Out, layout, table, rows, !call.Bool("no-trunc"))
}

// rowsOf makes a row of each tag of an image, of each digest without a tag, and of an image without either.
func rowsOf(image *imageSummary, digests bool) []*imageRow {
	if dangling(image) {
		return []*imageRow{{image, none, none, none}}
	}
	known := map[string][]string{}
	for _, text := range image.RepoDigests {
		name, _, digest := reference.Split(text)
		known[name] = append(known[name], digest)
	}
	var rows []*imageRow
	tagged := map[string]bool{}
	for _, text := range image.RepoTags {
		name, tag, _ := reference.Split(text)
		tagged[name] = true
		if !digests || len(known[name]) == 0 {
			rows = append(rows, &imageRow{image, name, tag, none})
			continue
		}
		for _, digest := range known[name] {
			rows = append(rows, &imageRow{image, name, tag, digest})
		}
	}
	var untagged []string
	for name := range known {
		if !tagged[name] {
			untagged = append(untagged, name)
		}
	}
	sort.Strings(untagged)
	for _, name := range untagged {
		if !digests {
			rows = append(rows, &imageRow{image, name, none, ""})
			continue
		}
		for _, digest := range known[name] {
			rows = append(rows, &imageRow{image, name, none, digest})
		}
	}
	return rows
}

func dangling(image *imageSummary) bool {
	if len(image.RepoTags) == 0 && len(image.RepoDigests) == 0 {
		return true
	}
	return len(image.RepoTags) == 1 && image.RepoTags[0] == "<none>:<none>" &&
		len(image.RepoDigests) == 1 && image.RepoDigests[0] == "<none>@<none>"
}

func imageID(row *imageRow, trunc bool) string {
	if trunc {
		return format.ShortID(row.ID)
	}
	return row.ID
}

var imageView = format.View[*imageRow]{
	Kind: "*formatter.imageContext",
	Fields: []format.Field[*imageRow]{
		{Name: "ID", Header: "IMAGE ID", Value: imageID},
		{Name: "Repository", Header: "REPOSITORY", Value: func(r *imageRow, _ bool) string { return r.repository }},
		{Name: "Tag", Header: "TAG", Value: func(r *imageRow, _ bool) string { return r.tag }},
		{Name: "Digest", Header: "DIGEST", Value: func(r *imageRow, _ bool) string { return r.digest }},
		{Name: "CreatedSince", Header: "CREATED", Value: func(r *imageRow, _ bool) string { return ago(r.Created) }},
		{Name: "CreatedAt", Header: "CREATED AT", Value: func(r *imageRow, _ bool) string { return time.Unix(r.Created, 0).String() }},
		{Name: "Size", Header: "SIZE", Value: func(r *imageRow, _ bool) string { return units.HumanSizeWithPrecision(float64(r.Size), 3) }},
		{Name: "VirtualSize", Header: "SIZE", Value: func(r *imageRow, _ bool) string { return units.HumanSize(float64(r.Size)) }},
		{Name: "Containers", Header: "CONTAINERS", Value: func(r *imageRow, _ bool) string {
			if r.Containers == -1 {
				return "N/A"
			}
			return strconv.FormatInt(r.Containers, 10)
		}},
		{Name: "SharedSize", Header: "SHARED SIZE", Value: func(r *imageRow, _ bool) string {
			if r.SharedSize == -1 {
				return "N/A"
			}
			return units.HumanSize(float64(r.SharedSize))
		}},
		{Name: "UniqueSize", Header: "UNIQUE SIZE", Value: func(r *imageRow, _ bool) string {
			if r.Size == -1 || r.SharedSize == -1 {
				return "N/A"
			}
			return units.HumanSize(float64(r.Size - r.SharedSize))
		}},
	},
}
