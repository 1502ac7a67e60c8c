package api

import (
	"net/http"
	"slices"

	"twinhull/engine/container"
	"twinhull/engine/fault"
	"twinhull/engine/volume"
)

// AddUsage adds the route that tells what takes how much room.
func (r *Router) AddUsage(manager *container.Manager, images Images, volumes *volume.Store) {
	routes := usage{manager, images, volumes}
	r.Handle("GET /system/df", routes.all)
}

type usage struct {
	containers *container.Manager
	images     Images
	volumes    *volume.Store
}

// kinds that clients may choose from.
var kinds = []string{"container", "image", "volume", "build-cache"}

func (u usage) all(w http.ResponseWriter, r *http.Request) error {
	wanted := r.URL.Query()["type"]
	for _, kind := range wanted {
		if !slices.Contains(kinds, kind) {
			return fault.New(fault.Invalid, "unknown object type: %s", kind)
		}
	}
	has := func(kind string) bool { return len(wanted) == 0 || slices.Contains(wanted, kind) }
	answer := map[string]any{}
	if has("image") {
		list, size := u.images.usage()
		answer["Images"], answer["LayersSize"] = list, size
	}
	if has("container") {
		list, err := u.containers.List(container.ListOptions{All: true, Size: true})
		if err != nil {
			return err
		}
		answer["Containers"] = list
	}
	if has("volume") {
		list, err := u.volumes.Usage(r.Context())
		if err != nil {
			return err
		}
		if list == nil {
			list = []*volume.Volume{}
		}
		answer["Volumes"] = list
	}
	if has("build-cache") {
		// Steps of builds are images here, and counted as such.
		answer["BuildCache"] = []struct{}{}
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}
