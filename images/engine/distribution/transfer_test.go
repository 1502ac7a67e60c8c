package distribution_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/distribution/reference"

	"twinhull/engine/distribution"
	"twinhull/engine/registry"
)

// serve starts a registry, seen through a wrapper if one is given, and returns its host.
func serve(t *testing.T, wrap func(http.Handler) http.Handler) string {
	t.Helper()
	store, err := registry.Open(t.TempDir(), registry.Options{Delete: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	var handler http.Handler = registry.NewServer(store)
	if wrap != nil {
		handler = wrap(handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// transcript is what a client sees, one line each as text: "id: status".
func transcript(t *testing.T, output *bytes.Buffer) []string {
	t.Helper()
	var lines []string
	for text := range strings.SplitSeq(strings.TrimSpace(output.String()), "\r\n") {
		var line struct {
			ID, Status string
			Aux        json.RawMessage
		}
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		switch {
		case line.Aux != nil:
			lines = append(lines, "aux "+string(line.Aux))
		case line.ID != "":
			lines = append(lines, line.ID+": "+line.Status)
		default:
			lines = append(lines, line.Status)
		}
	}
	return slices.Compact(lines)
}

func newClient() *distribution.Client {
	return distribution.New(distribution.Options{Retry: time.Millisecond})
}

func pull(t *testing.T, client *distribution.Client, name string, into *memory) ([]string, error) {
	t.Helper()
	var output bytes.Buffer
	err := client.Pull(t.Context(), parse(t, name), distribution.Credentials{}, nil, into, distribution.NewOutput(&output))
	if into.receiving != 0 {
		t.Errorf("%d receptions are still open", into.receiving)
	}
	if output.Len() == 0 {
		return nil, err
	}
	return transcript(t, &output), err
}

func push(t *testing.T, client *distribution.Client, name string, from *memory) ([]string, error) {
	t.Helper()
	var output bytes.Buffer
	err := client.Push(t.Context(), parse(t, name), distribution.Credentials{}, from, distribution.NewOutput(&output))
	return transcript(t, &output), err
}

func mustPush(t *testing.T, client *distribution.Client, name string, from *memory) []string {
	t.Helper()
	lines, err := push(t, client, name, from)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func expect(t *testing.T, got, wanted []string) {
	t.Helper()
	if !slices.Equal(got, wanted) {
		t.Errorf("got\n\t%s\nwanted\n\t%s", strings.Join(got, "\n\t"), strings.Join(wanted, "\n\t"))
	}
}

func TestPushAndPullSayWhatDockerSays(t *testing.T) {
	host := serve(t, nil)
	client, here := newClient(), newMemory()
	layer := []byte("one layer")
	id := here.put(t, host+"/team/app:1.0", layer)
	described, _, _ := here.Manifest(id)
	short := describe("", layer).Digest.Encoded()[:12]
	expect(t, mustPush(t, client, host+"/team/app:1.0", here), []string{
		"The push refers to repository [" + host + "/team/app]",
		short + ": Preparing",
		short + ": Pushing",
		short + ": Pushed",
		"1.0: digest: " + described.Digest.String() + " size: " + strconv.FormatInt(described.Size, 10),
		`aux {"Tag":"1.0","Digest":"` + described.Digest.String() + `","Size":` + strconv.FormatInt(described.Size, 10) + `}`,
	})
	if canonical, _ := reference.WithDigest(parse(t, host+"/team/app"), described.Digest); here.ID(canonical) != id {
		t.Error("the pushed image does not have the digest as a name")
	}
	expect(t, mustPush(t, client, host+"/team/app:1.0", here)[1:3], []string{short + ": Preparing", short + ": Layer already exists"})

	there := newMemory()
	lines, err := pull(t, client, host+"/team/app:1.0", there)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, lines, []string{
		"1.0: Pulling from team/app",
		short + ": Pulling fs layer",
		short + ": Downloading",
		short + ": Verifying Checksum",
		short + ": Download complete",
		short + ": Extracting",
		short + ": Pull complete",
		"Digest: " + described.Digest.String(),
		"Status: Downloaded newer image for " + host + "/team/app:1.0",
	})
	if there.ID(parse(t, host+"/team/app:1.0")) != id || there.ID(parse(t, host+"/team/app@"+described.Digest.String())) != id {
		t.Errorf("the names are %v", there.names)
	}
	lines, err = pull(t, client, host+"/team/app:1.0", there)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, lines, []string{
		"1.0: Pulling from team/app",
		"Digest: " + described.Digest.String(),
		"Status: Image is up to date for " + host + "/team/app:1.0",
	})
}

func TestLayersThatAreKnownAreNotBrought(t *testing.T) {
	host := serve(t, nil)
	client, here, there := newClient(), newMemory(), newMemory()
	base, top := []byte("base"), []byte("top")
	here.put(t, host+"/app", base, top)
	here.put(t, host+"/app:latest", base, top)
	there.put(t, "base:latest", base)
	mustPush(t, client, host+"/app:latest", here)
	lines, err := pull(t, client, host+"/app:latest", there)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, lines[1:3], []string{
		describe("", base).Digest.Encoded()[:12] + ": Already exists",
		describe("", top).Digest.Encoded()[:12] + ": Pulling fs layer",
	})
}

func TestALayerIsMountedFromWhereItWasSeen(t *testing.T) {
	host := serve(t, nil)
	client, here := newClient(), newMemory()
	layer := []byte("shared")
	here.put(t, host+"/first:latest", layer)
	here.put(t, host+"/second:latest", layer)
	mustPush(t, client, host+"/first:latest", here)
	short := describe("", layer).Digest.Encoded()[:12]
	expect(t, mustPush(t, client, host+"/second:latest", here)[1:3], []string{short + ": Preparing", short + ": Mounted from first"})
}

func TestAllTags(t *testing.T) {
	host := serve(t, nil)
	client, here, there := newClient(), newMemory(), newMemory()
	for _, tag := range []string{"a", "b", "c"} {
		here.put(t, host+"/app:"+tag, []byte(tag))
	}
	mustPush(t, client, host+"/app", here)
	lines, err := pull(t, client, host+"/app", there)
	if err != nil {
		t.Fatal(err)
	}
	if len(there.Tags(parse(t, host+"/app"))) != 3 || lines[len(lines)-1] != "Status: Downloaded newer image for "+host+"/app" {
		t.Errorf("names %v after\n%s", there.names, strings.Join(lines, "\n"))
	}
}

func TestManyLayers(t *testing.T) {
	host := serve(t, nil)
	client, here, there := newClient(), newMemory(), newMemory()
	var layers [][]byte
	for i := range 20 {
		layers = append(layers, bytes.Repeat([]byte{byte(i)}, 100_000+i))
	}
	id := here.put(t, host+"/app:latest", layers...)
	mustPush(t, client, host+"/app:latest", here)
	lines, err := pull(t, client, host+"/app:latest", there)
	if err != nil || there.ID(parse(t, host+"/app:latest")) != id {
		t.Fatalf("%v after\n%s", err, strings.Join(lines, "\n"))
	}
	waiting := 0
	for _, line := range lines {
		if strings.HasSuffix(line, ": Waiting") {
			waiting++
		}
	}
	if waiting != 17 {
		t.Errorf("%d of 20 layers waited, of which 3 come at once", waiting)
	}
}

func TestCancelEndsAPull(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	blobs := 0
	host := serve(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/blobs/") {
				if blobs++; blobs > 1 {
					cancel()
					<-r.Context().Done()
					return
				}
			}
			next.ServeHTTP(w, r)
		})
	})
	client, here, there := newClient(), newMemory(), newMemory()
	here.put(t, host+"/app:latest", []byte("a layer"))
	mustPush(t, client, host+"/app:latest", here)
	err := client.Pull(ctx, parse(t, host+"/app:latest"), distribution.Credentials{}, nil, there, distribution.NewOutput(&bytes.Buffer{}))
	if ctx.Err() == nil || err == nil || len(there.images) != 0 || there.receiving != 0 {
		t.Errorf("%v, with %d images", err, len(there.images))
	}
}

