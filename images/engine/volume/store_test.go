package volume

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"twinhull/engine/events"
	"twinhull/engine/fault"
	"twinhull/engine/filters"
)

func openStore(t *testing.T) (*Store, *events.Bus) {
	t.Helper()
	bus := &events.Bus{}
	store, err := Open(t.TempDir(), t.TempDir(), bus)
	if err != nil {
		t.Fatal(err)
	}
	// The machine's own plugins are none of the test's.
	store.plugins.specs = nil
	store.plugins.patience = patience{first: time.Millisecond, whole: 20 * time.Millisecond}
	return store, bus
}

func create(t *testing.T, store *Store, options CreateOptions) *Volume {
	t.Helper()
	volume, err := store.Create(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return volume
}

func names(volumes []*Volume) []string {
	var all []string
	for _, volume := range volumes {
		all = append(all, volume.Name)
	}
	return all
}

func wantError(t *testing.T, err error, kind fault.Kind, text string) {
	t.Helper()
	if err == nil || err.Error() != text || fault.KindOf(err) != kind {
		t.Errorf("error %v of kind %v, want %q of kind %v", err, fault.KindOf(err), text, kind)
	}
}

func TestVolumeOutlivesTheEngine(t *testing.T) {
	store, bus := openStore(t)
	made := create(t, store, CreateOptions{Name: "photos", Labels: map[string]string{"a": "b"}})
	if err := os.WriteFile(filepath.Join(made.Mountpoint, "one"), []byte("1234"), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := Open(store.local.root, t.TempDir(), bus)
	if err != nil {
		t.Fatal(err)
	}
	found, err := again.Get(t.Context(), "photos")
	if err != nil {
		t.Fatal(err)
	}
	if found.Driver != "local" || found.Labels["a"] != "b" || found.Mountpoint != made.Mountpoint ||
		found.CreatedAt != made.CreatedAt || found.Scope != "local" {
		t.Errorf("found %+v, made %+v", found, made)
	}
}

func TestDamagedMetadataHidesNothingElse(t *testing.T) {
	store, bus := openStore(t)
	create(t, store, CreateOptions{Name: "good"})
	for file, text := range map[string]string{"bad.json": "{", "other.json": `{"name":"x","driver":"local"}`, "half.json.new": ""} {
		if err := os.WriteFile(filepath.Join(string(store.shelf), file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again, err := Open(store.local.root, t.TempDir(), bus)
	if err != nil {
		t.Fatal(err)
	}
	if volumes, _, _ := again.List(t.Context(), nil); !slices.Equal(names(volumes), []string{"good"}) {
		t.Errorf("volumes %v", names(volumes))
	}
}

func TestCreateTwiceIsTheSameVolume(t *testing.T) {
	store, bus := openStore(t)
	_, later, end := bus.Subscribe(time.Time{})
	defer end()
	create(t, store, CreateOptions{Name: "photos", Labels: map[string]string{"first": ""}})
	second := create(t, store, CreateOptions{Name: "photos", Labels: map[string]string{"second": ""}})
	if _, kept := second.Labels["first"]; !kept || len(second.Labels) != 1 {
		t.Errorf("labels %v", second.Labels)
	}
	if event := <-later; event.Action != "create" || event.Actor.ID != "photos" || event.Actor.Attributes["driver"] != "local" {
		t.Errorf("event %+v", event)
	}
	if len(later) != 0 {
		t.Error("two volumes were announced")
	}
}

func TestAnonymousVolume(t *testing.T) {
	store, _ := openStore(t)
	volume := create(t, store, CreateOptions{Labels: map[string]string{"a": "b"}})
	if _, marked := volume.Labels[AnonymousLabel]; !marked || volume.Labels["a"] != "b" || len(volume.Name) != 64 {
		t.Errorf("volume %+v", volume)
	}
}

func TestNames(t *testing.T) {
	store, _ := openStore(t)
	const rule = ` includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. ` +
		`If you intended to pass a host directory, use absolute path`
	for name, text := range map[string]string{
		"x":         "create x: volume name is too short, names should be at least two alphanumeric characters",
		"../..":     `create ../..: "../.."` + rule,
		"..":        `create ..: ".."` + rule,
		".metadata": `create .metadata: ".metadata"` + rule,
		"a/b":       `create a/b: "a/b"` + rule,
		"a\nb":      "create a\nb: \"a\\nb\"" + rule,
	} {
		_, err := store.Create(t.Context(), CreateOptions{Name: name})
		wantError(t, err, fault.Invalid, text)
	}
	if _, err := store.Create(t.Context(), CreateOptions{Name: strings.Repeat("a", 300)}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a long name: %v", err)
	}
	_, err := store.Get(t.Context(), "../etc")
	wantError(t, err, fault.NotFound, "get ../etc: no such volume")
}

func TestRemove(t *testing.T) {
	store, bus := openStore(t)
	ctx := t.Context()
	volume := create(t, store, CreateOptions{Name: "photos"})
	store.Use("photos", "c1")
	store.Use("photos", "c2")
	wantError(t, store.Remove(ctx, "photos", false), fault.Conflict, "remove photos: volume is in use - [c1, c2]")
	wantError(t, store.Remove(ctx, "photos", true), fault.Conflict, "remove photos: volume is in use - [c1, c2]")
	store.Release("photos", "c1")
	store.Release("photos", "c2")
	_, later, end := bus.Subscribe(time.Time{})
	defer end()
	if err := store.Remove(ctx, "photos", false); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(filepath.Dir(volume.Mountpoint)); !os.IsNotExist(err) {
		t.Errorf("the directory: %v", err)
	}
	if event := <-later; event.Action != "destroy" || event.Actor.ID != "photos" {
		t.Errorf("event %+v", event)
	}
	wantError(t, store.Remove(ctx, "photos", false), fault.NotFound, "get photos: no such volume")
	if err := store.Remove(ctx, "photos", true); err != nil {
		t.Errorf("with force: %v", err)
	}
	left, _ := os.ReadDir(string(store.shelf))
	if len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestListFilters(t *testing.T) {
	store, _ := openStore(t)
	create(t, store, CreateOptions{Name: "photos", Labels: map[string]string{"of": "me", "old": ""}})
	create(t, store, CreateOptions{Name: "letters", Labels: map[string]string{"of": "you"}})
	store.Use("letters", "c1")
	for text, want := range map[string][]string{
		``:                                     {"letters", "photos"},
		`{"dangling":["true"]}`:                {"photos"},
		`{"dangling":["0"]}`:                   {"letters"},
		`{"name":{"hot":true}}`:                {"photos"},
		`{"name":["^photo.$","nothing"]}`:      {"photos"},
		`{"name":["("]}`:                       nil,
		`{"label":["of"]}`:                     {"letters", "photos"},
		`{"label":["of=me","old"]}`:            {"photos"},
		`{"driver":["local"],"label":["old"]}`: {"photos"},
		`{"driver":["other"]}`:                 nil,
	} {
		wanted, err := filters.Parse(text, ListFilters...)
		if err != nil {
			t.Fatal(err)
		}
		volumes, warnings, err := store.List(t.Context(), wanted)
		if err != nil || len(warnings) != 0 || !slices.Equal(names(volumes), want) {
			t.Errorf("%s: %v, %v, %v; want %v", text, names(volumes), warnings, err, want)
		}
	}
	if _, _, err := store.List(t.Context(), filters.Filters{"dangling": {"perhaps"}}); !fault.Is(err, fault.Invalid) {
		t.Errorf("a filter that is neither true nor false: %v", err)
	}
}

func TestPrune(t *testing.T) {
	store, _ := openStore(t)
	named := create(t, store, CreateOptions{Name: "photos"})
	kept := create(t, store, CreateOptions{Labels: map[string]string{"keep": ""}})
	used := create(t, store, CreateOptions{})
	gone := create(t, store, CreateOptions{})
	store.Use(used.Name, "c1")
	file := filepath.Join(gone.Mountpoint, "file")
	if err := os.WriteFile(file, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(file, file+"2"); err != nil {
		t.Fatal(err)
	}
	report, err := store.Prune(t.Context(), filters.Filters{"label!": {"keep"}})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(report.VolumesDeleted, []string{gone.Name}) || report.SpaceReclaimed != 5 {
		t.Errorf("report %+v", report)
	}
	report, err = store.Prune(t.Context(), filters.Filters{"all": {"true"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{kept.Name, named.Name}
	slices.Sort(want)
	if !slices.Equal(report.VolumesDeleted, want) {
		t.Errorf("report %+v, want %v", report, want)
	}
}

func TestUsage(t *testing.T) {
	store, _ := openStore(t)
	volume := create(t, store, CreateOptions{Name: "photos"})
	create(t, store, CreateOptions{Name: "elsewhere", Options: map[string]string{"type": "tmpfs", "device": "tmpfs"}})
	if err := os.WriteFile(filepath.Join(volume.Mountpoint, "file"), make([]byte, 4321), 0o600); err != nil {
		t.Fatal(err)
	}
	store.Use("photos", "c1")
	volumes, err := store.Usage(context.Background())
	if err != nil || len(volumes) != 1 || *volumes[0].UsageData != (UsageData{RefCount: 1, Size: 4321}) {
		t.Errorf("usage %+v, %v", volumes, err)
	}
}
