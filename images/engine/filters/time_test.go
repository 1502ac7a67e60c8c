package filters

import (
	"testing"
	"time"
)

func TestTime(t *testing.T) {
	now := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"90m":                       now.Add(-90 * time.Minute),
		"0":                         time.Unix(0, 0),
		"1748779200":                now,
		"1748779200.5":              now.Add(500 * time.Millisecond),
		"1748779200.000000001":      now.Add(1),
		"2025-06-01T12:00:00Z":      now,
		"2025-06-01T14:00:00+02:00": now,
		"2025-06-01T12:00:00":       now,
		"2025-06-01":                now.Add(-12 * time.Hour),
	} {
		if got, err := Time(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "yesterday", "1.-5", "1.0000000001", "2025-13-01"} {
		if got, err := Time(text, now); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}
