package format

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// Object is a JSON object for templates: its fields are found by name. It remembers its text, because templates print
// objects with their fields in the order in which the engine sent them.
type Object map[string]any

// sources holds the text of every object and list read, under its identity.
var sources = map[uintptr]string{}

// source returns the text from which an object or list was read.
func source(value any) (string, bool) {
	switch value.(type) {
	case Object, []any:
		raw, found := sources[reflect.ValueOf(value).Pointer()]
		return raw, found
	}
	return "", false
}

// Read makes a value of JSON for templates: Object, []any, string, bool, int64, float64 or nil.
func Read(raw []byte) (any, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return nil, fmt.Errorf("there is nothing to read")
	}
	switch raw[0] {
	case '{':
		return readObject(raw)
	case '[':
		return readList(raw)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if number, ok := value.(json.Number); ok {
		if whole, err := number.Int64(); err == nil {
			return whole, nil
		}
		return number.Float64()
	}
	return value, nil
}

func readObject(raw []byte) (any, error) {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return nil, err
	}
	object := make(Object, len(parts))
	for name, part := range parts {
		value, err := Read(part)
		if err != nil {
			return nil, err
		}
		object[name] = value
	}
	return object, remember(object, raw)
}

func readList(raw []byte) (any, error) {
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return nil, err
	}
	list := make([]any, len(parts))
	for i, part := range parts {
		value, err := Read(part)
		if err != nil {
			return nil, err
		}
		list[i] = value
	}
	if len(list) == 0 {
		return list, nil
	}
	return list, remember(list, raw)
}

func remember(value any, raw []byte) error {
	var compact bytes.Buffer
	if err := json.Compact(&compact, raw); err != nil {
		return err
	}
	sources[reflect.ValueOf(value).Pointer()] = compact.String()
	return nil
}

// Ellipsis shortens a text to so many characters, the last of them an ellipsis.
func Ellipsis(text string, width int) string {
	letters := []rune(text)
	if len(letters) <= width {
		return text
	}
	return string(letters[:width-1]) + "…"
}

// ShortID is the first twelve digits of an id.
func ShortID(id string) string {
	if _, after, found := strings.Cut(id, ":"); found {
		id = after
	}
	if len(id) > 12 {
		id = id[:12]
	}
	return id
}
