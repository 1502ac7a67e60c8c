package main

import (
	"errors"
	"strings"
)

// checkFilter refuses a --filter that is not NAME=VALUE.
func checkFilter(word string) error {
	if word != "" && !strings.Contains(word, "=") {
		return errors.New("bad format of filter (expected name=value)")
	}
	return nil
}

// filterMap reads filters into the API's form.
func filterMap(words []string) map[string]map[string]bool {
	filters := map[string]map[string]bool{}
	for _, word := range words {
		name, value, found := strings.Cut(word, "=")
		if !found {
			continue
		}
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		if filters[name] == nil {
			filters[name] = map[string]bool{}
		}
		filters[name][value] = true
	}
	return filters
}
