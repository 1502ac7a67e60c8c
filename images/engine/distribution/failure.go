package distribution

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/distribution/reference"

	"twinhull/engine/fault"
)

// refusal is an error that a registry answers, in the words in which Docker shows it.
type refusal struct {
	status        int
	code, message string
}

func (r *refusal) Error() string {
	return strings.ToLower(strings.ReplaceAll(r.code, "_", " ")) + ": " + r.message
}

// Codes that are treated differently.
const (
	codeDenied          = "DENIED"
	codeUnauthorized    = "UNAUTHORIZED"
	codeManifestUnknown = "MANIFEST_UNKNOWN"
	codeNameUnknown     = "NAME_UNKNOWN"
)

var (
	errDenied          = &refusal{http.StatusForbidden, codeDenied, "requested access to the resource is denied"}
	errUnauthorized    = &refusal{http.StatusUnauthorized, codeUnauthorized, "authentication required"}
	errManifestUnknown = &refusal{http.StatusNotFound, codeManifestUnknown, "manifest unknown"}
)

// maxErrorBody is more than any registry's errors have.
const maxErrorBody = 64 << 10

// refusalOf reads the error of a response that is none of success, and closes it.
func refusalOf(response *http.Response) error {
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxErrorBody))
	if err != nil {
		return fmt.Errorf("reading the registry's error %s: %w", response.Status, err)
	}
	if response.StatusCode == http.StatusUnauthorized && challengeOf(response).parameters["error"] == "insufficient_scope" {
		return errDenied
	}
	var told struct {
		Errors []struct{ Code, Message string }
		// Details is what token servers answer.
		Details string
	}
	if json.Unmarshal(body, &told) == nil {
		if len(told.Errors) > 0 && told.Errors[0].Code != "" {
			first := told.Errors[0]
			return &refusal{response.StatusCode, first.Code, first.Message}
		}
		if told.Details != "" && response.StatusCode == http.StatusUnauthorized {
			return &refusal{response.StatusCode, codeUnauthorized, told.Details}
		}
	}
	switch response.StatusCode {
	case http.StatusUnauthorized:
		return errUnauthorized
	case http.StatusForbidden:
		return errDenied
	}
	return fmt.Errorf("received unexpected HTTP status: %s", response.Status)
}

// pullFailure says what a refusal means for a pull, in Docker's sentences.
func pullFailure(err error, name reference.Named) error {
	var told *refusal
	if !errors.As(err, &told) {
		return err
	}
	switch told.code {
	case codeDenied:
		return fault.New(fault.NotFound, "pull access denied for %s, repository does not exist or may require 'docker login': %w",
			reference.FamiliarName(name), told)
	case codeManifestUnknown:
		return fault.New(fault.NotFound, "manifest for %s not found: %w", reference.FamiliarString(name), told)
	case codeNameUnknown:
		return fault.New(fault.NotFound, "repository %s not found: %w", reference.FamiliarName(name), told)
	}
	return err
}

// temporary tells whether it makes sense to try again.
func temporary(err error) bool {
	var told *refusal
	return !errors.As(err, &told) && !errors.Is(err, errMismatch)
}
