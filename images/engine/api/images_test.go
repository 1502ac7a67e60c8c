package api_test

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// step is a command of the stock client and what it prints, $ID and $SHORT being the image's.
type step struct {
	command []string
	status  int
	prints  string
}

func TestDockerTellsOfImages(t *testing.T) {
	e := startEngine(t)
	made := e.add(t, "team/app:1.0")
	layer := made.Config.RootFS.DiffIDs[0].String()
	names := strings.NewReplacer("$ID", made.ID.String(), "$SHORT", made.ID.Encoded()[:12])
	for _, each := range []step{
		{[]string{"images", "--format", "{{.Repository}}|{{.Tag}}|{{.ID}}|{{.Size}}"}, 0, "team/app|1.0|$SHORT|5B\n"},
		{[]string{"images", "-q", "--no-trunc"}, 0, "$ID\n"},
		{[]string{"images", "--filter", "reference=other/*"}, 0, "REPOSITORY   TAG       IMAGE ID   CREATED   SIZE\n"},
		{[]string{"images", "--filter", "nonsense=1"}, 1, "Error response from daemon: invalid filter 'nonsense'\n"},
		{[]string{"image", "ls", "--filter", "dangling=true", "-q"}, 0, ""},
		{[]string{"tag", "team/app:1.0", "copy"}, 0, ""},
		{[]string{"tag", "none", "copy"}, 1, "Error response from daemon: No such image: none:latest\n"},
		{[]string{"tag", "team/app:1.0", "Upper"}, 1, "Error parsing reference: \"Upper\" is not a valid repository/tag: " +
			"invalid reference format: repository name (library/Upper) must be lowercase\n"},
		{[]string{"images", "-q", "copy"}, 0, "$SHORT\n"},
		{[]string{"inspect", "--type", "image", "--format", "{{.Id}}|{{json .RepoTags}}|{{.Os}}|{{.GraphDriver.Name}}", "copy"}, 0,
			`$ID|["copy:latest","team/app:1.0"]|linux|overlay2` + "\n"},
		{[]string{"inspect", "--type", "image", "--format", "{{json .RootFS}}", "copy"}, 0,
			`{"Type":"layers","Layers":["` + layer + `"]}` + "\n"},
		{[]string{"image", "inspect", "none"}, 1, "[]\nError response from daemon: No such image: none:latest\n"},
		{[]string{"rmi", "$SHORT"}, 1, "Error response from daemon: conflict: unable to delete $SHORT (must be forced) - " +
			"image is referenced in multiple repositories\n"},
		{[]string{"rmi", "copy"}, 0, "Untagged: copy:latest\n"},
		{[]string{"rmi", "copy"}, 1, "Error response from daemon: No such image: copy:latest\n"},
		{[]string{"rmi", "$SHORT"}, 0, "Untagged: team/app:1.0\nDeleted: $ID\nDeleted: " + layer + "\n"},
		{[]string{"images", "-a", "-q"}, 0, ""},
		{[]string{"image", "prune", "--force"}, 0, "Total reclaimed space: 0B\n"},
	} {
		for n, word := range each.command {
			each.command[n] = names.Replace(word)
		}
		output, status := e.docker(t, each.command...)
		if want := names.Replace(each.prints); status != each.status || output != want {
			t.Errorf("docker %s ends with %d:\n%s\nnot with %d:\n%s", each.command, status, output, each.status, want)
		}
	}
}

