package registry_test

import (
	"archive/tar"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"twinhull/engine/registry"
)

// writeArchive writes a tar archive of files and returns its path. A content that begins with "-> " is a symbolic link.
func writeArchive(t *testing.T, files map[string]string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "image.tar")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	archive := tar.NewWriter(file)
	for name, content := range files {
		header := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}
		if target, isLink := strings.CutPrefix(content, "-> "); isLink {
			header = &tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: target}
			content = ""
		}
		if err := archive.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func blobPath(content string) string {
	return "blobs/" + strings.Replace(digestOf(content), ":", "/", 1)
}

// ociArchive is an archive of one image under a name.
func ociArchive(t *testing.T, name, layer string) string {
	manifest := manifestOf(digestOf("{}"), digestOf(layer), len(layer), "")
	index := fmt.Sprintf(`{"schemaVersion":2,"manifests":[{"mediaType":%q,"digest":%q,"size":%d,"annotations":{"io.containerd.image.name":%q}}]}`,
		ociManifest, digestOf(manifest), len(manifest), name)
	return writeArchive(t, map[string]string{
		"oci-layout": `{"imageLayoutVersion":"1.0.0"}`, "index.json": index,
		blobPath(manifest): manifest, blobPath("{}"): "{}", blobPath(layer): layer,
	})
}

func TestLayoutIsServedAndLiesAtStaticPaths(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "registry")
	saved := writeArchive(t, map[string]string{
		"manifest.json":    `[{"Config":"c.json","RepoTags":["hello-world:latest","example.com:5000/team/hello:2"],"Layers":["a/layer.tar","b/layer.tar"]}]`,
		"c.json":           `{"os":"linux"}`,
		"a/layer.tar":      "plain",
		"b/layer.tar":      "-> ../shared.tar",
		"./shared.tar":     "\x1f\x8bcompressed",
		"repositories":     `{}`,
		"a/unrelated/file": "x",
	})
	var told []string
	err := registry.LayOut(t.Context(), folder, []string{ociArchive(t, "docker.io/library/busybox:1.36", "layer"), saved},
		func(image string, size int64) { told = append(told, fmt.Sprintf("%s %d", image, size)) })
	if err != nil {
		t.Fatal(err)
	}
	if wanted := []string{"library/busybox:1.36 7", "library/hello-world:latest 31", "team/hello:2 31"}; !slices.Equal(told, wanted) {
		t.Errorf("told %q", told)
	}
	c, _ := newClientAt(t, folder, registry.Options{ReadOnly: true})
	for _, path := range []string{
		"/v2/_catalog", "/v2/library/busybox/tags/list", "/v2/library/busybox/manifests/1.36", "/v2/library/hello-world/manifests/latest",
		"/v2/team/hello/tags/list", "/v2/library/busybox/blobs/" + digestOf("layer"), "/v2/team/hello/blobs/" + digestOf("\x1f\x8bcompressed"),
	} {
		_, served := c.want(200, "GET", path, "")
		file, err := os.ReadFile(filepath.Join(folder, path))
		if err != nil || string(file) != served {
			t.Errorf("%s is %q as a file and %q as an answer: %v", path, file, served, err)
		}
	}
	_, text := c.want(200, "GET", "/v2/library/hello-world/manifests/latest", "")
	var manifest struct{ Layers []struct{ MediaType string } }
	if err := json.Unmarshal([]byte(text), &manifest); err != nil || len(manifest.Layers) != 2 ||
		strings.HasSuffix(manifest.Layers[0].MediaType, "gzip") || !strings.HasSuffix(manifest.Layers[1].MediaType, "+gzip") {
		t.Errorf("%s: %v", text, err)
	}
	if exists(folder, "uploads") || !exists(folder, "oci-layout") || !exists(folder, "v2/index.html") {
		t.Error("the folder has uploads, or no oci-layout or v2/index.html")
	}
	index, err := os.ReadFile(filepath.Join(folder, "index.json"))
	if err != nil || strings.Count(string(index), "org.opencontainers.image.ref.name") != 3 {
		t.Errorf("index.json is %s: %v", index, err)
	}
}

func TestTwoLayoutsOfTheSameImagesAreTheSame(t *testing.T) {
	archive := ociArchive(t, "busybox:1.36", "layer")
	var trees [2]map[string]string
	for i := range trees {
		folder := t.TempDir()
		if err := registry.LayOut(t.Context(), folder, []string{archive}, nil); err != nil {
			t.Fatal(err)
		}
		trees[i] = map[string]string{}
		err := fs.WalkDir(os.DirFS(folder), ".", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := os.ReadFile(filepath.Join(folder, path))
			trees[i][path] = string(content)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(trees[0]) == 0 || !maps.Equal(trees[0], trees[1]) {
		t.Errorf("the first is\n%v\nand the second\n%v", trees[0], trees[1])
	}
}

func exists(folder, name string) bool {
	_, err := os.Stat(filepath.Join(folder, name))
	return err == nil
}

func TestLayoutRefusesWhatIsNoImage(t *testing.T) {
	good := ociArchive(t, "a:1", "layer")
	wrong := map[string]string{
		"index.json": fmt.Sprintf(`{"manifests":[{"digest":%q,"annotations":{"org.opencontainers.image.ref.name":"a:1"}}]}`, digestOf("x")),
	}
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("not an archive ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	swapped := map[string]string{"index.json": wrong["index.json"], blobPath("x"): "y"}
	for wanted, archive := range map[string]string{
		"neither index.json nor manifest.json": writeArchive(t, map[string]string{"file": "x"}),
		"file does not exist":                  writeArchive(t, wrong),
		"has the digest":                       writeArchive(t, swapped),
		"not a tar archive":                    text,
		"invalid repository name":              ociArchive(t, "Upper/Case:1", "layer"),
		"no such file":                         filepath.Join(t.TempDir(), "missing"),
	} {
		err := registry.LayOut(t.Context(), t.TempDir(), []string{good, archive}, nil)
		if err == nil || !strings.Contains(err.Error(), wanted) {
			t.Errorf("got %v, wanted %q", err, wanted)
		}
	}
}
