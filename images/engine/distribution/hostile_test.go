package distribution_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/opencontainers/go-digest"
)

// tamper puts a handler before the blobs' downloads of a registry; it answers and returns true, or leaves it.
func tamper(answer func(w http.ResponseWriter, r *http.Request) bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet || !answer(w, r) {
				next.ServeHTTP(w, r)
			}
		})
	}
}

// cutOff sends the beginning of a body and breaks the connection.
func cutOff(w http.ResponseWriter, beginning []byte) {
	_, _ = w.Write(beginning)
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// layer is what the images of these tests have.
var layer = bytes.Repeat([]byte("layer "), 10_000)

func isLayer(r *http.Request) bool {
	return strings.HasSuffix(r.URL.Path, "/blobs/"+digest.FromBytes(layer).String())
}

func TestHostileRegistries(t *testing.T) {
	for name, each := range map[string]struct {
		answer func(w http.ResponseWriter, r *http.Request) bool
		wanted string
	}{
		"a blob of other content": {func(w http.ResponseWriter, r *http.Request) bool {
			if isLayer(r) {
				_, _ = w.Write(bytes.Repeat([]byte("other "), 10_000))
			}
			return isLayer(r)
		}, "the layer is not what its image says"},
		"a blob that is always cut off": {func(w http.ResponseWriter, r *http.Request) bool {
			if isLayer(r) {
				w.Header().Set("Content-Length", fmt.Sprint(len(layer)))
				if r.Header.Get("Range") != "" {
					w.WriteHeader(http.StatusPartialContent)
				}
				cutOff(w, layer[:10])
			}
			return false
		}, "unexpected EOF"},
		"a blob that never ends": {func(w http.ResponseWriter, r *http.Request) bool {
			if isLayer(r) {
				for {
					if _, err := w.Write(layer); err != nil {
						return true
					}
				}
			}
			return false
		}, "has more than its 60000 bytes"},
		"a blob at the end of redirects that go round": {func(w http.ResponseWriter, r *http.Request) bool {
			if isLayer(r) {
				http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
			}
			return isLayer(r)
		}, "stopped after 10 redirects"},
		"a manifest that never ends": {func(w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.Path, "/manifests/") {
				for {
					if _, err := w.Write(layer); err != nil {
						return true
					}
				}
			}
			return false
		}, "the manifest has more than 4194304 bytes"},
		"a manifest that is not JSON": {func(w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.Path, "/manifests/") {
				fmt.Fprint(w, "<html>")
				return true
			}
			return false
		}, "is not JSON"},
		"a manifest of schema 1": {func(w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.Path, "/manifests/") {
				fmt.Fprint(w, `{"schemaVersion":1,"name":"x"}`)
				return true
			}
			return false
		}, "schema 1 support has been removed"},
		"a manifest with a digest that climbs": {func(w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.Path, "/manifests/") {
				fmt.Fprintf(w, `{"schemaVersion":2,"config":{"digest":"sha256:%sx","size":1},"layers":[]}`, strings.Repeat("../", 21))
				return true
			}
			return false
		}, "invalid checksum digest format"},
		"a manifest with more layers than its configuration": {func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/manifests/latest") {
				config := `{"os":"linux","rootfs":{"type":"layers","diff_ids":[]}}`
				fmt.Fprintf(w, `{"schemaVersion":2,"config":{"digest":%q,"size":%d},"layers":[{"digest":%q,"size":1}]}`,
					digest.FromString(config), len(config), digest.FromString("x"))
				return true
			}
			if strings.Contains(r.URL.Path, "/blobs/") {
				fmt.Fprint(w, `{"os":"linux","rootfs":{"type":"layers","diff_ids":[]}}`)
				return true
			}
			return false
		}, "layers from manifest don't match image configuration"},
		"a configuration of a gigabyte": {func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/manifests/latest") {
				fmt.Fprintf(w, `{"schemaVersion":2,"config":{"digest":%q,"size":1073741824},"layers":[]}`, digest.FromString("x"))
				return true
			}
			return false
		}, "configuration has 1073741824 bytes"},
		"an unknown kind of manifest": {func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "/manifests/latest") {
				fmt.Fprint(w, `{"schemaVersion":2,"mediaType":"application/vnd.example+json"}`)
				return true
			}
			return false
		}, "unsupported media type application/vnd.example+json"},
		"a page of HTML as an error": {func(w http.ResponseWriter, r *http.Request) bool {
			http.Error(w, "<html>", http.StatusBadGateway)
			return true
		}, "received unexpected HTTP status: 502 Bad Gateway"},
	} {
		t.Run(name, func(t *testing.T) {
			host := serve(t, tamper(each.answer))
			client, here, there := newClient(), newMemory(), newMemory()
			here.put(t, host+"/app:latest", layer)
			mustPush(t, client, host+"/app:latest", here)
			lines, err := pull(t, client, host+"/app:latest", there)
			if err == nil || !strings.Contains(err.Error(), each.wanted) {
				t.Errorf("got %v after\n%s", err, strings.Join(lines, "\n"))
			}
			if len(there.images) > 0 || len(there.blobs) > 0 || len(there.names) > 0 {
				t.Errorf("it left %d images, %d blobs and the names %v", len(there.images), len(there.blobs), there.names)
			}
		})
	}
}

