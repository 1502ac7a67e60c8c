package archive

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestIgnore(t *testing.T) {
	ignore, err := ParseIgnore(strings.NewReader("\ufeff# comment\n*.log\n/build/\n!keep.log\n**/tmp\ndocs/*/private\na/**/z\n!docs/x/private/open\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"a.log": true, "keep.log": false, "sub/a.log": false, "build": true, "build/x": true, "tmp": true, "x/y/tmp": true, "x/tmp/z": true,
		"docs/x/private": true, "docs/x/public": false, "docs/x/private/open": false, "a/z": true, "a/b/c/z": true, "a/b": false,
	} {
		if got := ignore.Excludes(name); got != want {
			t.Errorf("%s: excluded is %v", name, got)
		}
	}
	for _, text := range []string{"[", "!"} {
		if _, err := ParseIgnore(strings.NewReader(text)); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

func FuzzIgnore(f *testing.F) {
	f.Add("*.log\n!x\n**/a/[b-c]?\n", "x/a/b1")
	f.Fuzz(func(t *testing.T, patterns, name string) {
		if len(patterns)+len(name) > 200 {
			return
		}
		if ignore, err := ParseIgnore(strings.NewReader(patterns)); err == nil {
			ignore.Excludes(name)
		}
	})
}

func TestRoundTrip(t *testing.T) {
	source, target := t.TempDir(), t.TempDir()
	if err := os.MkdirAll(filepath.Join(source, "d/e"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(source, "d/file"), []byte("content"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file", filepath.Join(source, "d/link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(source, "d/file"), filepath.Join(source, "d/hard")); err != nil {
		t.Fatal(err)
	}
	packing := Packing{Source: filepath.Join(source, "d"), Name: "d"}
	if err := Unpack(Renamed(packing.Pack(), "d", "new"), target); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(target, "new/link"))
	if err != nil || string(content) != "content" {
		t.Errorf("%q, %v", content, err)
	}
	one, _ := os.Stat(filepath.Join(target, "new/file"))
	two, err := os.Stat(filepath.Join(target, "new/hard"))
	if err != nil || !os.SameFile(one, two) || one.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v, %v", one, two, err)
	}
}

// TestOutside unpacks archives that mean to leave their folder.
func TestOutside(t *testing.T) {
	for name, entries := range map[string][]tar.Header{
		"parent":           {{Name: "../escaped", Typeflag: tar.TypeReg, Mode: 0o644}},
		"symbolic link":    {{Name: "out", Typeflag: tar.TypeSymlink, Linkname: ".."}, {Name: "out/escaped", Typeflag: tar.TypeReg, Mode: 0o644}},
		"absolute link":    {{Name: "out", Typeflag: tar.TypeSymlink, Linkname: "/"}, {Name: "out/escaped", Typeflag: tar.TypeReg, Mode: 0o644}},
		"hard link":        {{Name: "hard", Typeflag: tar.TypeLink, Linkname: "../secret"}},
		"device":           {{Name: "null", Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 3}},
		"folder over file": {{Name: "x", Typeflag: tar.TypeReg, Mode: 0o644}, {Name: "x", Typeflag: tar.TypeDir, Mode: 0o755}},
	} {
		var text bytes.Buffer
		writer := tar.NewWriter(&text)
		for _, entry := range entries {
			if err := writer.WriteHeader(&entry); err != nil {
				t.Fatal(err)
			}
		}
		writer.Close()
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "secret"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		inside := filepath.Join(folder, "inside")
		if err := os.Mkdir(inside, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := Unpack(&text, inside); err == nil {
			t.Errorf("%s: unpacked", name)
		}
		left, _ := os.ReadDir(folder)
		if len(left) != 2 {
			t.Errorf("%s: left %v", name, left)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	packing := Packing{Source: ".", Name: "x"}
	seed, _ := io.ReadAll(packing.Pack())
	f.Add(seed[:min(len(seed), 4096)])
	f.Fuzz(func(t *testing.T, text []byte) {
		folder := t.TempDir()
		inside := filepath.Join(folder, "inside")
		if err := os.Mkdir(inside, 0o755); err != nil {
			t.Fatal(err)
		}
		_ = Unpack(bytes.NewReader(text), inside)
		left, _ := os.ReadDir(folder)
		if !slices.EqualFunc(left, []string{"inside"}, func(entry os.DirEntry, name string) bool { return entry.Name() == name }) {
			t.Fatalf("left %v", left)
		}
	})
}
