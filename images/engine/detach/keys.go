// Package detach finds the keys in what somebody types that end an attach and not the process: both the client and the
// engine look for them.
package detach

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Err is what reading ends with when the detach keys were typed.
var Err = errors.New("read escape sequence")

// Default is ctrl-p ctrl-q.
var Default = []byte{16, 17}

// ParseKeys reads a sequence like "ctrl-p,ctrl-q", "a,b" or "DEL"; an empty text is the default.
func ParseKeys(text string) ([]byte, error) {
	if text == "" {
		return Default, nil
	}
	var keys []byte
	for _, key := range strings.Split(text, ",") {
		code, err := parseKey(key)
		if err != nil {
			return nil, err
		}
		keys = append(keys, code)
	}
	return keys, nil
}

func parseKey(key string) (byte, error) {
	if len(key) == 1 {
		return key[0], nil
	}
	if key == "DEL" {
		return 127, nil
	}
	name, found := strings.CutPrefix(strings.ToLower(key), "ctrl-")
	if found && len(name) == 1 {
		switch letter := name[0]; {
		case letter >= 'a' && letter <= 'z':
			return letter - 'a' + 1, nil
		case strings.IndexByte(`@[\]^_`, letter) >= 0:
			return letter &^ 0x60 & 0x1f, nil
		}
	}
	return 0, fmt.Errorf("Unknown character: '%s'", key)
}

// Reader hands on what is typed until the keys come one after another.
type Reader struct {
	Source io.Reader
	Keys   []byte

	matched int
	pending []byte
	end     error
}

func (r *Reader) Read(into []byte) (int, error) {
	for len(r.pending) == 0 {
		if r.end != nil {
			return 0, r.end
		}
		n, err := r.Source.Read(into)
		r.match(into[:n])
		if err != nil && r.end == nil {
			r.end = err
		}
	}
	n := copy(into, r.pending)
	r.pending = r.pending[n:]
	return n, nil
}

// match moves typed bytes to pending, holding back those that may be the beginning of the keys.
func (r *Reader) match(typed []byte) {
	for _, key := range typed {
		if len(r.Keys) > 0 && key == r.Keys[r.matched] {
			if r.matched++; r.matched == len(r.Keys) {
				r.end = Err
				return
			}
			continue
		}
		r.pending = append(r.pending, r.Keys[:r.matched]...)
		r.matched = 0
		if len(r.Keys) > 0 && key == r.Keys[0] {
			r.matched = 1
			if len(r.Keys) == 1 {
				r.end = Err
				return
			}
			continue
		}
		r.pending = append(r.pending, key)
	}
}
