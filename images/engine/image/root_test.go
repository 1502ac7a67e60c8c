package image

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	"golang.org/x/sys/unix"
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

func TestContainerHasUsersOfItsOwn(t *testing.T) {
	needsMounts(t)
	store := openStore(t)
	owned := file("owned", "x")
	owned.Uid, owned.Gid = 7, 8
	img := load(t, store, dockerArchive(t, []string{"shell:latest"}, archive(t, owned), archive(t, file("roots", "y"))))[0]
	root, err := store.CreateRoot("c1", img, &IDMap{UID: 100000, GID: 200000, Size: 65536})
	if err != nil {
		t.Fatal(err)
	}
	path, err := root.Mount()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]Owner{"owned": {100007, 200008}, "roots": {100000, 200000}, "etc/hosts": {100000, 200000}} {
		var stat unix.Stat_t
		if err := unix.Stat(filepath.Join(path, name), &stat); err != nil || int(stat.Uid) != want.UID || int(stat.Gid) != want.GID {
			t.Errorf("%s belongs to %d:%d, %v", name, stat.Uid, stat.Gid, err)
		}
	}
	// Changed by whom it belongs to, it is copied up, and committed as the container's.
	if err := os.Chmod(filepath.Join(path, "owned"), 0o600); err != nil {
		t.Fatal(err)
	}
	var layer bytes.Buffer
	if err := root.Diff(&layer); err != nil {
		t.Fatal(err)
	}
	header, err := tar.NewReader(&layer).Next()
	if err != nil || header.Name != "owned" || header.Uid != 7 || header.Gid != 8 {
		t.Errorf("the change is %+v, %v", header, err)
	}
	if err := root.Remove(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(store.staging()); err != nil || len(left) > 0 {
		t.Errorf("left are %v, %v", left, err)
	}
	if mounts, err := os.ReadFile("/proc/self/mounts"); err != nil || strings.Contains(string(mounts), store.root) {
		t.Errorf("mounts are left, %v", err)
	}
}

func TestChangesAndCommit(t *testing.T) {
	needsMounts(t)
	store := openStore(t)
	lower := archive(t, dir("etc"), file("etc/motd", "hello\n"), file("etc/gone", "x"), dir("etc/whole"), file("etc/whole/a", "x"),
		file("etc/whole/b", "x"), dir("home"), dir("untouched"), file("untouched/f", "x"))
	img := load(t, store, dockerArchive(t, []string{"shell:latest"}, lower, archive(t, file("top", "x"))))[0]
	root, err := store.CreateRoot("c1", img, nil)
	if err != nil {
		t.Fatal(err)
	}
	path, err := root.Mount()
	if err != nil {
		t.Fatal(err)
	}
	script := `set -e; cd "$1"; echo more >> etc/motd; rm etc/gone; rm -r etc/whole; mkdir etc/whole; echo x > etc/whole/b
		mkdir -p home/a; echo new > home/a/file; ln home/a/file home/a/same; chmod 600 top; cat untouched/f > /dev/null`
	if output, err := exec.Command("sh", "-c", script, "sh", path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	changes, err := root.Changes()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, change := range changes {
		lines = append(lines, "CAD"[change.Kind:change.Kind+1]+" "+change.Path)
	}
	want := []string{"C /etc", "D /etc/gone", "C /etc/motd", "C /etc/whole", "D /etc/whole/a", "C /etc/whole/b", "C /home", "A /home/a",
		"A /home/a/file", "A /home/a/same", "C /top"}
	if !slices.Equal(lines, want) {
		t.Errorf("the changes are\n%s\nnot\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	rw, all, err := root.Sizes()
	if err != nil || rw != int64(len("hello\nmore\n")+len("x\n")+len("new\n")+len("x")) || all != rw+img.Size {
		t.Errorf("the sizes are %d and %d, %v", rw, all, err)
	}
	config := img.Config
	config.Config.Cmd = []string{"serve", "it"}
	committed, err := store.Commit(root, config, "a comment", "an author", img)
	if err != nil {
		t.Fatal(err)
	}
	last := committed.Config.History[len(committed.Config.History)-1]
	if last.CreatedBy != "serve it" || last.Comment != "a comment" || last.EmptyLayer || committed.Parent != img.ID || len(committed.Config.RootFS.DiffIDs) != 3 {
		t.Errorf("committed is %+v of %s, %v", last, committed.Parent, committed.Config.RootFS.DiffIDs)
	}
	other, err := store.CreateRoot("c2", committed, nil)
	if err != nil {
		t.Fatal(err)
	}
	otherPath, err := other.Mount()
	if err != nil {
		t.Fatal(err)
	}
	if output, err := exec.Command("diff", "-r", path, otherPath).CombinedOutput(); err != nil {
		t.Errorf("the commit differs from the container: %v: %s", err, output)
	}
	if err := other.Remove(); err != nil {
		t.Error(err)
	}
	unchanged, err := store.CreateRoot("c3", img, nil)
	if err != nil {
		t.Fatal(err)
	}
	same, err := store.Commit(unchanged, config, "", "", img)
	if err != nil || len(same.Config.RootFS.DiffIDs) != 2 || !same.Config.History[len(same.Config.History)-1].EmptyLayer {
		t.Errorf("without changes it is %+v, %v", same, err)
	}
	for _, each := range []*Root{root, unchanged} {
		if err := each.Remove(); err != nil {
			t.Error(err)
		}
	}
}
