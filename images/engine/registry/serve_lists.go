package registry

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// maxPage bounds a page of a list; clients follow the link to the next one.
const maxPage = 1000

type catalogPage struct {
	Repositories []string `json:"repositories"`
}

type tagPage struct {
	Name string   `json:"name"`
	Tags []string `json:"tags"`
}

func (s *Server) getCatalog(w http.ResponseWriter, r *http.Request, _ target) error {
	names, err := s.store.repositories()
	if err != nil {
		return err
	}
	page, err := pageOf(w, r, names)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, "application/json", catalogPage{page})
	return nil
}

func (s *Server) getTags(w http.ResponseWriter, r *http.Request, at target) error {
	tags, err := s.store.tags(at.name)
	if err != nil {
		return err
	}
	page, err := pageOf(w, r, tags)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, "application/json", tagPage{at.name, page})
	return nil
}

// pageOf cuts the page that n and last ask for out of a sorted list, and links to the next one.
func pageOf(w http.ResponseWriter, r *http.Request, sorted []string) ([]string, error) {
	query := r.URL.Query()
	size := maxPage
	if text := query.Get("n"); text != "" {
		asked, err := strconv.Atoi(text)
		if err != nil || asked < 0 {
			return nil, pageInvalid.with("n is %q, and not a number from 0", text)
		}
		size = min(asked, maxPage)
	}
	if last := query.Get("last"); last != "" {
		start, found := slices.BinarySearch(sorted, last)
		if found {
			start++
		}
		sorted = sorted[start:]
	}
	if len(sorted) <= size {
		return append([]string{}, sorted...), nil
	}
	page := sorted[:size]
	if size > 0 {
		next := url.Values{"n": {strconv.Itoa(size)}, "last": {page[size-1]}}
		w.Header().Set("Link", fmt.Sprintf(`<%s?%s>; rel="next"`, r.URL.EscapedPath(), next.Encode()))
	}
	return append([]string{}, page...), nil
}

func (s *Server) getReferrers(w http.ResponseWriter, r *http.Request, at target) error {
	list, err := s.store.referrers(at.name, Digest(at.reference))
	if err != nil {
		return err
	}
	if wanted := r.URL.Query().Get("artifactType"); wanted != "" {
		list = slices.DeleteFunc(list, func(d descriptor) bool { return d.ArtifactType != wanted })
		w.Header().Set("OCI-Filters-Applied", "artifactType")
	}
	writeJSON(w, http.StatusOK, ociIndex, newIndex(list))
	return nil
}
