package container

import (
	"encoding/json"
	"testing"
)

// What is read without the JSON decoder must be what the decoder reads.
func FuzzLogRecord(f *testing.F) {
	for _, line := range []string{
		`{"log":"hello\n","stream":"stdout","time":"2026-01-02T03:04:05.6Z"}`,
		`{"log":"no end","stream":"stderr","time":"2026-01-02T03:04:05Z"}`,
		`{"log":"a\\n","stream":"stdout","time":"x"}`,
		`{"log":"tab\t\u0000é","stream":"stdout","time":"x"}`,
		`{"log":"\n\n","stream":"stdout","time":"x"}`,
		`{"log":"x","stream":"stdout","time":"x"} {}`,
		`{"log":`, ``,
	} {
		f.Add([]byte(line + "\n"))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		fast, ok := plainLogRecord(line)
		if !ok {
			return
		}
		var slow logRecord
		if err := json.Unmarshal(line, &slow); err != nil {
			t.Fatalf("%q is no JSON, and was read as %+v: %v", line, fast, err)
		}
		if fast != slow {
			t.Fatalf("%q was read as %+v instead of %+v", line, fast, slow)
		}
	})
}

func TestLogRecordWithoutEscapesIsReadFast(t *testing.T) {
	record, ok := plainLogRecord([]byte(`{"log":"hello\n","stream":"stdout","time":"2026-01-02T03:04:05.6Z"}` + "\n"))
	if want := (logRecord{"hello\n", "stdout", "2026-01-02T03:04:05.6Z"}); !ok || record != want {
		t.Fatalf("got %+v, %v", record, ok)
	}
}
