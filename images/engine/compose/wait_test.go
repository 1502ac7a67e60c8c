package compose

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"

	"twinhull/engine/client/rest"
)

// engineThatAnswers is an engine's API of a few answers, by path without version.
func engineThatAnswers(t *testing.T, answers map[string]string) *Engine {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "engine.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := "/" + strings.Join(strings.Split(r.URL.Path, "/")[2:], "/")
		if answer, known := answers[path]; known {
			fmt.Fprint(w, answer)
		} else if r.URL.Path != "/_ping" {
			http.NotFound(w, r)
		}
	})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	host, err := rest.ParseHost("unix://" + socket)
	if err != nil {
		t.Fatal(err)
	}
	return NewEngine(&rest.Client{Host: host, Version: rest.Version})
}

func TestWaitFor(t *testing.T) {
	const list = `[{"Id":"a","Names":["/p-web-1"],"Labels":{"com.docker.compose.service":"web"}},{"Id":"b","Names":["/p-db-1"],"Labels":{"com.docker.compose.service":"db"}}]`
	engine := engineThatAnswers(t, map[string]string{
		"/containers/json": list, "/containers/a/wait": `{"StatusCode":4}`, "/containers/b/wait": `{"StatusCode":4}`,
	})
	var out bytes.Buffer
	project := On(engine, &types.Project{Name: "p"}, &out, NewProgress(&out), nil)
	status, err := project.WaitFor(nil, false)
	if status != 4 || err != nil || strings.Count(out.String(), "exited with status code 4") != 2 {
		t.Errorf("%d, %v, %q", status, err, out.String())
	}
	none := On(engineThatAnswers(t, map[string]string{"/containers/json": "[]"}), &types.Project{Name: "p"}, &out, NewProgress(&out), nil)
	if _, err := none.WaitFor([]string{"web"}, false); err == nil || err.Error() != `no containers for project "p"` {
		t.Error(err)
	}
}
