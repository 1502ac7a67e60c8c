package compose

import (
	"bytes"
	"strings"
	"testing"

	containertypes "github.com/moby/moby/api/types/container"
)

func TestLogLines(t *testing.T) {
	web, database := &Container{containertypes.Summary{ID: "1", Names: []string{"/demo-web-1"}}}, &Container{containertypes.Summary{ID: "2", Names: []string{"/demo-database-1"}}}
	for name, test := range map[string]struct {
		options LogOptions
		want    string
	}{
		"prefixes": {LogOptions{}, "web-1      | one\ndatabase-1 | two\nweb-1      | half\n"},
		"none":     {LogOptions{NoPrefix: true}, "one\ntwo\nhalf\n"},
		"colors":   {LogOptions{Color: true}, "\x1b[36mweb-1      | \x1b[0mone\n\x1b[33mdatabase-1 | \x1b[0mtwo\n\x1b[36mweb-1      | \x1b[0mhalf\n"},
	} {
		var out bytes.Buffer
		board := newLogBoard(&out, []*Container{web, database}, "demo", test.options)
		first, second := board.writer(web), board.writer(database)
		for _, write := range []struct {
			to   *lineWriter
			text string
		}{{first, "on"}, {first, "e\r\n"}, {second, "two\n"}, {first, "half"}} {
			if _, err := write.to.Write([]byte(write.text)); err != nil {
				t.Fatal(err)
			}
		}
		first.flush()
		second.flush()
		if out.String() != test.want {
			t.Errorf("%s: %q", name, out.String())
		}
	}
}

func TestLongLinesAreNotHeldBack(t *testing.T) {
	var out bytes.Buffer
	writer := newLogBoard(&out, nil, "demo", LogOptions{NoPrefix: true}).writer(&Container{})
	if _, err := writer.Write([]byte(strings.Repeat("x", longest+1))); err != nil {
		t.Fatal(err)
	}
	if out.Len() != longest+1 || len(writer.kept) != 1 {
		t.Errorf("%d bytes were printed, %d kept", out.Len(), len(writer.kept))
	}
}
