package registry

import (
	"net/http"
	"strings"
)

// Server answers the requests of the specification from a store.
type Server struct{ store *Store }

// NewServer makes the handler of all paths below /v2/.
func NewServer(store *Store) *Server { return &Server{store} }

// handler answers a request, or returns the error that becomes the specification's error body.
type handler func(w http.ResponseWriter, r *http.Request, at target) error

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if err := s.serve(w, r); err != nil {
		writeRefusal(w, err)
	}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) error {
	at, err := parsePath(r.URL.Path)
	if err != nil {
		return err
	}
	handlers := s.handlers(at.kind)
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	answer, known := handlers[method]
	if !known {
		w.Header().Set("Allow", allowed(handlers))
		return unsupported.with("%s is not a method of %s", r.Method, r.URL.Path)
	}
	if method != http.MethodGet && s.store.options.ReadOnly {
		return unsupported.with("this registry is read-only")
	}
	if method == http.MethodDelete && at.kind != uploadItem && !s.store.options.Delete {
		return unsupported.with("this registry does not delete; start it with REGISTRY_STORAGE_DELETE_ENABLED=true")
	}
	return answer(w, r, at)
}

func (s *Server) handlers(kind targetKind) map[string]handler {
	switch kind {
	case base:
		return map[string]handler{http.MethodGet: s.getBase}
	case catalogList:
		return map[string]handler{http.MethodGet: s.getCatalog}
	case tagList:
		return map[string]handler{http.MethodGet: s.getTags}
	case manifestItem:
		return map[string]handler{
			http.MethodGet: s.getManifest, http.MethodPut: s.putManifest, http.MethodDelete: s.deleteManifest,
		}
	case blobItem:
		return map[string]handler{http.MethodGet: s.getBlob, http.MethodDelete: s.deleteBlob}
	case uploadStart:
		return map[string]handler{http.MethodPost: s.startUpload}
	case uploadItem:
		return map[string]handler{
			http.MethodGet: s.getUpload, http.MethodPatch: s.patchUpload,
			http.MethodPut: s.putUpload, http.MethodDelete: s.deleteUpload,
		}
	case referrerList:
		return map[string]handler{http.MethodGet: s.getReferrers}
	}
	return nil
}

func allowed(handlers map[string]handler) string {
	var methods []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete} {
		if _, known := handlers[method]; known {
			methods = append(methods, method)
		}
	}
	return strings.Join(methods, ", ")
}

// getBase tells a client that this is a registry.
func (s *Server) getBase(w http.ResponseWriter, _ *http.Request, _ target) error {
	writeJSON(w, http.StatusOK, "application/json", struct{}{})
	return nil
}
