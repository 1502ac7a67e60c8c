package filters

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// timeLayouts are what people type for a moment, besides a number of seconds and a duration.
var timeLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02T15", "2006-01-02Z07:00", time.DateOnly}

// Time reads a moment as the API takes it: seconds since 1970 with up to nine decimals, a duration before now ("10m"), or a
// date, with a time or without, in UTC unless it says otherwise.
func Time(text string, now time.Time) (time.Time, error) {
	if duration, err := time.ParseDuration(text); err == nil && text != "0" {
		return now.Add(-duration), nil
	}
	whole, fraction, _ := strings.Cut(text, ".")
	if seconds, err := strconv.ParseInt(whole, 10, 64); err == nil && len(fraction) <= 9 {
		nanoseconds := 0
		if fraction != "" {
			if nanoseconds, err = strconv.Atoi(fraction); err != nil || nanoseconds < 0 {
				return time.Time{}, fmt.Errorf("%q is not a time", text)
			}
			nanoseconds *= int(math.Pow10(9 - len(fraction)))
		}
		return time.Unix(seconds, int64(nanoseconds)), nil
	}
	for _, layout := range timeLayouts {
		if moment, err := time.Parse(layout, text); err == nil {
			return moment, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is neither a time, nor a duration, nor a number of seconds", text)
}
