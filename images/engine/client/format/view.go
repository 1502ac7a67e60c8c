// Package format prints what commands list and show: tables, Go templates and JSON, in Docker's form.
package format

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Field is one thing that a row can show. Name is for templates, Header for tables. Trunc is false after --no-trunc.
type Field[T any] struct {
	Name, Header string
	Value        func(row T, trunc bool) string
}

// Extra is something of a row that is not text, and no column of tables.
type Extra[T any] struct {
	Name  string
	Value func(row T) any
}

// View is how rows of a kind are shown.
type View[T any] struct {
	// Kind is the name that error messages of templates give a row.
	Kind   string
	Fields []Field[T]
	Extras []Extra[T]
	// Label finds one label of a row, for {{.Label "name"}}.
	Label func(row T, name string) string
}

// Table is the format that tables of some fields have.
func Table(fields ...string) string {
	return "table {{." + strings.Join(fields, "}}\t{{.") + "}}"
}

// record is a row as templates see it.
type record map[string]any

// Label is for {{.Label "name"}}; in a table's head it gives the label's title.
func (r record) Label(name string) string { return r[labelFinder].(func(string) string)(name) }

// labelFinder is a key that no template can spell.
const labelFinder = " label"

// Print shows rows in a format: "table", "json", "table TEMPLATE" or a template. fallback is the format of "table".
func (v *View[T]) Print(out io.Writer, format, fallback string, rows []T, trunc bool) error {
	if format == "" || format == "table" {
		format = fallback
	}
	body, table := strings.CutPrefix(format, "table")
	if fields := plainFields(body); fields != nil && table {
		return v.plainTable(out, fields, rows, trunc)
	}
	if format == "json" {
		body = "{{json .}}"
	}
	if format != "json" {
		body = strings.NewReplacer(`\t`, "\t", `\n`, "\n").Replace(strings.Trim(body, " "))
	}
	template, err := Parse("", body)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	for _, row := range rows {
		if err := v.execute(template, &text, v.record(row, trunc)); err != nil {
			return err
		}
		text.WriteByte('\n')
	}
	if !table {
		_, err := text.WriteTo(out)
		return err
	}
	var head bytes.Buffer
	_ = template.Funcs(headerFunctions()).Execute(&head, v.head())
	head.WriteByte('\n')
	_, _ = text.WriteTo(&head)
	return align(out, &head)
}

// Check refuses a format that cannot work for any row, before there are rows.
func (v *View[T]) Check(layout string) error {
	template, err := Parse("", layout)
	if err != nil {
		return fmt.Errorf("failed to parse template: %w", errors.Unwrap(err))
	}
	if err := v.execute(template, io.Discard, v.head()); err != nil {
		return fmt.Errorf("failed to execute template: %w", errors.Unwrap(err))
	}
	return nil
}

// align writes columns as Docker's tables have them, at once: a tabwriter would make a system call of each cell.
func align(out io.Writer, text *bytes.Buffer) error {
	var table bytes.Buffer
	writer := tabwriter.NewWriter(&table, 10, 1, 3, ' ', 0)
	_, _ = text.WriteTo(writer)
	_ = writer.Flush()
	_, err := table.WriteTo(out)
	return err
}

// plainFields returns the fields of a template that has nothing but fields between tabs, else nil. Such tables need no
// template, which is much of what a short command costs.
func plainFields(template string) []string {
	var fields []string
	for _, part := range strings.Split(strings.TrimLeft(template, " "), "\t") {
		name, found := strings.CutPrefix(part, "{{.")
		name, end := strings.CutSuffix(name, "}}")
		if !found || !end || strings.ContainsAny(name, " .{}|$\"()") {
			return nil
		}
		fields = append(fields, name)
	}
	return fields
}

func (v *View[T]) field(name string) *Field[T] {
	for i := range v.Fields {
		if v.Fields[i].Name == name {
			return &v.Fields[i]
		}
	}
	return nil
}

func (v *View[T]) plainTable(out io.Writer, names []string, rows []T, trunc bool) error {
	var text bytes.Buffer
	fields := make([]*Field[T], len(names))
	for i, name := range names {
		if fields[i] = v.field(name); fields[i] == nil {
			return v.unknown(name, "")
		}
		if i > 0 {
			text.WriteByte('\t')
		}
		text.WriteString(fields[i].Header)
	}
	text.WriteByte('\n')
	for _, row := range rows {
		for i, field := range fields {
			if i > 0 {
				text.WriteByte('\t')
			}
			text.WriteString(field.Value(row, trunc))
		}
		text.WriteByte('\n')
	}
	return align(out, &text)
}

func (v *View[T]) record(row T, trunc bool) record {
	fields := make(record, len(v.Fields)+1)
	for i := range v.Fields {
		fields[v.Fields[i].Name] = v.Fields[i].Value(row, trunc)
	}
	for i := range v.Extras {
		fields[v.Extras[i].Name] = v.Extras[i].Value(row)
	}
	if v.Label != nil {
		fields[labelFinder] = func(name string) string { return v.Label(row, name) }
	}
	return fields
}

func (v *View[T]) head() record {
	fields := make(record, len(v.Fields)+1)
	for i := range v.Fields {
		fields[v.Fields[i].Name] = v.Fields[i].Header
	}
	for i := range v.Extras {
		fields[v.Extras[i].Name] = false
	}
	fields[labelFinder] = func(name string) string {
		last := name[strings.LastIndexByte(name, '.')+1:]
		return strings.NewReplacer("-", " ", "_", " ").Replace(last)
	}
	return fields
}

// MarshalJSON writes the fields without the finder of labels.
func (r record) MarshalJSON() ([]byte, error) {
	fields := make(map[string]any, len(r))
	for name, value := range r {
		if name != labelFinder {
			fields[name] = value
		}
	}
	return json.Marshal(fields)
}

func (v *View[T]) unknown(name, place string) error {
	if place == "" {
		place = fmt.Sprintf(`:1:2: executing "" at <.%s>`, name)
	}
	return fmt.Errorf("template parsing error: %w",
		fmt.Errorf("template: %s: can't evaluate field %s in type %s", place, name, v.Kind))
}
