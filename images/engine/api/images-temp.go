package api

import (
	"net/http"

	"twinhull/engine/image"
)

// AddLoadForNow is replaced.
func (r *Router) AddLoadForNow(store *image.Store) {
	r.Handle("POST /images/load", func(w http.ResponseWriter, q *http.Request) error {
		_, err := store.Load(q.Context(), q.Body, image.LoadObserver{Line: func(line string) { _, _ = w.Write([]byte(line + "\n")) }})
		return err
	})
}
