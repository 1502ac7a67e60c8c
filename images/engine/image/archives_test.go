package image

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"runtime"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"twinhull/engine/events"
)

var epoch = time.Unix(1_700_000_000, 0).UTC()

// entry is one file of an archive made for a test.
type entry struct {
	tar.Header
	content string
}

func dir(name string) entry {
	return entry{Header: tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: 0o755, ModTime: epoch}}
}

func file(name, content string) entry {
	return entry{Header: tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, ModTime: epoch}, content: content}
}

func link(kind byte, name, target string) entry {
	return entry{Header: tar.Header{Typeflag: kind, Name: name, Linkname: target, Mode: 0o777, ModTime: epoch}}
}

func archive(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var buffer bytes.Buffer
	w := tar.NewWriter(&buffer)
	for _, e := range entries {
		e.Size = int64(len(e.content))
		if err := w.WriteHeader(&e.Header); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func configOf(t testing.TB, layers ...[]byte) []byte {
	t.Helper()
	created := epoch
	config := Config{
		Created:  &created,
		Platform: ocispec.Platform{Architecture: runtime.GOARCH, OS: "linux"},
		RootFS:   ocispec.RootFS{Type: "layers", DiffIDs: []digest.Digest{}},
	}
	config.Config.Cmd = []string{"/bin/sh"}
	for _, layer := range layers {
		config.RootFS.DiffIDs = append(config.RootFS.DiffIDs, digest.FromBytes(layer))
		config.History = append(config.History, ocispec.History{Created: &created, CreatedBy: "a test"})
	}
	raw, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// dockerArchive is what `docker save` of old writes.
func dockerArchive(t testing.TB, tags []string, layers ...[]byte) []byte {
	t.Helper()
	config := configOf(t, layers...)
	manifest := dockerEntry{Config: digest.FromBytes(config).Encoded() + ".json", RepoTags: tags}
	entries := []entry{file(manifest.Config, string(config))}
	for _, layer := range layers {
		name := digest.FromBytes(layer).Encoded() + "/layer.tar"
		manifest.Layers = append(manifest.Layers, name)
		entries = append(entries, file(name, string(layer)))
	}
	raw, err := json.Marshal([]dockerEntry{manifest})
	if err != nil {
		t.Fatal(err)
	}
	return archive(t, append(entries, file("manifest.json", string(raw)))...)
}

func openStore(t testing.TB) *Store {
	t.Helper()
	store, err := Open(t.TempDir(), &events.Bus{})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func load(t testing.TB, store *Store, raw []byte) []*Image {
	t.Helper()
	images, err := store.Load(context.Background(), bytes.NewReader(raw), LoadObserver{})
	if err != nil {
		t.Fatal(err)
	}
	return images
}
