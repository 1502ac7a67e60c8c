package registry

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"time"
)

func (s *Server) getManifest(w http.ResponseWriter, r *http.Request, at target) error {
	content, err := s.store.readManifest(at.name, at.reference)
	if err != nil {
		return err
	}
	parsed, err := parseManifest(content, "")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", parsed.MediaType)
	digest := Digest(at.reference)
	if !isDigest(at.reference) {
		digest = digestOf(content)
	}
	serveContent(w, r, digest, bytes.NewReader(content))
	return nil
}

// serveContent answers GET and HEAD with ranges and conditions.
func serveContent(w http.ResponseWriter, r *http.Request, digest Digest, content io.ReadSeeker) {
	w.Header().Set("Docker-Content-Digest", string(digest))
	w.Header().Set("ETag", `"`+string(digest)+`"`)
	http.ServeContent(w, r, "", time.Time{}, content)
}

func (s *Server) putManifest(w http.ResponseWriter, r *http.Request, at target) error {
	content, err := io.ReadAll(io.LimitReader(r.Body, maxManifest+1))
	if err != nil {
		return manifestInvalid.with("reading it: %v", err)
	}
	declared := ""
	if header := r.Header.Get("Content-Type"); header != "" {
		if declared, _, err = mime.ParseMediaType(header); err != nil {
			return manifestInvalid.with("the Content-Type %q is not one", header)
		}
	}
	parsed, digest, err := s.store.putManifest(at.name, at.reference, declared, content)
	if err != nil {
		return err
	}
	if parsed.Subject != nil {
		w.Header().Set("OCI-Subject", string(parsed.Subject.Digest))
	}
	w.Header().Set("Location", "/v2/"+at.name+"/manifests/"+string(digest))
	w.Header().Set("Docker-Content-Digest", string(digest))
	w.WriteHeader(http.StatusCreated)
	return nil
}

func (s *Server) deleteManifest(w http.ResponseWriter, _ *http.Request, at target) error {
	if err := s.store.deleteManifest(at.name, at.reference); err != nil {
		return err
	}
	w.WriteHeader(http.StatusAccepted)
	return nil
}
