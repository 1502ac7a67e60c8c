package api

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	containertypes "github.com/moby/moby/api/types/container"

	"twinhull/engine/fault"
)

// describe puts what is at a path into the header where clients look for it.
func describe(w http.ResponseWriter, stat containertypes.PathStat) error {
	text, err := json.Marshal(stat)
	if err != nil {
		return fmt.Errorf("describe %s: %w", stat.Name, err)
	}
	w.Header().Set("X-Docker-Container-Path-Stat", base64.StdEncoding.EncodeToString(text))
	return nil
}

func (a containers) statPath(w http.ResponseWriter, r *http.Request) error {
	return a.copyOut(w, r, nil)
}

func (a containers) getArchive(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "application/x-tar")
	return cutOff(w, func(archive io.Writer) error { return a.copyOut(w, r, archive) })
}

func (a containers) copyOut(w http.ResponseWriter, r *http.Request, archive io.Writer) error {
	c, err := a.find(r)
	if err != nil {
		return err
	}
	return a.manager.CopyOut(c, r.URL.Query().Get("path"), func(stat containertypes.PathStat) (io.Writer, error) {
		return archive, describe(w, stat)
	})
}

func (a containers) putArchive(w http.ResponseWriter, r *http.Request) error {
	c, err := a.find(r)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	if query.Get("path") == "" {
		return fault.New(fault.Invalid, "missing parameter in request: path")
	}
	err = a.manager.CopyIn(c, query.Get("path"), r.Body, flag(r, "noOverwriteDirNonDir"), flag(r, "copyUIDGID"))
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

func (a containers) export(w http.ResponseWriter, r *http.Request) error {
	c, err := a.find(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	return cutOff(w, func(w io.Writer) error { return a.manager.Export(c, w) })
}

func (a containers) changes(w http.ResponseWriter, r *http.Request) error {
	c, err := a.find(r)
	if err != nil {
		return err
	}
	list, err := a.manager.Changes(c)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, list)
	return nil
}

// cutOff sends what write writes. An error after the first byte cuts it off, which is how a client sees it.
func cutOff(w http.ResponseWriter, write func(io.Writer) error) error {
	archive := &sentWriter{Writer: w}
	err := write(archive)
	if err != nil && archive.sent {
		panic(http.ErrAbortHandler)
	}
	return err
}
