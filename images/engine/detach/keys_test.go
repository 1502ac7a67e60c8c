package detach

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestParseKeys(t *testing.T) {
	for text, want := range map[string]string{
		"": "\x10\x11", "ctrl-p,ctrl-q": "\x10\x11", "a,b": "ab", "ctrl-@": "\x00", "ctrl-[": "\x1b", "ctrl-_": "\x1f", "CTRL-C": "\x03", "~,.": "~.", "DEL": "\x7f",
	} {
		if keys, err := ParseKeys(text); err != nil || string(keys) != want {
			t.Errorf("%q is %q, %v", text, keys, err)
		}
	}
	for _, text := range []string{"foo", "ctrl-", "ctrl-1", "a,,b"} {
		if keys, err := ParseKeys(text); err == nil {
			t.Errorf("%q was accepted as %q", text, keys)
		}
	}
}

func TestReader(t *testing.T) {
	for typed, want := range map[string]string{
		"ls\n": "ls\n", "ab\x10\x11never": "ab", "\x10x\x11": "\x10x\x11", "\x10\x10\x11": "\x10", "a\x10": "a", "\x11\x10": "\x11",
	} {
		for _, source := range []io.Reader{strings.NewReader(typed), iotest.OneByteReader(strings.NewReader(typed))} {
			read, err := io.ReadAll(&Reader{Source: source, Keys: Default})
			if string(read) != want {
				t.Errorf("of %q came %q", typed, read)
			}
			if detached := strings.Contains(typed, "\x10\x11"); errors.Is(err, Err) != detached {
				t.Errorf("%q ended with %v", typed, err)
			}
		}
	}
}
