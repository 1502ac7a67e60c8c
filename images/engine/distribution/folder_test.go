package distribution_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"twinhull/engine/distribution"
	"twinhull/engine/registry"
)

// folderOf lays an image out as static files, by pushing it to a server on the same folder.
func folderOf(t *testing.T, name string) string {
	t.Helper()
	root := t.TempDir()
	store, err := registry.Open(root, registry.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	here := newMemory()
	id := here.put(t, name, layer)
	_, manifest, _ := here.Manifest(id)
	for _, blob := range here.blobs {
		if _, _, err := store.PutBlob(name[:strings.IndexByte(name, ':')], strings.NewReader(string(blob))); err != nil {
			t.Fatal(err)
		}
	}
	repository, tag, _ := strings.Cut(name, ":")
	if _, err := store.PutManifest(repository, tag, "", manifest); err != nil {
		t.Fatal(err)
	}
	return root
}

func TestOfficialImagesComeFromAFolder(t *testing.T) {
	root := folderOf(t, "library/busybox:latest")
	client := distribution.New(distribution.Options{Folder: root, Retry: time.Millisecond})
	for _, name := range []string{"busybox:latest", "docker.io/library/busybox:latest", "busybox"} {
		lines, err := pull(t, client, name, newMemory())
		if err != nil || !strings.HasPrefix(lines[len(lines)-1], "Status: Downloaded newer image for busybox") {
			t.Errorf("%s: %v after\n%s", name, err, strings.Join(lines, "\n"))
		}
	}
	for name, wanted := range map[string]string{
		"busybox:none": "manifest for busybox:none not found: manifest unknown: manifest unknown",
		"none/such:1": "pull access denied for none/such, repository does not exist or may require 'docker login': " +
			"denied: requested access to the resource is denied",
		"none": "pull access denied for none, repository does not exist or may require 'docker login': " +
			"denied: requested access to the resource is denied",
	} {
		if _, err := pull(t, client, name, newMemory()); err == nil || err.Error() != wanted {
			t.Errorf("%s: got %v", name, err)
		}
	}
	here := newMemory()
	here.put(t, "busybox:latest", layer)
	if _, err := push(t, client, "busybox:latest", here); err == nil || err.Error() != "denied: requested access to the resource is denied" {
		t.Errorf("a push to the folder: %v", err)
	}
}

func TestAFolderIsCheckedLikeARegistry(t *testing.T) {
	root := folderOf(t, "library/busybox:latest")
	blob := filepath.Join(root, "v2/library/busybox/blobs", describe("", layer).Digest.String())
	for name, content := range map[string][]byte{
		"other content": append([]byte("x"), layer[1:]...),
		"cut off":       layer[:len(layer)-1],
		"too long":      append([]byte("x"), layer...),
	} {
		if err := os.WriteFile(blob, content, 0o600); err != nil {
			t.Fatal(err)
		}
		client, there := distribution.New(distribution.Options{Folder: root, Retry: time.Millisecond}), newMemory()
		if _, err := pull(t, client, "busybox:latest", there); err == nil || len(there.images) > 0 {
			t.Errorf("%s: it was pulled", name)
		}
	}
}

func TestAFolderThatIsNotThereLeavesTheRegistry(t *testing.T) {
	root := filepath.Join(t.TempDir(), "missing")
	host := serve(t, nil)
	client, here := distribution.New(distribution.Options{Folder: root}), newMemory()
	here.put(t, host+"/app:latest", layer)
	mustPush(t, client, host+"/app:latest", here)
	if _, err := pull(t, client, host+"/app:latest", newMemory()); err != nil {
		t.Error(err)
	}
}

func TestAFolderCannotBeLeft(t *testing.T) {
	root := folderOf(t, "library/busybox:latest")
	tag := filepath.Join(root, "v2/library/busybox/manifests/evil")
	if err := os.Symlink("/etc/hostname", tag); err != nil {
		t.Fatal(err)
	}
	client := distribution.New(distribution.Options{Folder: root})
	if _, err := pull(t, client, "busybox:evil", newMemory()); err == nil || !strings.Contains(err.Error(), "escapes") {
		t.Errorf("a link out of the folder: %v", err)
	}
}
