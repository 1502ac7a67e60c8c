package format

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"text/template"
)

// functions are what Docker's templates can call. A function, so that a program that prints no template has no map of them.
func functions() template.FuncMap {
	return template.FuncMap{
		"json": toJSON, "split": strings.Split, "join": join, "title": title,
		"lower": strings.ToLower, "upper": strings.ToUpper, "pad": pad, "truncate": truncate,
	}
}

// headerFunctions leave a table's titles as they are, but for their padding.
func headerFunctions() template.FuncMap {
	same := func(text string) string { return text }
	sameOf := func(text, _ string) string { return text }
	return template.FuncMap{
		"json": same, "split": sameOf, "join": sameOf, "title": same, "lower": same, "upper": same,
		"truncate": func(text string, _ int) string { return text },
	}
}

// Parse reads a template.
func Parse(name, text string) (*template.Template, error) {
	parsed, err := template.New(name).Funcs(functions()).Parse(text)
	if err != nil {
		return nil, fmt.Errorf("template parsing error: %w", err)
	}
	return parsed, nil
}

func (v *View[T]) execute(parsed *template.Template, out io.Writer, row record) error {
	err := parsed.Option("missingkey=error").Execute(out, row)
	if err == nil {
		return nil
	}
	// A row is a map here and a struct in Docker: say it in the words for a struct.
	place, key, found := strings.Cut(err.Error(), ": map has no entry for key ")
	if found {
		return v.unknown(strings.Trim(key, `"`), strings.TrimPrefix(place, "template: "))
	}
	return fmt.Errorf("template parsing error: %w", err)
}

func toJSON(value any) (string, error) {
	if raw, found := source(value); found {
		return raw, nil
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return strings.TrimSpace(text.String()), err
}

func join(elements any, separator string) (string, error) {
	if elements == nil {
		return "", nil
	}
	if list, ok := elements.([]string); ok {
		return strings.Join(list, separator), nil
	}
	list := reflect.ValueOf(elements)
	if list.Kind() != reflect.Slice && list.Kind() != reflect.Array {
		return "", fmt.Errorf("expected slice, got %T", elements)
	}
	words := make([]string, list.Len())
	for i := range words {
		words[i] = fmt.Sprint(list.Index(i).Interface())
	}
	return strings.Join(words, separator), nil
}

// title makes the first letter of every word a capital. Labels and states are ASCII.
func title(text string) string {
	out := []byte(text)
	inside := false
	for i, letter := range out {
		if !inside && letter >= 'a' && letter <= 'z' {
			out[i] = letter - 'a' + 'A'
		}
		inside = letter != ' ' && letter != '\t' && letter != '\n' && letter != '-' && letter != '/' && letter != '.' && letter != ':'
	}
	return string(out)
}

func pad(text string, before, after int) string {
	if text == "" {
		return text
	}
	return strings.Repeat(" ", before) + text + strings.Repeat(" ", after)
}

func truncate(text string, length int) string {
	if len(text) < length {
		return text
	}
	return text[:length]
}

// Template is what Parse makes.
type Template = template.Template
