package registry_test

import (
	"bytes"
	"crypto/sha512"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"twinhull/engine/registry"
)

const (
	ociManifest = "application/vnd.oci.image.manifest.v1+json"
	ociIndex    = "application/vnd.oci.image.index.v1+json"
)

// client speaks to a registry without a network.
type client struct {
	t       *testing.T
	handler http.Handler
}

func newClient(t *testing.T, options registry.Options) client {
	t.Helper()
	c, _ := newClientAt(t, t.TempDir(), options)
	return c
}

func newClientAt(t *testing.T, root string, options registry.Options) (client, *registry.Store) {
	t.Helper()
	store, err := registry.Open(root, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return client{t, registry.NewServer(store)}, store
}

// do sends a request; header has pairs of names and values.
func (c client) do(method, path, body string, header ...string) *http.Response {
	c.t.Helper()
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	answer := httptest.NewRecorder()
	c.handler.ServeHTTP(answer, request)
	return answer.Result()
}

// want sends a request and fails the test unless it has the status. It returns the header and the body.
func (c client) want(status int, method, path, body string, header ...string) (http.Header, string) {
	c.t.Helper()
	answer := c.do(method, path, body, header...)
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if answer.StatusCode != status {
		c.t.Fatalf("%s %s answered %d, wanted %d: %s", method, path, answer.StatusCode, status, text)
	}
	return answer.Header, string(text)
}

// refused sends a request that must fail with a status and one of the specification's codes.
func (c client) refused(status int, code, method, path, body string, header ...string) http.Header {
	c.t.Helper()
	answered, text := c.want(status, method, path, body, header...)
	var told struct {
		Errors []struct{ Code, Message string }
	}
	if err := json.Unmarshal([]byte(text), &told); err != nil || len(told.Errors) != 1 || told.Errors[0].Code != code || told.Errors[0].Message == "" {
		c.t.Fatalf("%s %s: wanted the code %s, got %s", method, path, code, text)
	}
	return answered
}

// blob uploads a blob in one request and returns its digest.
func (c client) blob(name, content string) string {
	c.t.Helper()
	digest := digestOf(content)
	c.want(201, "POST", "/v2/"+name+"/blobs/uploads/?digest="+digest, content)
	return digest
}

// image pushes an image of one layer, with more members of the manifest if given, and returns the manifest's digest.
func (c client) image(name, reference, layer, more string) string {
	c.t.Helper()
	manifest := manifestOf(c.blob(name, "{}"), c.blob(name, layer), len(layer), more)
	c.want(201, "PUT", "/v2/"+name+"/manifests/"+reference, manifest, "Content-Type", ociManifest)
	return digestOf(manifest)
}

func manifestOf(config, layer string, size int, more string) string {
	return fmt.Sprintf(`{"schemaVersion":2,"mediaType":%q,"config":{"mediaType":"application/vnd.oci.image.config.v1+json",`+
		`"digest":%q,"size":2},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":%q,"size":%d}]%s}`,
		ociManifest, config, layer, size, more)
}

func TestBase(t *testing.T) {
	c := newClient(t, registry.Options{})
	header, body := c.want(200, "GET", "/v2/", "")
	if body != "{}" || header.Get("Docker-Distribution-Api-Version") != "registry/2.0" {
		t.Errorf("%s with %v", body, header)
	}
	c.refused(404, "NOT_FOUND", "GET", "/v1/search", "")
	if header := c.refused(405, "UNSUPPORTED", "POST", "/v2/", ""); header.Get("Allow") != "GET" {
		t.Errorf("Allow is %q", header.Get("Allow"))
	}
}

func TestBlobs(t *testing.T) {
	c := newClient(t, registry.Options{Delete: true})
	digest := c.blob("a/b", "0123456789")
	path := "/v2/a/b/blobs/" + digest
	header, body := c.want(200, "GET", path, "")
	if body != "0123456789" || header.Get("Docker-Content-Digest") != digest || header.Get("Content-Length") != "10" {
		t.Errorf("%q with %v", body, header)
	}
	if header, body := c.want(200, "HEAD", path, ""); body != "" || header.Get("Content-Length") != "10" {
		t.Errorf("HEAD: %q with %v", body, header)
	}
	if header, body := c.want(206, "GET", path, "", "Range", "bytes=3-5"); body != "345" || header.Get("Content-Range") != "bytes 3-5/10" {
		t.Errorf("range: %q with %v", body, header)
	}
	if _, body := c.want(206, "GET", path, "", "Range", "bytes=8-"); body != "89" {
		t.Errorf("open range: %q", body)
	}
	c.want(416, "GET", path, "", "Range", "bytes=10-")
	c.want(304, "GET", path, "", "If-None-Match", `"`+digest+`"`)
	c.refused(404, "BLOB_UNKNOWN", "GET", "/v2/a/blobs/"+digest, "")
	c.refused(404, "BLOB_UNKNOWN", "GET", "/v2/a/b/blobs/"+digestOf("other"), "")
	c.refused(400, "DIGEST_INVALID", "GET", "/v2/a/b/blobs/sha256:abc", "")
	c.want(202, "DELETE", path, "")
	c.refused(404, "BLOB_UNKNOWN", "GET", path, "")
	c.refused(404, "BLOB_UNKNOWN", "DELETE", path, "")
}

func TestMount(t *testing.T) {
	c := newClient(t, registry.Options{})
	digest := c.blob("from", "shared")
	header, _ := c.want(201, "POST", "/v2/to/blobs/uploads/?mount="+digest+"&from=from", "")
	if header.Get("Location") != "/v2/to/blobs/"+digest {
		t.Errorf("Location is %q", header.Get("Location"))
	}
	c.want(200, "GET", "/v2/to/blobs/"+digest, "")
	c.want(201, "POST", "/v2/anywhere/blobs/uploads/?mount="+digest, "")
	c.want(202, "POST", "/v2/to/blobs/uploads/?mount="+digest+"&from=other", "")
	c.want(202, "POST", "/v2/to/blobs/uploads/?mount="+digestOf("missing")+"&from=from", "")
	c.refused(400, "NAME_INVALID", "POST", "/v2/to/blobs/uploads/?mount="+digest+"&from=../from", "")
}

func TestManifests(t *testing.T) {
	c := newClient(t, registry.Options{Delete: true})
	digest := c.image("app", "1.0", "layer", "")
	for _, reference := range []string{"1.0", digest} {
		header, body := c.want(200, "GET", "/v2/app/manifests/"+reference, "")
		if digestOf(body) != digest || header.Get("Docker-Content-Digest") != digest || header.Get("Content-Type") != ociManifest {
			t.Errorf("%s: %s with %v", reference, body, header)
		}
	}
	c.want(200, "HEAD", "/v2/app/manifests/1.0", "")
	c.refused(404, "MANIFEST_UNKNOWN", "GET", "/v2/app/manifests/2.0", "")
	c.refused(404, "MANIFEST_UNKNOWN", "GET", "/v2/none/manifests/1.0", "")
	c.refused(404, "MANIFEST_UNKNOWN", "GET", "/v2/app/manifests/.not-a-tag", "")
	c.refused(404, "MANIFEST_UNKNOWN", "DELETE", "/v2/app/manifests/..", "")
	c.refused(400, "TAG_INVALID", "PUT", "/v2/app/manifests/-x", "{}")
	c.refused(400, "MANIFEST_INVALID", "PUT", "/v2/app/manifests/x", "{", "Content-Type", ociManifest)
	c.refused(400, "MANIFEST_INVALID", "PUT", "/v2/app/manifests/x", `{"schemaVersion":1}`)
	c.refused(400, "MANIFEST_INVALID", "PUT", "/v2/app/manifests/x", `{"schemaVersion":2,"mediaType":"text/plain"}`)
	c.refused(413, "SIZE_INVALID", "PUT", "/v2/app/manifests/x", strings.Repeat(" ", 4<<20+1))
	_, manifest := c.want(200, "GET", "/v2/app/manifests/1.0", "")
	c.refused(400, "MANIFEST_INVALID", "PUT", "/v2/app/manifests/x", manifest, "Content-Type", ociIndex)
	c.refused(400, "DIGEST_INVALID", "PUT", "/v2/app/manifests/"+digestOf("other"), manifest)
	c.refused(400, "MANIFEST_BLOB_UNKNOWN", "PUT", "/v2/other/manifests/x", manifest)
}

func TestSHA512(t *testing.T) {
	c := newClient(t, registry.Options{Delete: true})
	digest := func(content string) string { return fmt.Sprintf("sha512:%x", sha512.Sum512([]byte(content))) }
	c.refused(400, "DIGEST_INVALID", "POST", "/v2/app/blobs/uploads/?digest="+digest("other"), "layer")
	c.want(201, "POST", "/v2/app/blobs/uploads/?digest="+digest("layer"), "layer")
	upload := c.start("app")
	c.want(202, "PATCH", upload, "{")
	c.want(201, "PUT", upload+"?digest="+digest("{}"), "}")
	manifest := manifestOf(digest("{}"), digest("layer"), 5, "")
	c.refused(400, "DIGEST_INVALID", "PUT", "/v2/app/manifests/"+digest("other"), manifest)
	c.want(201, "PUT", "/v2/app/manifests/"+digest(manifest), manifest, "Content-Type", ociManifest)
	if header, _ := c.want(200, "GET", "/v2/app/manifests/"+digest(manifest), ""); header.Get("Docker-Content-Digest") != digest(manifest) {
		t.Errorf("the digest is %s", header.Get("Docker-Content-Digest"))
	}
	if _, body := c.want(200, "GET", "/v2/app/blobs/"+digest("layer"), ""); body != "layer" {
		t.Error(body)
	}
	c.want(202, "DELETE", "/v2/app/manifests/"+digest(manifest), "")
	c.refused(404, "MANIFEST_UNKNOWN", "GET", "/v2/app/manifests/"+digest(manifest), "")
}

func TestTagsMoveAndGo(t *testing.T) {
	c := newClient(t, registry.Options{Delete: true})
	first, second := c.image("app", "latest", "one", ""), c.image("app", "latest", "two", "")
	if header, _ := c.want(200, "GET", "/v2/app/manifests/latest", ""); header.Get("Docker-Content-Digest") != second {
		t.Error("the tag did not move")
	}
	c.want(200, "GET", "/v2/app/manifests/"+first, "")
	c.image("app", "also", "two", "")
	c.want(202, "DELETE", "/v2/app/manifests/also", "")
	c.want(200, "GET", "/v2/app/manifests/"+second, "")
	c.want(202, "DELETE", "/v2/app/manifests/"+second, "")
	c.refused(404, "MANIFEST_UNKNOWN", "GET", "/v2/app/manifests/latest", "")
	c.refused(404, "MANIFEST_UNKNOWN", "DELETE", "/v2/app/manifests/"+second, "")
	c.want(200, "GET", "/v2/app/manifests/"+first, "")
}

func TestIndexesNeedTheirMembers(t *testing.T) {
	c := newClient(t, registry.Options{})
	member := c.image("app", "i386", "layer", "")
	_, manifest := c.want(200, "GET", "/v2/app/manifests/i386", "")
	index := func(digest string) string {
		return fmt.Sprintf(`{"schemaVersion":2,"manifests":[{"mediaType":%q,"digest":%q,"size":%d,"platform":{"os":"linux","architecture":"386"}}]}`,
			ociManifest, digest, len(manifest))
	}
	c.want(201, "PUT", "/v2/app/manifests/latest", index(member), "Content-Type", ociIndex)
	if header, _ := c.want(200, "GET", "/v2/app/manifests/latest", ""); header.Get("Content-Type") != ociIndex {
		t.Errorf("an index without a mediaType is a %s", header.Get("Content-Type"))
	}
	c.refused(400, "MANIFEST_BLOB_UNKNOWN", "PUT", "/v2/app/manifests/x", index(digestOf("other")), "Content-Type", ociIndex)
}

func TestDeletionAndChangesAreOffUnlessAllowed(t *testing.T) {
	root := t.TempDir()
	c, _ := newClientAt(t, root, registry.Options{})
	digest := c.image("app", "1.0", "layer", "")
	c.refused(405, "UNSUPPORTED", "DELETE", "/v2/app/manifests/"+digest, "")
	c.refused(405, "UNSUPPORTED", "DELETE", "/v2/app/blobs/"+digestOf("layer"), "")
	c, _ = newClientAt(t, root, registry.Options{ReadOnly: true, Delete: true})
	c.want(200, "GET", "/v2/app/manifests/1.0", "")
	c.refused(405, "UNSUPPORTED", "POST", "/v2/app/blobs/uploads/", "")
	c.refused(405, "UNSUPPORTED", "PUT", "/v2/app/manifests/1.0", "{}")
	c.refused(405, "UNSUPPORTED", "DELETE", "/v2/app/manifests/1.0", "")
}

func TestPathsCannotLeaveTheStore(t *testing.T) {
	c := newClient(t, registry.Options{Delete: true})
	for _, path := range []string{
		"/v2/../manifests/x", "/v2/a/../../manifests/x", "/v2//manifests/x", "/v2/A/manifests/x", "/v2/a/blobs/manifests/x",
		"/v2/tags/manifests/x", "/v2/a/manifests/../x", "/v2/a/manifests/..", "/v2/a/manifests/", "/v2/a/tags/list/",
		"/v2/a/referrers/x", "/v2/a/blobs/uploads/../x", "/v2/uploads", "/v2/" + strings.Repeat("a", 256) + "/manifests/x",
	} {
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			request := httptest.NewRequest(method, "/", bytes.NewReader(nil))
			request.URL.Path = path
			answer := httptest.NewRecorder()
			c.handler.ServeHTTP(answer, request)
			if answer.Code < 400 || answer.Code >= 500 {
				t.Errorf("%s %s answered %d", method, path, answer.Code)
			}
		}
	}
}
