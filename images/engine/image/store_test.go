package image

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"twinhull/engine/events"
	"twinhull/engine/fault"
	"twinhull/engine/filters"
)

func zipped(t testing.TB, raw []byte) []byte {
	t.Helper()
	var buffer bytes.Buffer
	w := gzip.NewWriter(&buffer)
	if _, err := w.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// layout is an OCI layout with one image, whose layers are compressed, in an archive.
func layout(t testing.TB, name string, layers ...[]byte) []byte {
	t.Helper()
	blob := func(raw []byte) (entry, ocispec.Descriptor) {
		id := digest.FromBytes(raw)
		return file(blobName(id), string(raw)), ocispec.Descriptor{Digest: id, Size: int64(len(raw))}
	}
	encode := func(value any) []byte {
		raw, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	var manifest ocispec.Manifest
	configEntry, config := blob(configOf(t, layers...))
	manifest.Config = config
	entries := []entry{configEntry}
	for _, layer := range layers {
		entry, descriptor := blob(zipped(t, layer))
		entries = append(entries, entry)
		manifest.Layers = append(manifest.Layers, descriptor)
	}
	manifestEntry, descriptor := blob(encode(manifest))
	descriptor.Platform = &ocispec.Platform{OS: "linux", Architecture: "386"}
	other := descriptor
	other.Platform = &ocispec.Platform{OS: "linux", Architecture: "s390x"}
	innerEntry, inner := blob(encode(ocispec.Index{Manifests: []ocispec.Descriptor{other, descriptor}}))
	inner.Annotations = map[string]string{ocispec.AnnotationRefName: name}
	entries = append(entries, manifestEntry, innerEntry)
	index := encode(ocispec.Index{Manifests: []ocispec.Descriptor{inner}})
	return archive(t, append(entries, file("oci-layout", `{"imageLayoutVersion":"1.0.0"}`), file("index.json", string(index)))...)
}

func TestLoadSaveLoad(t *testing.T) {
	needsMounts(t)
	twice := archive(t, file("a", "first"), link(tar.TypeLink, "b", "a"), file("a", "second"), dir("usr/lib"),
		link(tar.TypeSymlink, "lib", "usr/lib"), file("lib/x", "one"), file("usr/lib/x", "two"), file("a", "third"))
	layers := [][]byte{everything(t), twice, append(archive(t, file("c", "x")), make([]byte, 9999)...)}
	for name, raw := range map[string][]byte{
		"docker":            dockerArchive(t, []string{"shell:1.0"}, layers...),
		"docker compressed": zipped(t, dockerArchive(t, []string{"shell:1.0"}, layers...)),
		"layout":            layout(t, "shell:1.0", layers...),
	} {
		t.Run(name, func(t *testing.T) {
			store := openStore(t)
			img := load(t, store, raw)[0]
			var saved, again bytes.Buffer
			if err := store.Save(context.Background(), &saved, []string{"shell"}); err != nil {
				t.Fatal(err)
			}
			other := openStore(t)
			same := load(t, other, saved.Bytes())[0]
			if same.ID != img.ID || !bytes.Equal(same.RawConfig, img.RawConfig) || !slices.Equal(same.RepoTags, []string{"shell:1.0"}) {
				t.Errorf("loaded again it is %s %v", same.ID, same.RepoTags)
			}
			for i, diffID := range same.Config.RootFS.DiffIDs {
				blob, _, err := other.Blob(diffID)
				if err != nil {
					t.Fatal(err)
				}
				if written, err := io.ReadAll(blob); err != nil || !bytes.Equal(written, layers[i]) {
					t.Errorf("layer %d came back as %d other bytes: %v", i, len(written), err)
				}
				blob.Close()
			}
			if err := other.Save(context.Background(), &again, []string{img.ID.String()[:20], "shell:1.0"}); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(saved.Bytes(), again.Bytes()) {
				t.Error("saved twice it differs")
			}
		})
	}
}

// leftovers lists all files of a store but those that an empty one has.
func leftovers(t *testing.T, store *Store) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(store.root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && (!entry.IsDir() || strings.HasPrefix(path, store.overlay()+"/") || strings.HasPrefix(path, store.staging()+"/")) {
			found = append(found, strings.TrimPrefix(path, store.root))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(found, func(path string) bool { return path == "/image/index.json" })
}

func TestWhatIsRefusedLeavesNothing(t *testing.T) {
	good := archive(t, file("a", strings.Repeat("x", 5000)))
	bad := archive(t, file("a", "x"), file("../b", "x"))
	bomb := zipped(t, make([]byte, 100<<20))
	whole := dockerArchive(t, nil, good, good)
	for name, test := range map[string]struct {
		raw  []byte
		says string
	}{
		"dots in the second layer": {dockerArchive(t, nil, good, bad), `"../b": paths with ".."`},
		"cut off":                  {whole[:len(whole)/3], "unexpected EOF"},
		"no image":                 {archive(t, file("readme", "x")), "does not contain a manifest.json"},
		"no archive":               {bytes.Repeat([]byte("hello "), 500), "cannot be read"},
		"nothing":                  {nil, "does not contain a manifest.json"},
		"zstd":                     {[]byte{0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0}, "compressed with zstd"},
		"bomb":                     {zipped(t, archive(t, file("x/layer.tar", strings.Repeat("\x00", 100<<20)))), "no honest archive"},
		"bomb as a layer":          {archive(t, file("x/layer.tar", string(bomb))), "no honest archive"},
		"another digest":           {archive(t, file(blobName(digest.FromString("other")), string(good))), "where sha256:d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa was announced"},
		"document of another digest": {
			archive(t, file(blobName(digest.FromString("other")), "{}")), "not what its name says",
		},
		"missing layer":  {archive(t, file("c.json", string(configOf(t, good))), file("manifest.json", `[{"Config":"c.json","Layers":["l"]}]`)), `lacks "l"`},
		"missing config": {archive(t, file("manifest.json", `[{"Config":"c.json","Layers":[]}]`)), `lacks "c.json"`},
		"wrong layer": {
			archive(t, file("c.json", string(configOf(t, bad))), file("x/layer.tar", string(good)),
				file("manifest.json", `[{"Config":"c.json","Layers":["x/layer.tar"]}]`)), "invalid diffID for layer 0",
		},
		"long document": {archive(t, file("index.json", strings.Repeat(" ", maxDocument+1))), "neither a layer nor a document"},
	} {
		t.Run(name, func(t *testing.T) {
			store := openStore(t)
			_, err := store.Load(context.Background(), bytes.NewReader(test.raw), LoadObserver{})
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("the error is %v, it should say %q", err, test.says)
			}
			if left := leftovers(t, store); len(left) > 0 {
				t.Errorf("left are %v", left)
			}
		})
	}
}

func TestAddLayerChecksTheBlob(t *testing.T) {
	store := openStore(t)
	layer := archive(t, file("a", "x"))
	blob := zipped(t, layer)
	right := ocispec.Descriptor{Digest: digest.FromBytes(blob), Size: int64(len(blob))}
	for says, test := range map[string]struct {
		diffID  digest.Digest
		blob    ocispec.Descriptor
		content []byte
	}{
		"was announced":                      {"", ocispec.Descriptor{Digest: digest.FromString("x")}, blob},
		"image's configuration has sha256:2": {digest.FromString("x"), right, blob},
		"bytes where":                        {"", ocispec.Descriptor{Size: right.Size - 1}, blob},
		"cut off":                            {"", right, blob[:len(blob)-20]},
		"damaged":                            {"", ocispec.Descriptor{}, append(slices.Clone(blob[:len(blob)-6]), "rotten"...)},
	} {
		ingest := store.Ingest()
		if _, err := ingest.AddLayer(test.diffID, test.blob, bytes.NewReader(test.content)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("the error is %v, it should say %q", err, says)
		}
		ingest.Close()
	}
	ingest := store.Ingest()
	if got, err := ingest.AddLayer(digest.FromBytes(layer), right, bytes.NewReader(blob)); got != digest.FromBytes(layer) || err != nil {
		t.Errorf("the layer is %s, %v", got, err)
	}
	ingest.Close()
	if left := leftovers(t, store); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
}

func TestOpenSweepsWhatIsIncomplete(t *testing.T) {
	needsMounts(t)
	store := openStore(t)
	layer := archive(t, file("a", "x"))
	img := load(t, store, dockerArchive(t, []string{"shell:latest"}, layer))[0]
	root, err := store.CreateRoot("kept", img, nil)
	if err != nil {
		t.Fatal(err)
	}
	before := leftovers(t, store)
	// An engine that stops here has a layer in its place, and half of another.
	ingest := store.Ingest()
	if _, err := ingest.AddLayer("", ocispec.Descriptor{}, bytes.NewReader(archive(t, file("b", "x")))); err != nil {
		t.Fatal(err)
	}
	if err := store.Tag(img, mustName(t, "other")); err != nil {
		t.Fatal(err)
	}
	for _, place := range []string{"image/staging/layer-1/diff", "overlay2/" + strings.Repeat("0", 64) + "/diff", "overlay2/x-init/work"} {
		if err := os.MkdirAll(filepath.Join(store.root, place), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	again, err := Open(store.root, nil)
	if err != nil {
		t.Fatal(err)
	}
	if after := leftovers(t, again); !slices.Equal(before, after) {
		t.Errorf("afterwards there are\n%v\nnot\n%v", after, before)
	}
	if found, err := again.Get("other"); err != nil || found.ID != img.ID {
		t.Errorf("other is %v, %v", found, err)
	}
	if _, err := again.OpenRoot("kept"); err != nil {
		t.Error(err)
	}
	if err := root.Remove(); err != nil {
		t.Error(err)
	}
}

func mustName(t testing.TB, text string) reference.Named {
	t.Helper()
	named, err := reference.ParseNormalizedNamed(text)
	if err != nil {
		t.Fatal(err)
	}
	return named
}

func TestGet(t *testing.T) {
	store := openStore(t)
	img := load(t, store, dockerArchive(t, []string{"shell:latest", "example.org:5000/a/b:1.0"}, archive(t, file("a", "x"))))[0]
	id := digest.FromString("manifest")
	if err := store.AddDigest(img, mustName(t, "shell@"+id.String()).(reference.Canonical)); err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{
		"shell", "shell:latest", "docker.io/library/shell", "library/shell", "index.docker.io/library/shell:latest",
		"example.org:5000/a/b:1.0", "shell@" + id.String(), "shell:gone@" + id.String(),
		img.ID.String(), img.ID.Encoded(), img.ID.Encoded()[:3], img.ID.String()[:12],
	} {
		if got, err := store.Get(ref); err != nil || got.ID != img.ID {
			t.Errorf("%s is %v, %v", ref, got, err)
		}
	}
	for ref, want := range map[string]string{
		"none":                         "No such image: none:latest",
		"shell:2":                      "No such image: shell:2",
		"example.org:5000/a/b":         "No such image: example.org:5000/a/b:latest",
		"shell@" + img.ID.String():     "No such image: shell@" + img.ID.String(),
		digest.FromString("").String(): "No such image: " + digest.FromString("").String(),
		"Shell":                        "invalid reference format: repository name (library/Shell) must be lowercase",
		"":                             "invalid reference format",
		"a b":                          "invalid reference format",
	} {
		if _, err := store.Get(ref); err == nil || err.Error() != want {
			t.Errorf("%q gives %v, not %s", ref, err, want)
		}
	}
	got, err := store.Get("shell")
	if err != nil || !slices.Equal(got.RepoTags, []string{"example.org:5000/a/b:1.0", "shell:latest"}) || !slices.Equal(got.RepoDigests, []string{"shell@" + id.String()}) {
		t.Errorf("the names are %v and %v, %v", got.RepoTags, got.RepoDigests, err)
	}
}

// child makes an image of another without changing its files.
func child(t *testing.T, store *Store, parent *Image, command string, names ...string) *Image {
	t.Helper()
	ingest := store.Ingest()
	defer ingest.Close()
	img, err := ingest.Derive(parent, parent.Config, ocispec.History{CreatedBy: command}, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := store.Tag(img, mustName(t, name)); err != nil {
			t.Fatal(err)
		}
	}
	return img
}

func TestRemove(t *testing.T) {
	layer := archive(t, file("a", "x"))
	chain := digest.FromBytes(layer).String()
	container := strings.Repeat("c", 64)
	type call struct {
		ref          string
		force, prune bool
		says         string
		removed      []string
	}
	for name, test := range map[string]struct {
		tags    []string
		prepare func(t *testing.T, store *Store, img *Image)
		calls   []call
	}{
		"by its only name": {[]string{"a:1"}, nil, []call{{ref: "a:1", removed: []string{"-a:1", "IMAGE", chain}}}},
		"by one of two names": {[]string{"a:1", "b:1"}, nil, []call{
			{ref: "a:1", removed: []string{"-a:1"}}, {ref: "a:1", says: "No such image: a:1"},
			{ref: "b:1", removed: []string{"-b:1", "IMAGE", chain}},
		}},
		"by ID with two names": {[]string{"a:1", "b:1"}, nil, []call{
			{ref: "ID", says: "conflict: unable to delete SHORT (must be forced) - image is referenced in multiple repositories"},
			{ref: "ID", force: true, removed: []string{"-a:1", "-b:1", "IMAGE", chain}},
		}},
		"with a digest": {[]string{"a:1"}, func(t *testing.T, store *Store, img *Image) {
			if err := store.AddDigest(img, mustName(t, "a@"+chain).(reference.Canonical)); err != nil {
				t.Fatal(err)
			}
		}, []call{{ref: "a:1", removed: []string{"-a:1", "-a@" + chain, "IMAGE", chain}}}},
		"used by a stopped container": {[]string{"a:1"}, func(t *testing.T, store *Store, img *Image) { store.Use(img.ID, container) }, []call{
			{ref: "a:1", says: "conflict: unable to remove repository reference \"a:1\" (must force) - container cccccccccccc is using its referenced image SHORT"},
			{ref: "ID", says: "conflict: unable to delete SHORT (must be forced) - image is being used by stopped container cccccccccccc"},
			{ref: "ID", force: true, removed: []string{"-a:1", "IMAGE", chain}},
		}},
		"used by a running container": {[]string{"a:1"}, func(t *testing.T, store *Store, img *Image) {
			store.Use(img.ID, container)
			store.Running = func(string) bool { return true }
		}, []call{
			{ref: "ID", force: true, says: "conflict: unable to delete SHORT (cannot be forced) - image is being used by running container cccccccccccc"},
			{ref: "a:1", force: true, removed: []string{"-a:1"}},
		}},
		"with a child": {[]string{"a:1"}, func(t *testing.T, store *Store, img *Image) { child(t, store, img, "step", "b:1") }, []call{
			{ref: "ID", force: true, says: "conflict: unable to delete SHORT (cannot be forced) - image has dependent child images"},
			{ref: "a:1", removed: []string{"-a:1"}},
			{ref: "b:1", prune: true, removed: []string{"-b:1", "CHILD", "IMAGE", chain}},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			store := openStore(t)
			img := load(t, store, dockerArchive(t, test.tags, layer))[0]
			if test.prepare != nil {
				test.prepare(t, store, img)
			}
			for _, call := range test.calls {
				ref := strings.ReplaceAll(call.ref, "ID", img.ID.Encoded())
				removed, err := store.Remove(ref, call.force, call.prune)
				want := strings.ReplaceAll(call.says, "SHORT", img.ID.Encoded()[:12])
				if want != "" && (err == nil || err.Error() != want) || want == "" && err != nil {
					t.Errorf("%+v gives %v", call, err)
				}
				var lines []string
				for _, each := range removed {
					line := strings.Replace(each.Deleted, img.ID.String(), "IMAGE", 1)
					switch {
					case each.Untagged != "":
						line = "-" + each.Untagged
					case line != "IMAGE" && line != chain:
						line = "CHILD"
					}
					lines = append(lines, line)
				}
				if !slices.Equal(lines, call.removed) {
					t.Errorf("%+v removes %v", call, lines)
				}
			}
		})
	}
}

func TestForcedRemovalKeepsWhatAContainerNeeds(t *testing.T) {
	needsMounts(t)
	store := openStore(t)
	img := load(t, store, dockerArchive(t, []string{"a:1"}, archive(t, file("f", "x"))))[0]
	root, err := store.CreateRoot("c", img, nil)
	if err != nil {
		t.Fatal(err)
	}
	store.Use(img.ID, "c")
	if _, err := store.Remove("a:1", true, true); err != nil {
		t.Fatal(err)
	}
	path, err := root.Mount()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(path, "f")); err != nil {
		t.Error(err)
	}
	if err := root.Remove(); err != nil {
		t.Fatal(err)
	}
	if left := leftovers(t, store); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
}

func TestSelectAndPrune(t *testing.T) {
	store := openStore(t)
	layer := archive(t, file("a", "12345"))
	base := load(t, store, dockerArchive(t, []string{"base:1"}, layer))[0]
	step := child(t, store, base, "step")
	named := child(t, store, step, "last step", "example.org/app:2")
	dangling := child(t, store, base, "nameless")
	ids := func(text string, all bool) string {
		wanted, err := filters.Parse(text, SelectFilters...)
		if err != nil {
			t.Fatal(err)
		}
		images, err := store.Select(wanted, all)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, img := range images {
			names = append(names, map[digest.Digest]string{base.ID: "base", step.ID: "step", named.ID: "named", dangling.ID: "dangling"}[img.ID])
		}
		slices.Sort(names)
		return strings.Join(names, " ")
	}
	for text, want := range map[string]string{
		"":                                         "base dangling named",
		`{"dangling":["true"]}`:                    "dangling",
		`{"dangling":["false"]}`:                   "base named",
		`{"reference":["base"]}`:                   "base",
		`{"reference":["example.org/*:2"]}`:        "named",
		`{"reference":["docker.io/library/b*"]}`:   "base",
		`{"before":["example.org/app:2"]}`:         "base",
		`{"since":["base:1"],"dangling":["true"]}`: "dangling",
		`{"until":["24h"]}`:                        "base",
		`{"label":["none"]}`:                       "",
	} {
		if got := ids(text, false); got != want {
			t.Errorf("%s selects %q, not %q", text, got, want)
		}
	}
	if got := ids("", true); got != "base dangling named step" {
		t.Errorf("all are %q", got)
	}
	history, err := store.History(named)
	if err != nil || len(history) != 3 || history[0].CreatedBy != "last step" || history[1].ID != step.ID.String() || history[2].Size != 5 {
		t.Errorf("the history is %+v, %v", history, err)
	}
	if shared := store.Shared(named); shared != 5 {
		t.Errorf("%d bytes are shared", shared)
	}
	removed, reclaimed, err := store.Prune(nil)
	if err != nil || reclaimed != 0 || fmt.Sprint(removed) != fmt.Sprint([]Removed{{Deleted: dangling.ID.String()}}) {
		t.Errorf("pruned are %v and %d bytes: %v", removed, reclaimed, err)
	}
	store.Use(named.ID, "c")
	unused, err := filters.Parse(`{"dangling":["false"]}`, PruneFilters...)
	if err != nil {
		t.Fatal(err)
	}
	if removed, _, err := store.Prune(unused); err != nil || fmt.Sprint(removed) != fmt.Sprint([]Removed{{Untagged: "base:1"}}) {
		t.Errorf("pruned are %v: %v", removed, err)
	}
	store.Release("c")
	if _, reclaimed, err := store.Prune(unused); err != nil || reclaimed != 5 || len(store.List()) != 0 {
		t.Errorf("%d bytes are reclaimed, %d images are left: %v", reclaimed, len(store.List()), err)
	}
}

func TestManyAtOnce(t *testing.T) {
	bus := &events.Bus{}
	store, err := Open(t.TempDir(), bus)
	if err != nil {
		t.Fatal(err)
	}
	common := archive(t, file("common", "x"))
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			tag := fmt.Sprintf("image:%d", n%3)
			raw := dockerArchive(t, []string{tag}, common, archive(t, file("own", tag)))
			for range 5 {
				if _, err := store.Load(context.Background(), bytes.NewReader(raw), LoadObserver{}); err != nil {
					t.Error(err)
				}
				store.List()
				if _, err := store.Remove(tag, true, true); err != nil && !fault.Is(err, fault.NotFound) {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	for _, img := range store.List() {
		if _, err := store.Remove(img.ID.String(), true, true); err != nil {
			t.Error(err)
		}
	}
	if left := leftovers(t, store); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
	if past, _, end := bus.Subscribe(time.Unix(1, 0)); len(past) == 0 {
		t.Error("nothing was told")
	} else {
		end()
	}
}
