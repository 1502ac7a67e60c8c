package registry

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

func (s *Server) getBlob(w http.ResponseWriter, r *http.Request, at target) error {
	digest := Digest(at.reference)
	file, err := s.store.openBlob(at.name, digest)
	if err != nil {
		return err
	}
	defer file.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Cache-Control", "max-age=31536000")
	serveContent(w, r, digest, file)
	return nil
}

func (s *Server) deleteBlob(w http.ResponseWriter, _ *http.Request, at target) error {
	if err := s.store.deleteBlob(at.name, Digest(at.reference)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusAccepted)
	return nil
}

// startUpload opens an upload; with ?mount= it tries first to take the blob from another repository, and with ?digest=
// the request brings the whole blob.
func (s *Server) startUpload(w http.ResponseWriter, r *http.Request, at target) error {
	query := r.URL.Query()
	if mount := query.Get("mount"); mount != "" {
		done, err := s.mount(w, at, mount, query.Get("from"))
		if done || err != nil {
			return err
		}
	}
	wanted := Digest("")
	if text := query.Get("digest"); text != "" {
		var err error
		if wanted, err = ParseDigest(text); err != nil {
			return err
		}
	}
	held, err := s.store.uploads.start(at.name)
	if err != nil {
		return err
	}
	if wanted == "" {
		defer s.store.uploads.release(held)
		writeProgress(w, held, http.StatusAccepted)
		return nil
	}
	if err := s.receive(held, r.Body); err != nil {
		s.store.uploads.cancel(held)
		return err
	}
	return s.complete(w, held, wanted)
}

// mount tells whether it answered: a blob that cannot be mounted is uploaded instead.
func (s *Server) mount(w http.ResponseWriter, at target, mount, from string) (bool, error) {
	digest, err := ParseDigest(mount)
	if err != nil {
		return false, err
	}
	if from != "" {
		if err := checkName(from); err != nil {
			return false, err
		}
	}
	err = s.store.mountBlob(at.name, from, digest)
	if errors.Is(err, blobUnknown) {
		return false, nil
	}
	if err == nil {
		writeCreated(w, at.name, digest)
	}
	return err == nil, err
}

func (s *Server) getUpload(w http.ResponseWriter, _ *http.Request, at target) error {
	held, err := s.store.uploads.acquire(at.name, at.reference)
	if err != nil {
		return err
	}
	defer s.store.uploads.release(held)
	writeProgress(w, held, http.StatusNoContent)
	return nil
}

func (s *Server) patchUpload(w http.ResponseWriter, r *http.Request, at target) error {
	held, err := s.store.uploads.acquire(at.name, at.reference)
	if err != nil {
		return err
	}
	defer s.store.uploads.release(held)
	if err := checkRange(w, r, held); err != nil {
		return err
	}
	if err := s.receive(held, r.Body); err != nil {
		return err
	}
	writeProgress(w, held, http.StatusAccepted)
	return nil
}

func (s *Server) putUpload(w http.ResponseWriter, r *http.Request, at target) error {
	digest, err := ParseDigest(r.URL.Query().Get("digest"))
	if err != nil {
		return err
	}
	held, err := s.store.uploads.acquire(at.name, at.reference)
	if err != nil {
		return err
	}
	if err = checkRange(w, r, held); err == nil {
		err = s.receive(held, r.Body)
	}
	if err != nil {
		s.store.uploads.release(held)
		return err
	}
	return s.complete(w, held, digest)
}

func (s *Server) deleteUpload(w http.ResponseWriter, _ *http.Request, at target) error {
	held, err := s.store.uploads.acquire(at.name, at.reference)
	if err != nil {
		return err
	}
	s.store.uploads.cancel(held)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) receive(held *upload, body io.Reader) error {
	err := held.append(body, s.store.options.MaxBlob)
	var told *refusal
	if err == nil || errors.As(err, &told) {
		return err
	}
	return blobUploadInvalid.with("after %d bytes: %v", held.size, err)
}

func (s *Server) complete(w http.ResponseWriter, held *upload, digest Digest) error {
	if err := s.store.finish(held, digest); err != nil {
		return err
	}
	writeCreated(w, held.name, digest)
	return nil
}

// checkRange holds a request to the bytes that it says it brings: they begin where the upload ends, and are as many.
func checkRange(w http.ResponseWriter, r *http.Request, held *upload) error {
	header := r.Header.Get("Content-Range")
	if header == "" {
		return nil
	}
	first, last, found := strings.Cut(header, "-")
	start, err := strconv.ParseInt(first, 10, 64)
	end, endErr := strconv.ParseInt(last, 10, 64)
	if !found || err != nil || endErr != nil || start != held.size || end < start {
		setProgress(w, held)
		return rangeInvalid.with("the Content-Range is %q, and the next byte is %d", header, held.size)
	}
	if r.ContentLength >= 0 && r.ContentLength != end-start+1 {
		return sizeInvalid.with("the Content-Range %s has %d bytes, and the body %d", header, end-start+1, r.ContentLength)
	}
	return nil
}

func writeProgress(w http.ResponseWriter, held *upload, status int) {
	setProgress(w, held)
	w.WriteHeader(status)
}

func setProgress(w http.ResponseWriter, held *upload) {
	w.Header().Set("Location", "/v2/"+held.name+"/blobs/uploads/"+held.id)
	w.Header().Set("Docker-Upload-UUID", held.id)
	// Of an upload without a byte Docker's registry says 0-0 as well.
	w.Header().Set("Range", fmt.Sprintf("0-%d", max(held.size-1, 0)))
}

func writeCreated(w http.ResponseWriter, name string, digest Digest) {
	w.Header().Set("Location", "/v2/"+name+"/blobs/"+string(digest))
	w.Header().Set("Docker-Content-Digest", string(digest))
	w.WriteHeader(http.StatusCreated)
}
