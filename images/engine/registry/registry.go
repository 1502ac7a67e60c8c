// Package registry is the server side of the OCI distribution specification, version 1.1, on plain files.
//
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
//
// A Store is a folder in the layout of LAYOUT.md; a Server answers requests from it. Blobs pass through as streams, so
// that a registry is a container of little memory.
package registry

import "time"

// Options are what a registry allows. The zero value of a limit stands for its default.
type Options struct {
	// ReadOnly refuses whatever would change the store.
	ReadOnly bool
	// Delete allows manifests, tags and blobs to be deleted.
	Delete bool
	// MaxBlob bounds one blob, in bytes.
	MaxBlob int64
	// MaxUploads bounds the uploads that are open at once.
	MaxUploads int
	// IdleUpload is how long an upload may wait for its next request before it is thrown away.
	IdleUpload time.Duration
}

const (
	// maxManifest is the limit that the specification asks registries to accept at least: 4 MB.
	maxManifest = 4 << 20
	// defaultMaxBlob lets a forgotten upload not fill a disk. The largest layers in use have a few gigabytes.
	defaultMaxBlob = 8 << 30
	// defaultMaxUploads is what a dozen clients have open, with the five at once of Docker's push each.
	defaultMaxUploads = 64
	// defaultIdleUpload is long enough for a person who resumes a push, and short for a disk in memory.
	defaultIdleUpload = 15 * time.Minute
)

func (o Options) withDefaults() Options {
	if o.MaxBlob == 0 {
		o.MaxBlob = defaultMaxBlob
	}
	if o.MaxUploads == 0 {
		o.MaxUploads = defaultMaxUploads
	}
	if o.IdleUpload == 0 {
		o.IdleUpload = defaultIdleUpload
	}
	return o
}