func TestABrokenDownloadIsResumed(t *testing.T) {
	var mutex sync.Mutex
	var ranges []string
	host := serve(t, tamper(func(w http.ResponseWriter, r *http.Request) bool {
		if !isLayer(r) {
			return false
		}
		mutex.Lock()
		defer mutex.Unlock()
		ranges = append(ranges, r.Header.Get("Range"))
		if len(ranges) == 1 {
			w.Header().Set("Content-Length", fmt.Sprint(len(layer)))
			cutOff(w, layer[:1000])
		}
		return false
	}))
	client, here, there := newClient(), newMemory(), newMemory()
	id := here.put(t, host+"/app:latest", layer)
	mustPush(t, client, host+"/app:latest", here)
	lines, err := pull(t, client, host+"/app:latest", there)
	if err != nil || there.ID(parse(t, host+"/app:latest")) != id {
		t.Fatalf("%v after\n%s", err, strings.Join(lines, "\n"))
	}
	if len(ranges) != 2 || !strings.HasPrefix(ranges[1], "bytes=") {
		t.Errorf("the ranges were %q", ranges)
	}
	if !strings.Contains(strings.Join(lines, "\n"), ": Retrying in 0 seconds") {
		t.Errorf("nothing is said of the second attempt:\n%s", strings.Join(lines, "\n"))
	}
}

func TestARegistryWithoutRangesIsReadAgain(t *testing.T) {
	requests := 0
	host := serve(t, tamper(func(w http.ResponseWriter, r *http.Request) bool {
		if !isLayer(r) {
			return false
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(layer)))
		if requests++; requests == 1 {
			cutOff(w, layer[:1000])
		}
		_, _ = w.Write(layer)
		return true
	}))
	client, here, there := newClient(), newMemory(), newMemory()
	here.put(t, host+"/app:latest", layer)
	mustPush(t, client, host+"/app:latest", here)
	if lines, err := pull(t, client, host+"/app:latest", there); err != nil {
		t.Fatalf("%v after\n%s", err, strings.Join(lines, "\n"))
	}
}

func TestARegistryThatIsNotThere(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	host := strings.TrimPrefix(server.URL, "http://")
	server.Close()
	_, err := pull(t, newClient(), host+"/app:latest", newMemory())
	if err == nil || !strings.Contains(err.Error(), "connection refused") || errors.Is(err, io.EOF) {
		t.Errorf("got %v", err)
	}
}

func TestABrokenUploadIsRepeated(t *testing.T) {
	var broken sync.Once
	host := serve(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/blobs/uploads/") {
				broken.Do(func() { panic(http.ErrAbortHandler) })
			}
			next.ServeHTTP(w, r)
		})
	})
	client, here := newClient(), newMemory()
	here.put(t, host+"/app:latest", layer)
	lines := strings.Join(mustPush(t, client, host+"/app:latest", here), "\n")
	if !strings.Contains(lines, ": Retrying in 0 seconds") || !strings.Contains(lines, ": Pushed") {
		t.Errorf("the push printed\n%s", lines)
	}
	if _, err := pull(t, client, host+"/app:latest", newMemory()); err != nil {
		t.Error(err)
	}
}
