package registry_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/distribution/reference"

	"twinhull/engine/registry"
)

func digestOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// model is what a registry must have after a sequence of operations on uploads.
type model struct {
	client
	// open are the uploads that were started, with their content; ended ones are nil.
	paths   []string
	content []*string
	blobs   map[string]bool
}

const modelUploads = 3

// step does the operation that a byte stands for, on one of the last uploads, and checks its answer.
func (m *model) step(operation, argument byte) {
	if operation%8 == 0 || len(m.paths) == 0 {
		m.start()
		return
	}
	which := len(m.paths) - 1 - int(argument)%min(modelUploads, len(m.paths))
	path, content := m.paths[which], m.content[which]
	chunk := strings.Repeat(string('a'+rune(argument%26)), int(argument)/16)
	if content == nil {
		m.refused(404, "BLOB_UPLOAD_UNKNOWN", []string{"GET", "PATCH", "DELETE"}[argument%3], path, "")
		return
	}
	switch size := len(*content); operation % 8 {
	case 1, 2:
		m.want(202, "PATCH", path, chunk)
		*content += chunk
	case 3:
		if chunk == "" {
			m.refused(416, "RANGE_INVALID", "PATCH", path, chunk, "Content-Range", fmt.Sprintf("%d-%d", size, size-1))
			return
		}
		m.want(202, "PATCH", path, chunk, "Content-Range", fmt.Sprintf("%d-%d", size, size+len(chunk)-1))
		*content += chunk
	case 4:
		m.refused(416, "RANGE_INVALID", "PATCH", path, chunk+"x", "Content-Range", fmt.Sprintf("%d-%d", size+1, size+1+len(chunk)))
	case 5:
		*content += chunk
		m.want(201, "PUT", path+"?digest="+digestOf(*content), chunk)
		m.blobs[*content] = true
		m.content[which] = nil
	case 6:
		m.refused(400, "DIGEST_INVALID", "PUT", path+"?digest="+digestOf(*content+chunk+"!"), chunk)
		m.content[which] = nil
	case 7:
		m.want(204, "DELETE", path, "")
		m.content[which] = nil
	}
}

func (m *model) start() {
	if m.openUploads() == modelUploads {
		m.refused(429, "TOOMANYREQUESTS", "POST", "/v2/app/blobs/uploads/", "")
		return
	}
	m.paths, m.content = append(m.paths, m.client.start("app")), append(m.content, new(string))
}

func (m *model) openUploads() int {
	return len(m.content) - len(slices.DeleteFunc(slices.Clone(m.content), func(c *string) bool { return c != nil }))
}

// check compares all that can be seen from outside.
func (m *model) check() {
	for i, content := range m.content {
		if content == nil {
			m.refused(404, "BLOB_UPLOAD_UNKNOWN", "GET", m.paths[i], "")
			continue
		}
		wanted := fmt.Sprintf("0-%d", max(len(*content)-1, 0))
		if header, _ := m.want(204, "GET", m.paths[i], ""); header.Get("Range") != wanted {
			m.t.Errorf("an upload of %d bytes says %q", len(*content), header.Get("Range"))
		}
	}
	for content := range m.blobs {
		if _, body := m.want(200, "GET", "/v2/app/blobs/"+digestOf(content), ""); body != content {
			m.t.Errorf("a blob is %q, wanted %q", body, content)
		}
	}
}

func FuzzUploads(f *testing.F) {
	f.Add([]byte{0, 0, 1, 40, 5, 20})
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0, 7, 1, 0, 0})
	f.Add([]byte{0, 0, 3, 255, 4, 0, 6, 17, 5, 0})
	f.Fuzz(func(t *testing.T, operations []byte) {
		root := t.TempDir()
		c, store := newClientAt(t, root, registry.Options{MaxUploads: modelUploads})
		m := &model{client: c, blobs: map[string]bool{}}
		for pair := range slices.Chunk(operations[:min(len(operations), 100)], 2) {
			if len(pair) == 2 {
				m.step(pair[0], pair[1])
			}
		}
		m.check()
		files, err := filepath.Glob(filepath.Join(root, "blobs", "sha256", "*"))
		if err != nil || len(files) != len(m.blobs) {
			t.Errorf("%d blobs are stored, wanted %d: %v", len(files), len(m.blobs), err)
		}
		store.Close()
		noFiles(t, filepath.Join(root, "uploads"))
	})
}

// FuzzNames holds names and tags to the grammar of the library that Docker reads references with.
func FuzzNames(f *testing.F) {
	for _, seed := range []string{"library/busybox", "a.b/c__d/e--f", "a..b", "a/", "A", "a___b", "-a", "a-", "manifests/x", "ä"} {
		f.Add(seed, "1.0")
	}
	f.Add("a", ".x")
	f.Add("a", strings.Repeat("x", 129))
	reserved := []string{"manifests", "blobs", "tags", "referrers"}
	store, err := registry.Open(f.TempDir(), registry.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(store.Close)
	server := registry.NewServer(store)
	answer := func(method, name, tag string) string {
		request := httptest.NewRequest(method, "/", nil)
		request.URL.Path = "/v2/" + name + "/manifests/" + tag
		answer := httptest.NewRecorder()
		server.ServeHTTP(answer, request)
		return answer.Body.String()
	}
	// A path that is understood is refused only because there is no such manifest, or none in the request.
	const noManifest, noBody = `{"errors":[{"code":"MANIFEST_UNKNOWN"`, `{"errors":[{"code":"MANIFEST_INVALID"`
	f.Fuzz(func(t *testing.T, name, tag string) {
		named, err := reference.WithName("host/" + name)
		valid := err == nil && len(name) <= 255
		for part := range strings.SplitSeq(name, "/") {
			valid = valid && !slices.Contains(reserved, part)
		}
		if got := answer("GET", name, "latest"); valid != strings.HasPrefix(got, noManifest) {
			t.Errorf("the name %q is valid: %t, and answers %s", name, valid, got)
		}
		if !valid || strings.ContainsAny(tag, ":") {
			return
		}
		_, err = reference.WithTag(named, tag)
		if got := answer("PUT", name, tag); (err == nil) != strings.HasPrefix(got, noBody) {
			t.Errorf("the tag %q is an error: %v, and answers %s", tag, err, got)
		}
	})
}
