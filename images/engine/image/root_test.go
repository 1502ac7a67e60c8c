package image

import (
	"archive/tar"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/opencontainers/go-digest"
)

func TestContainerSeesItsImage(t *testing.T) {
	needsMounts(t)
	store := openStore(t)
	lower := archive(t, dir("etc"), file("etc/motd", "hello\n"), file("etc/gone", "x"), dir("var"), file("var/old", "x"))
	upper := archive(t, dir("etc"), file("etc/.wh.gone", ""), dir("var"), file("var/.wh..wh..opq", ""), file("var/new", "y"),
		link(tar.TypeSymlink, "motd", "/etc/motd"))
	img := load(t, store, dockerArchive(t, []string{"shell:latest"}, lower, upper))[0]
	root, err := store.CreateRoot("c1", img, nil)
	if err != nil {
		t.Fatal(err)
	}
	path, err := root.Mount()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := root.Remove(); err != nil {
			t.Error(err)
		}
	})
	if got, err := os.ReadFile(filepath.Join(path, "etc/motd")); string(got) != "hello\n" {
		t.Errorf("etc/motd is %q, %v", got, err)
	}
	for _, gone := range []string{"etc/gone", "var/old"} {
		if _, err := os.Lstat(filepath.Join(path, gone)); !os.IsNotExist(err) {
			t.Errorf("%s is there: %v", gone, err)
		}
	}
	if _, err := os.Lstat(filepath.Join(path, "var/new")); err != nil {
		t.Error(err)
	}
	again, err := store.OpenRoot("c1")
	if err != nil {
		t.Fatal(err)
	}
	if same, err := again.Mount(); same != path || err != nil {
		t.Errorf("mounted again at %q, %v", same, err)
	}
	for _, layer := range [][]byte{lower, upper} {
		blob, size, err := store.Blob(digest.FromBytes(layer))
		if err != nil {
			t.Fatal(err)
		}
		written, err := io.ReadAll(blob)
		if string(written) != string(layer) || int64(len(written)) != size || err != nil {
			t.Errorf("a layer of %d bytes came back as %d other bytes, %d announced: %v", len(layer), len(written), size, err)
		}
		blob.Close()
	}
}
