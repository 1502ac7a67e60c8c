package rest

import (
	"errors"
	"fmt"
	"syscall"
)

// Error is the engine's answer that something failed.
type Error struct {
	Status  int
	Message string
}

func (e *Error) Error() string { return "Error response from daemon: " + e.Message }

// IsNotFound tells whether the engine does not have what was asked for.
func IsNotFound(err error) bool {
	var answer *Error
	return errors.As(err, &answer) && answer.Status == 404
}

// ConnectionError says that the engine could not be reached.
type ConnectionError struct {
	Host  string
	Cause error
}

func (e *ConnectionError) Error() string {
	if errors.Is(e.Cause, syscall.EACCES) || errors.Is(e.Cause, syscall.EPERM) {
		return fmt.Sprintf("permission denied while trying to connect to the Docker daemon socket at %s: %v", e.Host, e.Cause)
	}
	return fmt.Sprintf("Cannot connect to the Docker daemon at %s. Is the docker daemon running?", e.Host)
}

func (e *ConnectionError) Unwrap() error { return e.Cause }

// IsConnectionError tells whether the engine could not be reached.
func IsConnectionError(err error) bool {
	var failed *ConnectionError
	return errors.As(err, &failed)
}
