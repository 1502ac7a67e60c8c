// Package test compares the shim, which is written in C, with Go.
package test

import (
	"bytes"
	"encoding/json"
	"math/rand"
	"os/exec"
	"path/filepath"
	"testing"
	"unicode/utf8"
)

// Strings from which neighbours of every special case are put together: whole, cut and malformed characters.
var pieces = []string{
	"\"", "\\", "<", ">", "&", "/", "\x7f", "a", " ", "é", "߿", "ࠀ", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff",
	"\u2027", "\u2028", "\u2029", "\u202a", "\u20a8", "\xe2\x80", "\xe2", "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xdf",
	"\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xef\xbf\xbd", "\xf0\x8f\xbf\xbf", "\xf0\x90\x80", "\xf4\x90\x80\x80",
	"\xf5\x80\x80\x80", "\xff", "\xfe",
}

func everyCase() []byte {
	var text bytes.Buffer
	for first := range 256 {
		text.Write([]byte{byte(first), '.'})
		for second := range 256 {
			text.Write([]byte{byte(first), byte(second), '|'})
		}
	}
	random := rand.New(rand.NewSource(1))
	for range 50_000 {
		text.WriteString(pieces[random.Intn(len(pieces))])
	}
	for range 20_000 {
		text.Write(utf8.AppendRune(nil, rune(random.Intn(utf8.MaxRune+1))))
	}
	noise := make([]byte, 200_000)
	random.Read(noise)
	text.Write(noise)
	return text.Bytes()
}

func TestEscapesAsGoDoes(t *testing.T) {
	compiler, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("no C compiler for this computer is on the PATH")
	}
	build := t.TempDir()
	program := filepath.Join(build, "escape")
	made, err := exec.Command("make", "-s", "-C", "..", "CC="+compiler, "CFLAGS=-O1", "LDFLAGS=", "BUILD="+build, program).CombinedOutput()
	if err != nil {
		t.Fatalf("compile: %v: %s", err, made)
	}
	text := everyCase()
	escape := exec.Command(program)
	escape.Stdin = bytes.NewReader(text)
	got, err := escape.Output()
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(string(text))
	if err != nil {
		t.Fatal(err)
	}
	want = want[1 : len(want)-1]
	for at := range min(len(got), len(want)) {
		if got[at] != want[at] {
			t.Fatalf("byte %d: the shim has %q, Go %q", at, got[max(0, at-20):min(len(got), at+20)], want[max(0, at-20):min(len(want), at+20)])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("the shim has %d bytes, Go %d", len(got), len(want))
	}
}
