package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// layouts are the forms of a moment without its zone, longest first.
var layouts = [...]string{"2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02T15", "2006-01-02"}

// timestamp makes the API's seconds since 1970 of --since and --until: a duration back from now, a moment, or seconds.
func timestamp(name, text string) (string, error) {
	if back, err := time.ParseDuration(text); err == nil {
		return seconds(time.Now().Add(-back)), nil
	}
	if moment, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return seconds(moment), nil
	}
	for _, layout := range layouts {
		if moment, err := time.ParseInLocation(layout, strings.TrimSuffix(text, "Z"), zoneOf(text)); err == nil {
			return seconds(moment), nil
		}
	}
	whole, fraction, _ := strings.Cut(text, ".")
	if _, err := strconv.ParseInt(whole, 10, 64); err != nil || strings.Trim(fraction, "0123456789") != "" {
		return "", fmt.Errorf(`invalid value for "%s": failed to parse value as time or duration: %q`, name, text)
	}
	return text, nil
}

func zoneOf(text string) *time.Location {
	if strings.HasSuffix(text, "Z") {
		return time.UTC
	}
	return time.Local
}

func seconds(moment time.Time) string {
	return fmt.Sprintf("%d.%09d", moment.Unix(), moment.Nanosecond())
}
