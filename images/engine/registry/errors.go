package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// refusal is an error of the specification: a code that clients know, and Docker's words for it.
type refusal struct {
	status  int
	code    string
	message string
	detail  string
}

var (
	blobUnknown         = &refusal{http.StatusNotFound, "BLOB_UNKNOWN", "blob unknown to registry", ""}
	blobUploadInvalid   = &refusal{http.StatusBadRequest, "BLOB_UPLOAD_INVALID", "blob upload invalid", ""}
	blobUploadBusy      = &refusal{http.StatusConflict, "BLOB_UPLOAD_INVALID", "blob upload invalid", ""}
	blobUploadUnknown   = &refusal{http.StatusNotFound, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry", ""}
	blobTooLarge        = &refusal{http.StatusRequestEntityTooLarge, "SIZE_INVALID", "blob is too large", ""}
	digestInvalid       = &refusal{http.StatusBadRequest, "DIGEST_INVALID", "provided digest did not match uploaded content", ""}
	manifestBlobUnknown = &refusal{http.StatusBadRequest, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry", ""}
	manifestInvalid     = &refusal{http.StatusBadRequest, "MANIFEST_INVALID", "manifest invalid", ""}
	manifestTooLarge    = &refusal{http.StatusRequestEntityTooLarge, "SIZE_INVALID", "manifest is too large", ""}
	manifestUnknown     = &refusal{http.StatusNotFound, "MANIFEST_UNKNOWN", "manifest unknown", ""}
	nameInvalid         = &refusal{http.StatusBadRequest, "NAME_INVALID", "invalid repository name", ""}
	nameUnknown         = &refusal{http.StatusNotFound, "NAME_UNKNOWN", "repository name not known to registry", ""}
	pageInvalid         = &refusal{http.StatusBadRequest, "PAGINATION_NUMBER_INVALID", "invalid number of results requested", ""}
	pathUnknown         = &refusal{http.StatusNotFound, "NOT_FOUND", "page not found", ""}
	rangeInvalid        = &refusal{http.StatusRequestedRangeNotSatisfiable, "RANGE_INVALID", "invalid content range", ""}
	sizeInvalid         = &refusal{http.StatusBadRequest, "SIZE_INVALID", "provided length did not match content length", ""}
	tagInvalid          = &refusal{http.StatusBadRequest, "TAG_INVALID", "manifest tag did not match URI", ""}
	tooManyUploads      = &refusal{http.StatusTooManyRequests, "TOOMANYREQUESTS", "too many requests", ""}
	unsupported         = &refusal{http.StatusMethodNotAllowed, "UNSUPPORTED", "The operation is unsupported.", ""}
)

// with returns the refusal with what it was about.
func (r *refusal) with(format string, arguments ...any) *refusal {
	told := *r
	told.detail = fmt.Sprintf(format, arguments...)
	return &told
}

func (r *refusal) Error() string {
	if r.detail == "" {
		return r.message
	}
	return r.message + ": " + r.detail
}

// Is makes errors.Is(err, blobUnknown) true whatever the detail.
func (r *refusal) Is(target error) bool {
	other, ok := target.(*refusal)
	return ok && r.code == other.code && r.status == other.status
}

type errorBody struct {
	Errors []errorEntry `json:"errors"`
}

type errorEntry struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Detail  string `json:"detail,omitempty"`
}

func writeRefusal(w http.ResponseWriter, err error) {
	var told *refusal
	if !errors.As(err, &told) {
		told = &refusal{http.StatusInternalServerError, "UNKNOWN", "unknown error", err.Error()}
	}
	writeJSON(w, told.status, "application/json", errorBody{[]errorEntry{{told.code, told.message, told.detail}}})
}

// writeJSON sends a value. What goes wrong now can only be the client's leaving.
func writeJSON(w http.ResponseWriter, status int, kind string, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("a %T is not JSON: %v", value, err))
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
