package registry

import "encoding/json"

// Media types of manifests, of which each has Docker's and OCI's name.
const (
	ociManifest    = "application/vnd.oci.image.manifest.v1+json"
	ociIndex       = "application/vnd.oci.image.index.v1+json"
	dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
	dockerList     = "application/vnd.docker.distribution.manifest.list.v2+json"
)

// descriptor points at content: https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md
type descriptor struct {
	MediaType    string            `json:"mediaType,omitempty"`
	Digest       Digest            `json:"digest"`
	Size         int64             `json:"size"`
	URLs         []string          `json:"urls,omitempty"`
	Annotations  map[string]string `json:"annotations,omitempty"`
	ArtifactType string            `json:"artifactType,omitempty"`
}

// manifest is what a registry needs to know of an image manifest or an index.
type manifest struct {
	SchemaVersion int               `json:"schemaVersion"`
	MediaType     string            `json:"mediaType"`
	ArtifactType  string            `json:"artifactType,omitempty"`
	Config        *descriptor       `json:"config,omitempty"`
	Layers        []descriptor      `json:"layers"`
	Manifests     []descriptor      `json:"manifests,omitempty"`
	Subject       *descriptor       `json:"subject,omitempty"`
	Annotations   map[string]string `json:"annotations,omitempty"`
}

// parseManifest reads a manifest. declared is the Content-Type that it came with, or empty.
func parseManifest(bytes []byte, declared string) (*manifest, error) {
	if len(bytes) > maxManifest {
		return nil, manifestTooLarge.with("a manifest has at most %d bytes", maxManifest)
	}
	var read manifest
	if err := json.Unmarshal(bytes, &read); err != nil {
		return nil, manifestInvalid.with("it is not JSON: %v", err)
	}
	if read.SchemaVersion != 2 {
		return nil, manifestInvalid.with("schemaVersion is %d, and only 2 is supported", read.SchemaVersion)
	}
	if read.MediaType == "" {
		read.MediaType = read.impliedType()
	}
	if declared != "" && declared != read.MediaType {
		return nil, manifestInvalid.with("the Content-Type %s differs from the manifest's mediaType %s", declared, read.MediaType)
	}
	return &read, read.check()
}

// impliedType is what OCI manifests are that do not say it.
func (m *manifest) impliedType() string {
	if m.Manifests != nil {
		return ociIndex
	}
	return ociManifest
}

func (m *manifest) isIndex() bool { return m.MediaType == ociIndex || m.MediaType == dockerList }

func (m *manifest) check() error {
	switch m.MediaType {
	case ociManifest, dockerManifest:
		if m.Config == nil {
			return manifestInvalid.with("it has no config")
		}
	case ociIndex, dockerList:
	default:
		return manifestInvalid.with("the mediaType %s is none of Docker's or OCI's manifests", m.MediaType)
	}
	all := append(m.blobs(), m.Manifests...)
	if m.Subject != nil {
		all = append(all, *m.Subject)
	}
	for _, each := range all {
		if _, err := ParseDigest(string(each.Digest)); err != nil || each.Size < 0 {
			return manifestInvalid.with("a descriptor has the digest %q and the size %d", each.Digest, each.Size)
		}
	}
	return nil
}

// blobs are the config and the layers of an image; an index has none.
func (m *manifest) blobs() []descriptor {
	if m.isIndex() {
		return nil
	}
	return append([]descriptor{*m.Config}, m.Layers...)
}

// asReferrer describes a manifest that has a subject to those who ask for the subject's referrers.
func (m *manifest) asReferrer(digest Digest, size int) descriptor {
	described := descriptor{
		MediaType: m.MediaType, Digest: digest, Size: int64(size),
		ArtifactType: m.ArtifactType, Annotations: m.Annotations,
	}
	if described.ArtifactType == "" && m.Config != nil {
		described.ArtifactType = m.Config.MediaType
	}
	return described
}

// index is a list of manifests as clients read it.
type index struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Manifests     []descriptor `json:"manifests"`
}

func newIndex(manifests []descriptor) index {
	if manifests == nil {
		manifests = []descriptor{}
	}
	return index{2, ociIndex, manifests}
}