func TestDockerSavesLoadsAndImports(t *testing.T) {
	here, there := startEngine(t), startEngine(t)
	made := here.add(t, "team/app:1.0")
	archive := filepath.Join(t.TempDir(), "app.tar")
	run := func(e *engine, wanted int, arguments ...string) string {
		t.Helper()
		output, status := e.docker(t, arguments...)
		if status != wanted {
			t.Fatalf("docker %v ends with %d: %s", arguments, status, output)
		}
		return output
	}
	run(here, 0, "save", "-o", archive, "team/app")
	if output := run(here, 1, "save", "-o", archive+"2", "none"); !strings.Contains(output, "No such image: none") {
		t.Errorf("docker save of nothing says %s", output)
	}
	if output := run(here, 1, "save", "-o", archive+"2", "team/app:2"); !strings.Contains(output, "reference does not exist") {
		t.Errorf("docker save of a missing tag says %s", output)
	}
	if output := run(there, 0, "load", "-i", archive); !strings.HasSuffix(output, "Loaded image: team/app:1.0\n") {
		t.Errorf("docker load says %s", output)
	}
	found, err := there.images.Get("team/app:1.0")
	if err != nil || found.ID != made.ID {
		t.Fatalf("loaded is %v, %v", found, err)
	}
	broken := filepath.Join(t.TempDir(), "broken.tar")
	whole, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	// Larger than what sockets hold, so that the answer comes while the client is still sending.
	if err := os.WriteFile(broken, append(bytes.Repeat([]byte("broken "), 200), make([]byte, 8<<20)...), 0o600); err != nil {
		t.Fatal(err)
	}
	if output := run(there, 1, "load", "-i", broken); !strings.Contains(output, "cannot be read") {
		t.Errorf("docker load of something else says %s", output)
	}
	if err := os.WriteFile(broken, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	run(there, 1, "load", "-i", broken)

	layer, _, err := here.images.Blob(made.Config.RootFS.DiffIDs[0])
	if err != nil {
		t.Fatal(err)
	}
	files, err := io.ReadAll(layer)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(broken, files, 0o600); err != nil {
		t.Fatal(err)
	}
	id := strings.TrimSpace(run(there, 0, "import", "--message", "from files", broken, "imported:1"))
	imported, err := there.images.Get("imported:1")
	if err != nil || imported.ID.String() != id || imported.Config.RootFS.DiffIDs[0] != made.Config.RootFS.DiffIDs[0] ||
		imported.Config.History[0].Comment != "from files" {
		t.Errorf("imported is %+v, %v", imported, err)
	}
	if output := run(there, 0, "history", "--no-trunc", "--format", "{{.ID}}|{{.Size}}|{{.Comment}}", "imported:1"); output != id+"|5B|from files\n" {
		t.Errorf("docker history says %s", output)
	}
}

// fields are the names of a JSON object, sorted.
func fields(t *testing.T, raw json.RawMessage) []string {
	t.Helper()
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	return slices.Sorted(maps.Keys(object))
}

func (e *engine) get(t *testing.T, path string) (int, json.RawMessage) {
	t.Helper()
	response, err := http.Get("http://" + e.address + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, body
}

// The fields that moby 28 answers with, by version of the API.
func TestFieldsOfImages(t *testing.T) {
	e := startEngine(t)
	var files bytes.Buffer
	archive := tar.NewWriter(&files)
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	response, err := http.Post("http://"+e.address+"/images/create?fromSrc=-&repo=team/app&tag=1.0", "application/x-tar", &files)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("import answers %v, %v", response, err)
	}
	response.Body.Close()
	list := "Containers Created Id Labels ParentId RepoDigests RepoTags SharedSize Size"
	one := "Architecture Author Comment Config Created DockerVersion GraphDriver Id Metadata Os Parent RepoDigests RepoTags RootFS Size"
	for path, want := range map[string]string{
		"/images/json":                       list,
		"/v1.44/images/json":                 list,
		"/v1.43/images/json":                 list + " VirtualSize",
		"/v1.47/images/team/app:1.0/json":    one,
		"/v1.43/images/team/app:1.0/json":    one + " Container ContainerConfig VirtualSize",
		"/v1.47/images/team/app:1.0/history": "Comment Created CreatedBy Id Size Tags",
	} {
		status, body := e.get(t, path)
		if status != http.StatusOK {
			t.Errorf("%s answers %d: %s", path, status, body)
			continue
		}
		if body[0] == '[' {
			var list []json.RawMessage
			if err := json.Unmarshal(body, &list); err != nil || len(list) != 1 {
				t.Fatalf("%s answers %s", path, body)
			}
			body = list[0]
		}
		wanted := strings.Fields(want)
		slices.Sort(wanted)
		if got := fields(t, body); !slices.Equal(got, wanted) {
			t.Errorf("%s has %v, not %v", path, got, wanted)
		}
	}
	for path, want := range map[string]string{
		"/images/team/app:1.0":          "page not found",
		"/images/none/json":             "No such image: none:latest",
		"/images/team/app:1.0/nonsense": "page not found",
	} {
		if status, body := e.get(t, path); status != http.StatusNotFound || string(body) != `{"message":"`+want+"\"}\n" {
			t.Errorf("%s answers %d %s", path, status, body)
		}
	}
	if _, body := e.get(t, "/images/json?filters=%7B%22reference%22%3A%5B%22none%22%5D%7D"); string(body) != "[]\n" {
		t.Errorf("an empty list is %s", body)
	}
}
