// Package filters reads the `filters` parameter of list, prune and events requests.
package filters

import (
	"encoding/json"
	"slices"
	"strings"

	"twinhull/engine/fault"
)

// Filters maps a filter's name to the values that were asked for; any of them may match. nil filters nothing.
type Filters map[string][]string

// Parse reads both spellings: {"name":{"value":true}} and, of old clients, {"name":["value"]}.
// A name that is not in allowed is refused, as Docker does.
func Parse(text string, allowed ...string) (Filters, error) {
	if text == "" {
		return nil, nil
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return nil, fault.New(fault.Invalid, "invalid filter: %w", err)
	}
	parsed := Filters{}
	for name, values := range raw {
		if !slices.Contains(allowed, name) {
			return nil, fault.New(fault.Invalid, "invalid filter '%s'", name)
		}
		list, err := valuesOf(values)
		if err != nil {
			return nil, fault.New(fault.Invalid, "invalid filter '%s': %w", name, err)
		}
		parsed[name] = list
	}
	return parsed, nil
}

func valuesOf(raw json.RawMessage) ([]string, error) {
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return list, nil
	}
	var set map[string]bool
	if err := json.Unmarshal(raw, &set); err != nil {
		return nil, err
	}
	for value, wanted := range set {
		if wanted {
			list = append(list, value)
		}
	}
	slices.Sort(list)
	return list, nil
}

// Has tells whether a filter was given at all.
func (f Filters) Has(name string) bool { return len(f[name]) > 0 }

// Match tells whether an object passes a filter: true if it was not given or any of its values satisfies accept.
func (f Filters) Match(name string, accept func(value string) bool) bool {
	return !f.Has(name) || slices.ContainsFunc(f[name], accept)
}

// MatchLabels tells whether labels pass a filter like `label`: every value, `key` or `key=value`, must be there.
func (f Filters) MatchLabels(name string, labels map[string]string) bool {
	for _, wanted := range f[name] {
		key, value, hasValue := strings.Cut(wanted, "=")
		found, ok := labels[key]
		if !ok || hasValue && found != value {
			return false
		}
	}
	return true
}

// Bool reads a filter of one truth value: 1, true, 0 or false. fallback is for a filter that was not given.
func (f Filters) Bool(name string, fallback bool) (bool, error) {
	if !f.Has(name) {
		return fallback, nil
	}
	values := f[name]
	yes := slices.Contains(values, "1") || slices.Contains(values, "true")
	no := slices.Contains(values, "0") || slices.Contains(values, "false")
	if len(values) != 1 || !yes && !no {
		return false, fault.New(fault.Invalid, "invalid filter '%s=%v'", name, values)
	}
	return yes, nil
}
