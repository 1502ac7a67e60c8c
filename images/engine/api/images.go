package api

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/distribution/reference"

	"twinhull/engine/fault"
	"twinhull/engine/filters"
	"twinhull/engine/image"
)

// Images is what the routes of images work on.
type Images struct {
	Store      *image.Store
	Registries Distribution
	// Change applies Dockerfile instructions to a configuration, for `docker import --change`. Without it none are taken.
	Change func(config *image.RunConfig, instructions []string) error
}

// AddImages adds the routes of images. Their names may have slashes, so what follows a name is told by how a path ends.
func (r *Router) AddImages(i Images) {
	r.Handle("GET /images/json", i.list)
	r.Handle("GET /images/get", i.saveAll)
	r.Handle("POST /images/load", i.load)
	r.Handle("POST /images/create", i.create)
	r.Handle("POST /images/prune", i.prune)
	r.Handle("GET /images/{name...}", byEnding(map[string]imageHandler{
		"json": i.inspect, "history": i.history, "get": i.save,
	}))
	r.Handle("POST /images/{name...}", byEnding(map[string]imageHandler{"tag": i.tag, "push": i.Registries.Push}))
	r.Handle("DELETE /images/{name...}", i.remove)
}

// imageHandler answers a request for the image of a name.
type imageHandler func(w http.ResponseWriter, r *http.Request, name string) error

func byEnding(handlers map[string]imageHandler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		path := r.PathValue("name")
		if at := strings.LastIndexByte(path, '/'); at > 0 {
			if handler := handlers[path[at+1:]]; handler != nil {
				return handler(w, r, path[:at])
			}
		}
		return errPage
	}
}

// isBefore tells whether a request is of a version of the API before 1.minor. One that names none is of the newest.
func isBefore(r *http.Request, minor int) bool {
	_, version := unversioned(r.RequestURI)
	_, text, _ := strings.Cut(version, ".")
	asked, err := strconv.Atoi(text)
	return err == nil && asked < minor
}

// imageSummary is one line of a list. moby's type lacks what old clients read.
type imageSummary struct {
	Containers  int64
	Created     int64
	ID          string `json:"Id"`
	Labels      map[string]string
	ParentID    string `json:"ParentId"`
	RepoDigests []string
	RepoTags    []string
	SharedSize  int64
	Size        int64
	VirtualSize *int64 `json:",omitempty"`
}

func (i Images) list(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	wanted, err := filters.Parse(query.Get("filters"), image.SelectFilters...)
	if err != nil {
		return err
	}
	if pattern := query.Get("filter"); pattern != "" && isBefore(r, 25) {
		wanted = filters.Filters{"reference": {pattern}}
	}
	selected, err := i.Store.Select(wanted, flag(r, "all"))
	if err != nil {
		return err
	}
	list := make([]imageSummary, len(selected))
	for n, img := range selected {
		list[n] = summaryOf(img)
		if flag(r, "shared-size") {
			list[n].SharedSize = i.Store.Shared(img)
		}
		if isBefore(r, 44) {
			list[n].VirtualSize = &img.Size
		}
		if isBefore(r, 43) && len(img.RepoTags)+len(img.RepoDigests) == 0 {
			list[n].RepoTags, list[n].RepoDigests = []string{"<none>:<none>"}, []string{"<none>@<none>"}
		}
	}
	writeJSON(w, http.StatusOK, list)
	return nil
}

func summaryOf(img *image.Image) imageSummary {
	summary := imageSummary{
		Containers: -1, ID: img.ID.String(), Labels: img.Config.Config.Labels, ParentID: img.Parent.String(),
		RepoDigests: img.RepoDigests, RepoTags: img.RepoTags, SharedSize: -1, Size: img.Size,
	}
	if img.Config.Created != nil {
		summary.Created = img.Config.Created.Unix()
	}
	return summary
}

// usage is the part of `system df` that is about images: all of them, and the bytes of their layers.
func (i Images) usage() (list []imageSummary, layersSize int64) {
	list = []imageSummary{}
	for _, img := range i.Store.List() {
		summary := summaryOf(img)
		summary.SharedSize = i.Store.Shared(img)
		summary.Containers = int64(i.Store.Users(img.ID))
		list = append(list, summary)
	}
	return list, i.Store.LayersSize()
}

func (i Images) history(w http.ResponseWriter, _ *http.Request, name string) error {
	img, err := i.Store.Get(name)
	if err != nil {
		return err
	}
	steps, err := i.Store.History(img)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, steps)
	return nil
}

func (i Images) tag(w http.ResponseWriter, r *http.Request, name string) error {
	query := r.URL.Query()
	tag, err := withTag(query.Get("repo"), query.Get("tag"))
	if err != nil {
		return err
	}
	if reference.FamiliarName(tag) == "sha256" {
		return fault.New(fault.Invalid, "refusing to create an ambiguous tag using digest algorithm as name")
	}
	img, err := i.Store.Get(name)
	if err != nil {
		return err
	}
	if err := i.Store.Tag(img, tag); err != nil {
		return err
	}
	w.WriteHeader(http.StatusCreated)
	return nil
}

func (i Images) remove(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if strings.TrimSpace(name) == "" {
		return fault.New(fault.Invalid, "image name cannot be blank")
	}
	removed, err := i.Store.Remove(name, flag(r, "force"), !flag(r, "noprune"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, removed)
	return nil
}

func (i Images) prune(w http.ResponseWriter, r *http.Request) error {
	wanted, err := filters.Parse(r.URL.Query().Get("filters"), image.PruneFilters...)
	if err != nil {
		return err
	}
	removed, reclaimed, err := i.Store.Prune(wanted)
	if err != nil {
		return err
	}
	if i.Registries.Events != nil {
		i.Registries.Events.Publish("image", "prune", "", map[string]string{"reclaimed": fmt.Sprint(reclaimed)})
	}
	if len(removed) == 0 {
		removed = nil
	}
	writeJSON(w, http.StatusOK, map[string]any{"ImagesDeleted": removed, "SpaceReclaimed": reclaimed})
	return nil
}
