package main

import (
	"archive/tar"
	"bytes"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"twinhull/engine/events"
	"twinhull/engine/volume"
)

// machine is an engine's volumes, with this plugin beside them.
func machine(t *testing.T, storeURL string) *volume.Store {
	t.Helper()
	runDir := t.TempDir()
	if err := os.Mkdir(filepath.Join(runDir, "plugins"), 0o755); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", filepath.Join(runDir, "plugins/archive.sock"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(newPlugin(storeURL, t.TempDir(), 1<<20))
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	store, err := volume.Open(t.TempDir(), runDir, &events.Bus{})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func archives(t *testing.T) (url, directory string) {
	t.Helper()
	directory = t.TempDir()
	server := httptest.NewServer(newStore(directory, 1<<20))
	t.Cleanup(server.Close)
	return server.URL, directory
}

func mount(t *testing.T, store *volume.Store, container string) string {
	t.Helper()
	path, err := store.Mount(t.Context(), "notes", container)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func unmount(t *testing.T, store *volume.Store, container string) {
	t.Helper()
	if err := store.Unmount(t.Context(), "notes", container); err != nil {
		t.Fatal(err)
	}
}

func TestVolumeFollowsItsContainers(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root may give files away")
	}
	url, directory := archives(t)
	first, second := machine(t, url), machine(t, url)
	made, err := first.Create(t.Context(), volume.CreateOptions{Name: "notes", Driver: "archive"})
	if err != nil {
		t.Fatal(err)
	}
	if made.Scope != "global" || made.Driver != "archive" {
		t.Errorf("made %+v", made)
	}
	path := mount(t, first, "c1")
	if mount(t, first, "c2") != path {
		t.Error("two containers of one machine see different files")
	}
	for _, err := range []error{
		os.MkdirAll(filepath.Join(path, "deep/er"), 0o750),
		os.WriteFile(filepath.Join(path, "deep/er/file"), []byte("remember"), 0o640),
		os.Chown(filepath.Join(path, "deep/er/file"), 11, 12),
		os.Link(filepath.Join(path, "deep/er/file"), filepath.Join(path, "twin")),
		os.Symlink("/nowhere", filepath.Join(path, "link")),
		os.Chmod(path, 0o711),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	unmount(t, first, "c1")
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the second container lost its files: %v", err)
	}
	unmount(t, first, "c2")
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("the files are still on the first machine: %v", err)
	}

	path = mount(t, second, "c3")
	info, err := os.Stat(filepath.Join(path, "deep/er/file"))
	if err != nil {
		t.Fatal(err)
	}
	if owner := info.Sys().(*syscall.Stat_t); info.Mode() != 0o640 || owner.Uid != 11 || owner.Gid != 12 || owner.Nlink != 2 {
		t.Errorf("the file: %v %+v", info.Mode(), owner)
	}
	if text, _ := os.ReadFile(filepath.Join(path, "twin")); string(text) != "remember" {
		t.Errorf("the content: %q", text)
	}
	if target, _ := os.Readlink(filepath.Join(path, "link")); target != "/nowhere" {
		t.Errorf("the link: %q", target)
	}
	if top, err := os.Stat(path); err != nil || top.Mode() != os.ModeDir|0o711 {
		t.Errorf("the volume: %v %v", top, err)
	}
	listed, warnings, err := second.List(t.Context(), nil)
	if err != nil || len(warnings) > 0 || len(listed) != 1 || listed[0].Mountpoint != path || listed[0].Name != "notes" {
		t.Errorf("listed %+v %v %v", listed, warnings, err)
	}
	if err := second.Remove(t.Context(), "notes", false); err == nil || !strings.Contains(err.Error(), "mounted") {
		t.Errorf("removing a mounted volume: %v", err)
	}
	unmount(t, second, "c3")
	if err := second.Remove(t.Context(), "notes", false); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(directory); len(left) != 0 {
		t.Errorf("the store still has %v", left)
	}
	if _, err := first.Get(t.Context(), "notes"); err == nil || err.Error() != "get notes: no such volume" {
		t.Errorf("on the first machine: %v", err)
	}
}

func TestTooLargeVolumeKeepsItsFiles(t *testing.T) {
	url, _ := archives(t)
	store := machine(t, url)
	if _, err := store.Create(t.Context(), volume.CreateOptions{Name: "notes", Driver: "archive"}); err != nil {
		t.Fatal(err)
	}
	large := filepath.Join(mount(t, store, "c1"), "large")
	if err := os.WriteFile(large, make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := store.Unmount(t.Context(), "notes", "c1"); err == nil {
		t.Error("nobody said that the volume is too large")
	}
	if _, err := os.Stat(large); err != nil {
		t.Errorf("the file: %v", err)
	}
}

func TestUnknownOptionIsRefused(t *testing.T) {
	url, _ := archives(t)
	_, err := machine(t, url).Create(t.Context(), volume.CreateOptions{
		Name: "notes", Driver: "archive", Options: map[string]string{"colour": "red"},
	})
	if err == nil || !strings.Contains(err.Error(), "no options") {
		t.Errorf("error %v", err)
	}
}

func archiveOf(headers ...tar.Header) []byte {
	var buffer bytes.Buffer
	writer := tar.NewWriter(&buffer)
	for _, header := range headers {
		_ = writer.WriteHeader(&header)
	}
	_ = writer.Close()
	return buffer.Bytes()
}

// FuzzUnpack holds that no archive writes outside of its directory.
func FuzzUnpack(f *testing.F) {
	f.Add(archiveOf(tar.Header{Name: "../escaped", Typeflag: tar.TypeReg, Mode: 0o644}))
	f.Add(archiveOf(tar.Header{Name: "/escaped", Typeflag: tar.TypeDir, Mode: 0o755}))
	f.Add(archiveOf(
		tar.Header{Name: "up", Typeflag: tar.TypeSymlink, Linkname: ".."},
		tar.Header{Name: "up/escaped", Typeflag: tar.TypeReg, Mode: 0o644},
	))
	f.Add(archiveOf(tar.Header{Name: "hard", Typeflag: tar.TypeLink, Linkname: "../kept"}))
	f.Fuzz(func(t *testing.T, text []byte) {
		outside := t.TempDir()
		inside := filepath.Join(outside, "inside")
		if err := os.Mkdir(inside, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(outside, "kept"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		_ = unpack(bytes.NewReader(text), inside, 1<<16)
		_ = filepath.WalkDir(inside, func(path string, _ os.DirEntry, _ error) error {
			if err := os.Chmod(path, 0o700); err != nil && !os.IsNotExist(err) {
				return err
			}
			return nil
		})
		found, err := os.ReadDir(outside)
		if err != nil || len(found) != 2 {
			t.Fatalf("outside: %v, %v", found, err)
		}
		if info, err := os.Stat(filepath.Join(outside, "kept")); err != nil || info.Sys().(*syscall.Stat_t).Nlink != 1 {
			t.Fatalf("a file outside: %v, %v", info, err)
		}
	})
}

func TestStoreRefusesPaths(t *testing.T) {
	url, directory := archives(t)
	for _, name := range []string{"..%2Fescaped.tar", ".hidden.tar", "a.txt", "x.tar"} {
		server := remote{}
		response, err := server.do("PUT", url+"/"+name, io.LimitReader(zeros{}, 10))
		if err == nil {
			response.Body.Close()
			t.Errorf("%s was taken", name)
		}
	}
	if left, _ := os.ReadDir(directory); len(left) != 0 {
		t.Errorf("the store has %v", left)
	}
}

type zeros struct{}

func (zeros) Read(bytes []byte) (int, error) { return len(bytes), nil }
