package compose

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
)

// load reads a file as `docker compose -f` does.
func load(t *testing.T, text string, profiles ...string) *types.Project {
	t.Helper()
	folder := t.TempDir()
	path := filepath.Join(folder, "compose.yaml")
	if err := os.WriteFile(path, []byte("name: demo\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	source := Source{Files: []string{path}, Profiles: profiles}
	project, err := source.Load(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func hashIn(t *testing.T, text string) string {
	t.Helper()
	hash, err := ServiceHash(load(t, text).Services["web"])
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

const plainService = "services: {web: {image: x}}"

func TestHashFollowsWhatContainersAreMadeFrom(t *testing.T) {
	plain := hashIn(t, plainService)
	for _, text := range []string{
		"services: {web: {image: y}}", "services: {web: {image: x, command: a}}", "services: {web: {image: x, environment: [A=1]}}",
		"services: {web: {image: x, ports: ['1:2']}}", "services: {web: {image: x, labels: [a=b]}}",
		"services: {web: {image: x, deploy: {resources: {limits: {memory: 1M}}}}}",
	} {
		if hashIn(t, text) == plain {
			t.Errorf("%s has the hash of %s", text, plainService)
		}
	}
}

func TestHashLeavesOutWhatContainersDoNotShow(t *testing.T) {
	plain := hashIn(t, plainService)
	for _, text := range []string{
		"services: {web: {image: x, build: .}}", "services: {web: {image: x, scale: 3}}", "services: {web: {image: x, pull_policy: always}}",
		"services: {web: {image: x, depends_on: [db]}, db: {image: x}}",
	} {
		if hashIn(t, text) != plain {
			t.Errorf("%s has another hash than %s", text, plainService)
		}
	}
	deployed := hashIn(t, "services: {web: {image: x, deploy: {replicas: 1}}}")
	if hashIn(t, "services: {web: {image: x, deploy: {replicas: 4}}}") != deployed {
		t.Error("the number of replicas changes the hash")
	}
}

// TestHashIsThatOfDockersPlugin has what Docker's plugin v2.40.3 says to `config --hash web`.
func TestHashIsThatOfDockersPlugin(t *testing.T) {
	const theirs = "2291fc181c7ba0e425db052ded063d51db1c3ac64117357bf4ed5d26ae9815da"
	hash := hashIn(t, `
services:
  web:
    image: x
    command: run 'a b'
    environment: { B: "2", A: "1" }
    ports: ["8080:80"]
    volumes: ["data:/data"]
    healthcheck: { test: ["CMD", "true"], interval: 1s }
    restart: always
volumes: { data: {} }
`)
	if hash != theirs {
		t.Errorf("the hash is %s, not %s: a change of compose-go's types would make every container anew", hash, theirs)
	}
}

// TestHashKeepsTheProject makes sure that hashing alters nothing of what it reads.
func TestHashKeepsTheProject(t *testing.T) {
	project := load(t, "services: {web: {image: x, build: ., deploy: {replicas: 4}}}")
	if _, err := ServiceHash(project.Services["web"]); err != nil {
		t.Fatal(err)
	}
	if web := project.Services["web"]; web.Build == nil || web.GetScale() != 4 {
		t.Errorf("the service is now %+v", web)
	}
}

func TestProjectName(t *testing.T) {
	t.Setenv("SUFFIX", "two")
	folder := filepath.Join(t.TempDir(), "My.Folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "compose.yaml")
	for text, want := range map[string]string{
		"services: {web: {image: x}}":                         "myfolder",
		"name: given\nservices: {web: {image: x}}":            "given",
		"name: given-${SUFFIX}\nservices: {web: {image: x}}":  "given-two",
		"name: given\nservices: {web: {extends: {file: no}}}": "given",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		source := Source{Files: []string{path}}
		if name, err := source.ProjectName(context.Background()); err != nil || name != want {
			t.Errorf("%q has the name %q: %v", text, name, err)
		}
	}
	source := Source{Files: []string{path}, Name: "flag"}
	if name, err := source.ProjectName(context.Background()); err != nil || name != "flag" {
		t.Errorf("the flag gives %q: %v", name, err)
	}
}
