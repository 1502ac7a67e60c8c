package rtnl

import (
	"bytes"
	"testing"

	"golang.org/x/sys/unix"
)

func TestMessagesAreReadAsTheyAreWritten(t *testing.T) {
	body := appendNest(nil, 7, func(body []byte) []byte { return appendText(body, 1, "bridge") })
	body = appendNumber(body, 9, 42)
	message := appendMessage(nil, Request{kind: unix.RTM_NEWLINK, body: body}, 3)
	message = appendMessage(message, Request{kind: unix.RTM_DELLINK}, 4)
	var kinds []uint16
	err := parseMessages(message, func(kind uint16, sequence uint32, got []byte) {
		kinds = append(kinds, kind)
		if kind == unix.RTM_NEWLINK && (sequence != 3 || !bytes.Equal(got, body)) {
			t.Errorf("message %d is % x", sequence, got)
		}
	})
	if err != nil || len(kinds) != 2 || kinds[1] != unix.RTM_DELLINK {
		t.Errorf("read %v, %v", kinds, err)
	}
	values := map[uint16]string{}
	parseAttributes(body, func(kind uint16, value []byte) { values[kind] = string(value) })
	if len(values) != 2 || values[9] != string([]byte{42, 0, 0, 0}) {
		t.Errorf("attributes are %v", values)
	}
	parseAttributes([]byte(values[7]), func(kind uint16, value []byte) {
		if kind != 1 || string(value) != "bridge\x00" {
			t.Errorf("inside attribute %d is %q", kind, value)
		}
	})
}

func FuzzMessages(f *testing.F) {
	f.Add(appendMessage(nil, Request{kind: unix.RTM_NEWLINK, body: appendText(appendLink(nil, 1, 0, 0), 3, "eth0")}, 1))
	f.Add([]byte{16, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, message []byte) {
		var outside, inside int
		echo := NewCable(Cable{}, &outside, &inside).echo
		read := 0
		_ = parseMessages(message, func(kind uint16, _ uint32, body []byte) {
			read += headerSize + len(body)
			echo(kind, body)
		})
		if read > len(message) {
			t.Errorf("read %d bytes of %d", read, len(message))
		}
	})
}
