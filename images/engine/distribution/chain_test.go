package distribution

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// shelf is a source with one manifest.
func shelf(t *testing.T, tag string) source {
	t.Helper()
	root := t.TempDir()
	file := filepath.Join(root, "v2/some/manifests", tag)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	found, err := openFolder(root, "some")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(found.close)
	return found
}

func TestWhatTheNearSourceHasNotComesFromTheNext(t *testing.T) {
	opened := 0
	far := shelf(t, "far")
	both := &chain{source: shelf(t, "near"), next: func() source { opened++; return far }}
	if _, _, err := both.manifest(context.Background(), "near"); err != nil || opened != 0 {
		t.Errorf("near: %v, the next source was opened %d times", err, opened)
	}
	if _, _, err := both.manifest(context.Background(), "far"); err != nil || opened != 1 {
		t.Errorf("far: %v, the next source was opened %d times", err, opened)
	}
	if _, _, err := both.manifest(context.Background(), "none"); !errors.Is(err, errManifestUnknown) || opened != 1 {
		t.Errorf("none: %v, the next source was opened %d times", err, opened)
	}
	alone := &chain{source: shelf(t, "near"), next: func() source { return nil }}
	if _, _, err := alone.manifest(context.Background(), "far"); !errors.Is(err, errManifestUnknown) {
		t.Errorf("alone: %v", err)
	}
}
