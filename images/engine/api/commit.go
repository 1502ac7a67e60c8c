package api

import (
	"net/http"

	"github.com/distribution/reference"
	containertypes "github.com/moby/moby/api/types/container"

	"twinhull/engine/container"
	"twinhull/engine/image"
)

// AddCommit adds the route that makes images of containers.
func (r *Router) AddCommit(manager *container.Manager, images Images) {
	routes := commits{manager, images}
	r.Handle("POST /commit", routes.commit)
}

type commits struct {
	manager *container.Manager
	images  Images
}

func (a commits) commit(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	var config *containertypes.Config
	if err := readJSON(r, &config); err != nil {
		return err
	}
	c, err := a.manager.Get(query.Get("container"))
	if err != nil {
		return err
	}
	var name reference.Named
	if repo := query.Get("repo"); repo != "" {
		if name, err = withTag(repo, query.Get("tag")); err != nil {
			return err
		}
	}
	made, err := a.manager.Commit(r.Context(), c, container.CommitOptions{
		Comment: query.Get("comment"), Author: query.Get("author"), Config: config,
		// Clients that say nothing mean yes.
		Pause:  !query.Has("pause") || flag(r, "pause"),
		Change: func(config *image.RunConfig) error { return a.images.Change(config, query["changes"]) },
	})
	if err != nil {
		return err
	}
	if name != nil {
		if err := a.images.Store.Tag(made, name); err != nil {
			return err
		}
	}
	writeJSON(w, http.StatusCreated, map[string]string{"Id": made.ID.String()})
	return nil
}
