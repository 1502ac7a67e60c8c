package distribution

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"twinhull/engine/fault"
)

// Docker's names of manifests; ocispec has OCI's.
const (
	dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
	dockerList     = "application/vnd.docker.distribution.manifest.list.v2+json"
)

// accepted are the manifests that this client reads.
var accepted = []string{dockerManifest, ocispec.MediaTypeImageManifest, dockerList, ocispec.MediaTypeImageIndex}

// errMismatch is content that is not what its digest or size says.
var errMismatch = errors.New("content does not match its digest")

// describe checks a manifest against the reference that asked for it, if that is a digest, and finds its media type:
// in the manifest itself, else in what the registry declared, else, because hosts of static files declare nothing useful,
// by what it has.
func describe(reference string, content []byte, declared string) (ocispec.Descriptor, []byte, error) {
	found := digest.FromBytes(content)
	if wanted := digest.Digest(reference); wanted.Validate() == nil && wanted != found {
		return ocispec.Descriptor{}, nil, fmt.Errorf("manifest verification failed for digest %s: it is %s: %w", wanted, found, errMismatch)
	}
	var read struct {
		SchemaVersion int
		MediaType     string
		Manifests     []json.RawMessage
	}
	if err := json.Unmarshal(content, &read); err != nil {
		return ocispec.Descriptor{}, nil, fault.New(fault.Invalid, "the manifest %s is not JSON: %w", found, err)
	}
	kind := read.MediaType
	switch {
	case read.SchemaVersion == 1:
		return ocispec.Descriptor{}, nil, fault.New(fault.Invalid, "Docker Image Format v1 and Docker Image manifest version 2, "+
			"schema 1 support has been removed. Ask the image's author for an image of manifest version 2, schema 2 or of OCI's format")
	case kind == "" && slices.Contains(accepted, declared):
		kind = declared
	case kind == "" && read.Manifests != nil:
		kind = ocispec.MediaTypeImageIndex
	case kind == "":
		kind = ocispec.MediaTypeImageManifest
	}
	return ocispec.Descriptor{MediaType: kind, Digest: found, Size: int64(len(content))}, content, nil
}

func isList(kind string) bool { return kind == dockerList || kind == ocispec.MediaTypeImageIndex }

// choose finds the entry of a list for a platform.
func choose(list []byte, wanted ocispec.Platform) (ocispec.Descriptor, error) {
	var index ocispec.Index
	if err := json.Unmarshal(list, &index); err != nil {
		return ocispec.Descriptor{}, fault.New(fault.Invalid, "the manifest list is not one: %w", err)
	}
	for _, each := range index.Manifests {
		found := each.Platform
		if found != nil && found.OS == wanted.OS && found.Architecture == wanted.Architecture &&
			(wanted.Variant == "" || found.Variant == wanted.Variant) {
			return each, checkDescriptor(each)
		}
	}
	return ocispec.Descriptor{}, fault.New(fault.NotFound, "no matching manifest for %s in the manifest list entries", platformName(wanted))
}

func platformName(platform ocispec.Platform) string {
	name := platform.OS + "/" + platform.Architecture
	if platform.Variant != "" {
		name += "/" + platform.Variant
	}
	return name
}

// parseImage reads the manifest of an image.
func parseImage(kind string, content []byte) (ocispec.Manifest, error) {
	var read ocispec.Manifest
	if kind != dockerManifest && kind != ocispec.MediaTypeImageManifest {
		return read, fault.New(fault.Invalid, "unsupported media type %s", kind)
	}
	if err := json.Unmarshal(content, &read); err != nil {
		return read, fault.New(fault.Invalid, "the manifest is not one: %w", err)
	}
	for _, each := range append([]ocispec.Descriptor{read.Config}, read.Layers...) {
		if err := checkDescriptor(each); err != nil {
			return read, err
		}
	}
	return read, nil
}

func checkDescriptor(each ocispec.Descriptor) error {
	if err := each.Digest.Validate(); err != nil {
		return fault.New(fault.Invalid, "the manifest names %q: %w", each.Digest, err)
	}
	if each.Digest.Algorithm() != digest.SHA256 {
		return fault.New(fault.Invalid, "the manifest names %q, and only sha256 is supported", each.Digest)
	}
	if each.Size < 0 {
		return fault.New(fault.Invalid, "the manifest says that %s has %d bytes", each.Digest, each.Size)
	}
	return nil
}

// readBounded reads all, up to a limit.
func readBounded(content io.Reader, limit int64, what string) ([]byte, error) {
	read, err := io.ReadAll(io.LimitReader(content, limit+1))
	if err == nil && int64(len(read)) > limit {
		err = fault.New(fault.Invalid, "%s has more than %d bytes", what, limit)
	}
	return read, err
}
