package distribution_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"twinhull/engine/distribution"
	"twinhull/engine/registry"
)

// wireOf serves a registry's folder as the gateway does, and counts requests.
func wireOf(t *testing.T, root string) (string, *atomic.Int32) {
	t.Helper()
	store, err := registry.Open(root, registry.Options{})
	if err != nil {
		t.Fatal(err)
	}
	asked := &atomic.Int32{}
	handler := registry.NewServer(store)
	server := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		asked.Add(1)
		handler.ServeHTTP(answer, request)
	}))
	t.Cleanup(func() { server.Close(); store.Close() })
	return strings.TrimPrefix(server.URL, "http://"), asked
}

func TestOfficialImagesComeOverTheWire(t *testing.T) {
	wire, asked := wireOf(t, folderOf(t, "library/busybox:latest"))
	client := distribution.New(distribution.Options{Folder: t.TempDir(), Wire: wire, Retry: time.Millisecond})
	lines, err := pull(t, client, "busybox", newMemory())
	if err != nil || !strings.HasPrefix(lines[len(lines)-1], "Status: Downloaded newer image for busybox") {
		t.Errorf("%v after\n%s", err, strings.Join(lines, "\n"))
	}
	if asked.Load() == 0 {
		t.Error("nobody asked the registry on the wire")
	}
}

func TestWithoutAWireTheyComeFromTheFolder(t *testing.T) {
	root := folderOf(t, "library/busybox:latest")
	client := distribution.New(distribution.Options{Folder: root, Wire: "registry.invalid", Retry: time.Millisecond})
	if lines, err := pull(t, client, "busybox", newMemory()); err != nil {
		t.Errorf("%v after\n%s", err, strings.Join(lines, "\n"))
	}
}
