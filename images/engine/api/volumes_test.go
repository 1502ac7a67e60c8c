package api

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"twinhull/engine/events"
	"twinhull/engine/volume"
)

// TestVolumesRoutes holds the replies in the form in which moby 28 gives them.
func TestVolumesRoutes(t *testing.T) {
	root := t.TempDir()
	store, err := volume.Open(root, t.TempDir(), &events.Bus{})
	if err != nil {
		t.Fatal(err)
	}
	router := NewRouter(nil)
	router.AddVolumes(store)
	const notes = `{"CreatedAt":"T","Driver":"local","Labels":null,"Mountpoint":"ROOT/notes/_data","Name":"notes","Options":null,"Scope":"local"}`
	const inUse = `{"message":"remove notes: volume is in use - [c1]"}`
	for _, call := range []struct {
		method, path, body string
		status             int
		reply              string
	}{
		{"GET", "/v1.44/volumes", "", 200, `{"Volumes":[],"Warnings":null}`},
		{"POST", "/v1.44/volumes/create", `{"Name":"notes"}`, 201, notes},
		{"POST", "/v1.44/volumes/create", `{"Name":"!"}`, 400,
			`{"message":"create !: volume name is too short, names should be at least two alphanumeric characters"}`},
		{"POST", "/v1.44/volumes/create", `{"Name":`, 400, `{"message":"invalid JSON: unexpected EOF"}`},
		{"GET", "/volumes?filters=%7B%22name%22%3A%7B%22ote%22%3Atrue%7D%7D", "", 200, `{"Volumes":[` + notes + `],"Warnings":null}`},
		{"GET", "/volumes?filters=%7B%22colour%22%3A%5B%22red%22%5D%7D", "", 400, `{"message":"invalid filter 'colour'"}`},
		{"GET", "/volumes/notes", "", 200, notes},
		{"GET", "/volumes/other", "", 404, `{"message":"get other: no such volume"}`},
		{"DELETE", "/volumes/notes", "", 409, inUse},
		{"DELETE", "/volumes/other", "", 404, `{"message":"get other: no such volume"}`},
		{"DELETE", "/volumes/other?force=1", "", 204, ``},
		{"POST", "/v1.44/volumes/prune", "", 200, `{"VolumesDeleted":[],"SpaceReclaimed":0}`},
		{"RELEASE", "", "", 0, ""},
		{"POST", "/v1.44/volumes/prune", "", 200, `{"VolumesDeleted":[],"SpaceReclaimed":0}`},
		{"POST", "/v1.41/volumes/prune", "", 200, `{"VolumesDeleted":["notes"],"SpaceReclaimed":0}`},
	} {
		switch {
		case call.status == 409:
			store.Use("notes", "c1")
		case call.method == "RELEASE":
			store.Release("notes", "c1")
			continue
		}
		request := httptest.NewRequest(call.method, call.path, strings.NewReader(call.body))
		answer := httptest.NewRecorder()
		router.ServeHTTP(answer, request)
		text, _ := io.ReadAll(answer.Body)
		reply := strings.ReplaceAll(strings.TrimSpace(string(text)), filepath.ToSlash(root), "ROOT")
		reply = regexp.MustCompile(`"CreatedAt":"[^"]+"`).ReplaceAllString(reply, `"CreatedAt":"T"`)
		if answer.Code != call.status || reply != call.reply {
			t.Errorf("%s %s %s: %d %s, want %d %s", call.method, call.path, call.body, answer.Code, reply, call.status, call.reply)
		}
		if answer.Code != http.StatusNoContent && answer.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s %s: of type %q", call.method, call.path, answer.Header().Get("Content-Type"))
		}
	}
}