func TestThreeLayersComeAtOnceOverAllPulls(t *testing.T) {
	var mutex sync.Mutex
	layers, now, most := map[string]bool{}, 0, 0
	gate := make(chan struct{})
	open := sync.OnceFunc(func() { close(gate) })
	host := serve(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet && layers[path.Base(r.URL.Path)] {
				mutex.Lock()
				now++
				most = max(most, now)
				if now == 3 {
					// That no fourth one comes cannot be awaited; it would come by then.
					time.AfterFunc(200*time.Millisecond, open)
				}
				mutex.Unlock()
				<-gate
				defer func() {
					mutex.Lock()
					now--
					mutex.Unlock()
				}()
			}
			next.ServeHTTP(w, r)
		})
	})
	client, here := newClient(), newMemory()
	names := []string{host + "/a:1", host + "/b:1", host + "/c:1", host + "/d:1"}
	for _, name := range names {
		one, two := []byte(name+" one"), []byte(name+" two")
		here.put(t, name, one, two)
		mustPush(t, client, name, here)
		layers[describe("", one).Digest.String()], layers[describe("", two).Digest.String()] = true, true
	}
	var running sync.WaitGroup
	for _, name := range names {
		running.Go(func() {
			if _, err := pull(t, client, name, newMemory()); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	if most != 3 {
		t.Errorf("%d layers came at once", most)
	}
}
