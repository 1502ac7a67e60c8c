package api_test

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"twinhull/engine/api"
	"twinhull/engine/distribution"
	"twinhull/engine/events"
	"twinhull/engine/image"
	"twinhull/engine/registry"
)

// engine is an API with the routes that pull and push need, over TCP.
type engine struct {
	images  *image.Store
	events  *events.Bus
	address string
	// config is the client's folder, in which it keeps its logins.
	config string
}

func startEngine(t *testing.T) *engine {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("layers are unpacked with their owners, which takes root")
	}
	bus := &events.Bus{}
	images, err := image.Open(t.TempDir(), bus)
	if err != nil {
		t.Fatal(err)
	}
	routes := api.Distribution{
		Client: distribution.New(distribution.Options{Retry: time.Millisecond}), Images: images, Events: bus,
	}
	router := api.NewRouter(nil)
	router.AddDistribution(routes)
	router.AddImages(api.Images{Store: images, Registries: routes})
	router.Handle("GET /_ping", func(w http.ResponseWriter, _ *http.Request) error { return nil })
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	return &engine{images, bus, strings.TrimPrefix(server.URL, "http://"), t.TempDir()}
}

// startRegistry returns a registry's host. A wrapper sees all requests first.
func startRegistry(t *testing.T, wrap func(http.Handler) http.Handler) string {
	t.Helper()
	store, err := registry.Open(t.TempDir(), registry.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	server := httptest.NewServer(wrap(registry.NewServer(store)))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func open(next http.Handler) http.Handler { return next }

// add makes an image of one file.
func (e *engine) add(t *testing.T, name string) *image.Image {
	t.Helper()
	var layer bytes.Buffer
	archive := tar.NewWriter(&layer)
	if err := archive.WriteHeader(&tar.Header{Name: "hello", Mode: 0o755, Size: 5}); err != nil {
		t.Fatal(err)
	}
	if _, err := archive.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	diffID := digest.FromBytes(layer.Bytes())
	config, err := json.Marshal(ocispec.Image{
		Platform: ocispec.Platform{OS: "linux", Architecture: "386"},
		RootFS:   ocispec.RootFS{Type: "layers", DiffIDs: []digest.Digest{diffID}},
	})
	if err != nil {
		t.Fatal(err)
	}
	receiver := e.images.Ingest()
	defer receiver.Close()
	if _, err := receiver.AddLayer(diffID, ocispec.Descriptor{}, &layer); err != nil {
		t.Fatal(err)
	}
	made, err := receiver.Register(config, "")
	if err != nil {
		t.Fatal(err)
	}
	named, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.images.Tag(made, named); err != nil {
		t.Fatal(err)
	}
	return made
}

// docker runs the stock client against an engine and returns what it printed and its exit code.
func (e *engine) docker(t *testing.T, arguments ...string) (string, int) {
	t.Helper()
	program, err := exec.LookPath("docker")
	if err != nil {
		t.Skip("the stock docker client is not on the PATH")
	}
	command := exec.CommandContext(t.Context(), program, arguments...)
	command.Env = []string{"DOCKER_HOST=tcp://" + e.address, "DOCKER_CONFIG=" + e.config, "PATH=" + os.Getenv("PATH")}
	output, err := command.CombinedOutput()
	if err != nil && command.ProcessState == nil {
		t.Fatal(err)
	}
	return string(output), command.ProcessState.ExitCode()
}

func TestDockerPushesAndPulls(t *testing.T) {
	here, there, host := startEngine(t), startEngine(t), startRegistry(t, open)
	name := host + "/team/app:1.0"
	made := here.add(t, name)
	described, _, err := here.images.Manifest(made)
	if err != nil {
		t.Fatal(err)
	}
	layer := made.Config.RootFS.DiffIDs[0].Encoded()[:12]

	output, status := here.docker(t, "push", name)
	for _, line := range []string{
		"The push refers to repository [" + host + "/team/app]\n",
		layer + ": Preparing\n",
		layer + ": Pushed\n",
		"1.0: digest: " + described.Digest.String() + " size: ",
	} {
		if status != 0 || !strings.Contains(output, line) {
			t.Errorf("docker push ended with %d and without %q:\n%s", status, line, output)
		}
	}
	wanted := "1.0: Pulling from team/app\n" + layer + ": Pulling fs layer\n" + layer + ": Verifying Checksum\n" +
		layer + ": Download complete\n" + layer + ": Pull complete\n" + "Digest: " + described.Digest.String() +
		"\nStatus: Downloaded newer image for " + name + "\n" + name + "\n"
	if output, status := there.docker(t, "pull", name); status != 0 || output != wanted {
		t.Errorf("docker pull ended with %d:\n%s\nwanted\n%s", status, output, wanted)
	}
	found, err := there.images.Get(name)
	if err != nil || found.ID != made.ID {
		t.Fatalf("the pulled image is %v: %v", found, err)
	}
	if canonical := host + "/team/app@" + described.Digest.String(); len(found.RepoDigests) != 1 || found.RepoDigests[0] != canonical {
		t.Errorf("RepoDigests are %v", found.RepoDigests)
	}
	if output, status := there.docker(t, "pull", name); status != 0 || !strings.Contains(output, "Status: Image is up to date for "+name) {
		t.Errorf("the second docker pull ended with %d:\n%s", status, output)
	}
	if output, status := there.docker(t, "pull", "-q", host+"/team/app@"+described.Digest.String()); status != 0 {
		t.Errorf("docker pull by digest ended with %d:\n%s", status, output)
	}
}

func TestDockerIsToldWhatIsMissing(t *testing.T) {
	e, host := startEngine(t), startRegistry(t, open)
	e.add(t, host+"/app:latest")
	if output, status := e.docker(t, "push", host+"/app:latest"); status != 0 {
		t.Fatalf("docker push: %s", output)
	}
	for _, each := range []struct {
		arguments []string
		wanted    string
	}{
		{[]string{"pull", host + "/app:none"},
			"Error response from daemon: manifest for " + host + "/app:none not found: manifest unknown: manifest unknown\n"},
		{[]string{"push", host + "/none"}, "An image does not exist locally with the tag: " + host + "/none\n"},
		{[]string{"push", host + "/app:none"}, "tag does not exist: " + host + "/app:none\n"},
		{[]string{"pull", "scratch"}, "Error response from daemon: 'scratch' is a reserved name\n"},
	} {
		output, status := e.docker(t, each.arguments...)
		if status != 1 || !strings.HasSuffix(output, each.wanted) {
			t.Errorf("docker %v ended with %d:\n%s\nwanted\n%s", each.arguments, status, output, each.wanted)
		}
	}
}

func TestDockerLogsIn(t *testing.T) {
	e := startEngine(t)
	host := startRegistry(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if user, password, _ := r.BasicAuth(); user != "ann" || password != "secret" {
				w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	e.add(t, host+"/app:latest")
	if output, status := e.docker(t, "push", host+"/app:latest"); status == 0 || !strings.Contains(output, "no basic auth credentials") {
		t.Errorf("docker push without a login ended with %d:\n%s", status, output)
	}
	if output, status := e.docker(t, "login", "-u", "ann", "-p", "wrong", host); status == 0 || !strings.Contains(output, "401 Unauthorized") {
		t.Errorf("docker login with a wrong password ended with %d:\n%s", status, output)
	}
	if output, status := e.docker(t, "login", "-u", "ann", "-p", "secret", host); status != 0 || !strings.Contains(output, "Login Succeeded") {
		t.Errorf("docker login ended with %d:\n%s", status, output)
	}
	if output, status := e.docker(t, "push", host+"/app:latest"); status != 0 {
		t.Errorf("docker push after a login ended with %d:\n%s", status, output)
	}
}

func TestEventsOfPullAndPush(t *testing.T) {
	e, host := startEngine(t), startRegistry(t, open)
	e.add(t, host+"/app:latest")
	_, later, end := e.events.Subscribe(time.Time{})
	defer end()
	for _, action := range []string{"push", "pull"} {
		if output, status := e.docker(t, action, host+"/app:latest"); status != 0 {
			t.Fatalf("docker %s: %s", action, output)
		}
		told := <-later
		for told.Action == "tag" {
			told = <-later
		}
		if told.Action != action || told.Type != "image" || told.Actor.ID != host+"/app:latest" || told.Actor.Attributes["name"] != host+"/app" {
			t.Errorf("docker %s is the event %+v", action, told)
		}
	}
}

func TestInspectAtTheRegistry(t *testing.T) {
	e, host := startEngine(t), startRegistry(t, open)
	made := e.add(t, host+"/app:latest")
	if output, status := e.docker(t, "push", host+"/app:latest"); status != 0 {
		t.Fatalf("docker push: %s", output)
	}
	response, err := http.Get("http://" + e.address + "/v1.44/distribution/" + host + "/app:latest/json")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var told struct {
		Descriptor struct{ Digest, MediaType string }
		Platforms  []struct{ OS, Architecture string }
	}
	if err := json.NewDecoder(response.Body).Decode(&told); err != nil {
		t.Fatal(err)
	}
	described, _, _ := e.images.Manifest(made)
	if told.Descriptor.Digest != described.Digest.String() || told.Descriptor.MediaType != ocispec.MediaTypeImageManifest ||
		len(told.Platforms) != 1 || told.Platforms[0].Architecture != "386" {
		t.Errorf("the answer is %+v", told)
	}
}
