package main

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// archive is a line of the store's list.
type archive struct {
	Name     string
	Bytes    int64
	Modified time.Time
}

// validName keeps names of volumes from being paths.
var validName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,200}$`)

// newStore serves a directory of archives: GET / lists them, and GET, PUT and DELETE /NAME.tar are what they say.
func newStore(directory string, limit int64) http.Handler {
	store := store{directory, limit}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", store.list)
	mux.HandleFunc("GET /{file}", store.get)
	mux.HandleFunc("PUT /{file}", store.put)
	mux.HandleFunc("DELETE /{file}", store.remove)
	return mux
}

type store struct {
	directory string
	limit     int64
}

// place returns where a request's archive is, or answers that there can be none.
func (s store) place(w http.ResponseWriter, r *http.Request) (path string, ok bool) {
	name, isArchive := strings.CutSuffix(r.PathValue("file"), ".tar")
	if !isArchive || !validName.MatchString(name) {
		http.Error(w, "archives are called NAME.tar", http.StatusNotFound)
		return "", false
	}
	return filepath.Join(s.directory, name+".tar"), true
}

func (s store) list(w http.ResponseWriter, _ *http.Request) {
	files, err := os.ReadDir(s.directory)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	all := []archive{}
	for _, file := range files {
		name, isArchive := strings.CutSuffix(file.Name(), ".tar")
		info, err := file.Info()
		if isArchive && err == nil {
			all = append(all, archive{name, info.Size(), info.ModTime()})
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(all)
}

func (s store) get(w http.ResponseWriter, r *http.Request) {
	if path, ok := s.place(w, r); ok {
		w.Header().Set("Content-Type", "application/x-tar")
		http.ServeFile(w, r, path)
	}
}

// put replaces an archive, whole or not at all.
func (s store) put(w http.ResponseWriter, r *http.Request) {
	path, ok := s.place(w, r)
	if !ok {
		return
	}
	fail := func(err error) {
		status := http.StatusInternalServerError
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			status = http.StatusRequestEntityTooLarge
		}
		http.Error(w, err.Error(), status)
	}
	file, err := os.CreateTemp(s.directory, "incoming-")
	if err != nil {
		fail(err)
		return
	}
	defer os.Remove(file.Name()) // After a rename there is nothing to remove.
	_, err = io.Copy(file, http.MaxBytesReader(w, r.Body, s.limit))
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		fail(err)
		return
	}
	w.WriteHeader(http.StatusCreated)
}

func (s store) remove(w http.ResponseWriter, r *http.Request) {
	path, ok := s.place(w, r)
	if !ok {
		return
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
