package registry_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"twinhull/engine/registry"
)

func TestGarbageCollection(t *testing.T) {
	root := t.TempDir()
	c, store := newClientAt(t, root, registry.Options{Delete: true})
	kept := c.image("app", "kept", "shared", "")
	c.image("other", "kept", "shared", "")
	moved := c.image("app", "latest", "old", "")
	current := c.image("app", "latest", "new", "")
	referrer := c.image("app", digestOf(manifestOf(digestOf("{}"), digestOf("signature"), 9, subject(current))), "signature", subject(current))
	c.blob("lonely", "never used")
	c.blob("app", "unused")

	has := func(digest string) bool {
		_, err := os.Stat(filepath.Join(root, "blobs", "sha256", digest[len("sha256:"):]))
		return err == nil
	}
	collect := func(collector registry.Collector) registry.Garbage {
		t.Helper()
		collector.Store = store
		found, err := collector.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if found := collect(registry.Collector{DryRun: true}); found.Blobs != 2 || found.Bytes != int64(len("never used"+"unused")) || !has(digestOf("unused")) {
		t.Errorf("a dry run: %+v", found)
	}
	if found := collect(registry.Collector{}); found.Blobs != 2 || has(digestOf("unused")) || has(digestOf("never used")) {
		t.Errorf("the first collection: %+v", found)
	}
	c.refused(404, "BLOB_UNKNOWN", "GET", "/v2/app/blobs/"+digestOf("unused"), "")
	if found := collect(registry.Collector{}); found != (registry.Garbage{}) {
		t.Errorf("the second collection: %+v", found)
	}
	found := collect(registry.Collector{Untagged: true})
	if found.Manifests != 1 || found.Blobs != 2 || has(moved) || has(digestOf("old")) {
		t.Errorf("a collection of what is untagged: %+v", found)
	}
	for _, digest := range []string{kept, current, referrer} {
		c.want(200, "GET", "/v2/app/manifests/"+digest, "")
	}
	c.want(202, "DELETE", "/v2/app/manifests/kept", "")
	collect(registry.Collector{Untagged: true})
	c.want(200, "GET", "/v2/other/blobs/"+digestOf("shared"), "")
	c.refused(404, "BLOB_UNKNOWN", "GET", "/v2/app/blobs/"+digestOf("shared"), "")
	c.image("app", "again", "old", "")
	c.want(200, "GET", "/v2/app/manifests/again", "")
}

func subject(digest string) string {
	return fmt.Sprintf(`,"subject":{"mediaType":%q,"digest":%q,"size":1}`, ociManifest, digest)
}
