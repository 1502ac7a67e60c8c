package api

import (
	"net/http"

	"twinhull/engine/filters"
	"twinhull/engine/volume"
)

// AddVolumes adds the routes of volumes.
func (router *Router) AddVolumes(store *volume.Store) {
	router.Handle("GET /volumes", listVolumes(store))
	router.Handle("POST /volumes/create", createVolume(store))
	router.Handle("POST /volumes/prune", pruneVolumes(store))
	router.Handle("GET /volumes/{name...}", inspectVolume(store))
	router.Handle("DELETE /volumes/{name...}", removeVolume(store))
}

func listVolumes(store *volume.Store) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		wanted, err := filters.Parse(r.URL.Query().Get("filters"), volume.ListFilters...)
		if err != nil {
			return err
		}
		volumes, warnings, err := store.List(r.Context(), wanted)
		if err != nil {
			return err
		}
		if volumes == nil {
			volumes = []*volume.Volume{}
		}
		writeJSON(w, http.StatusOK, map[string]any{"Volumes": volumes, "Warnings": warnings})
		return nil
	}
}

func createVolume(store *volume.Store) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		var request struct {
			Name       string
			Driver     string
			DriverOpts map[string]string
			Labels     map[string]string
		}
		if err := readJSON(r, &request); err != nil {
			return err
		}
		created, err := store.Create(r.Context(), volume.CreateOptions{
			Name: request.Name, Driver: request.Driver, Options: request.DriverOpts, Labels: request.Labels,
		})
		if err != nil {
			return err
		}
		writeJSON(w, http.StatusCreated, created)
		return nil
	}
}

func pruneVolumes(store *volume.Store) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		wanted, err := filters.Parse(r.URL.Query().Get("filters"), volume.PruneFilters...)
		if err != nil {
			return err
		}
		if isBefore(r, 42) {
			// Then a prune request meant all volumes, not anonymous ones.
			wanted = filters.Filters{"all": {"true"}, "label": wanted["label"], "label!": wanted["label!"]}
		}
		report, err := store.Prune(r.Context(), wanted)
		if err != nil {
			return err
		}
		writeJSON(w, http.StatusOK, report)
		return nil
	}
}

func inspectVolume(store *volume.Store) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		found, err := store.Get(r.Context(), r.PathValue("name"))
		if err != nil {
			return err
		}
		writeJSON(w, http.StatusOK, found)
		return nil
	}
}

func removeVolume(store *volume.Store) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := store.Remove(r.Context(), r.PathValue("name"), flag(r, "force")); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
}
