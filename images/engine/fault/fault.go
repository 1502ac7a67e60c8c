// Package fault gives errors a kind that the API maps to an HTTP status.
package fault

import (
	"errors"
	"fmt"
	"net/http"
)

// Kind is why something failed, as far as a client can tell the difference.
type Kind int

const (
	// Internal is a failure of the engine or its machine.
	Internal Kind = iota
	// Invalid is a request that can never succeed as it stands.
	Invalid
	// NotFound names an object that does not exist.
	NotFound
	// Conflict is a request that the object's present state does not allow.
	Conflict
	// Forbidden is refused whoever asks.
	Forbidden
	// Unauthorized wants credentials.
	Unauthorized
	// NotModified says that the object is already as asked for.
	NotModified
	// NotImplemented is part of Docker's API and not of this engine.
	NotImplemented
	// Unavailable may work later.
	Unavailable
)

type fault struct {
	kind  Kind
	cause error
}

func (f *fault) Error() string { return f.cause.Error() }
func (f *fault) Unwrap() error { return f.cause }

// New makes an error of a kind. The format is fmt.Errorf's, %w included.
func New(kind Kind, format string, arguments ...any) error {
	return &fault{kind: kind, cause: fmt.Errorf(format, arguments...)}
}

// As gives an error a kind, whatever it had before. Of nil it makes nil.
func As(kind Kind, err error) error {
	if err == nil {
		return nil
	}
	return &fault{kind: kind, cause: err}
}

// KindOf returns the kind of the outermost error that has one.
func KindOf(err error) Kind {
	var found *fault
	if errors.As(err, &found) {
		return found.kind
	}
	return Internal
}

// Is tells whether an error is of a kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// Status returns the HTTP status that Docker's API has for an error.
func Status(err error) int {
	switch KindOf(err) {
	case Invalid:
		return http.StatusBadRequest
	case NotFound:
		return http.StatusNotFound
	case Conflict:
		return http.StatusConflict
	case Forbidden:
		return http.StatusForbidden
	case Unauthorized:
		return http.StatusUnauthorized
	case NotModified:
		return http.StatusNotModified
	case NotImplemented:
		return http.StatusNotImplemented
	case Unavailable:
		return http.StatusServiceUnavailable
	case Internal:
	}
	return http.StatusInternalServerError
}
