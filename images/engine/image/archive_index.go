package image

import (
	"encoding/json"
	"runtime"
	"strings"

	"github.com/distribution/reference"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"twinhull/engine/fault"
)

// dockerEntry is an image in an archive's manifest.json.
type dockerEntry struct {
	Config       string
	RepoTags     []string
	Layers       []string
	LayerSources map[string]ocispec.Descriptor `json:",omitempty"`
}

// maxImages bounds the images of one archive, and maxNesting the indexes in indexes.
const (
	maxImages  = 1000
	maxNesting = 4
)

// entries lists the images of an archive by its manifest.json or, if it has none, by the index of an OCI layout.
func (l *loader) entries() ([]dockerEntry, error) {
	if raw, ok := l.documents["manifest.json"]; ok {
		var entries []dockerEntry
		if err := json.Unmarshal(raw, &entries); err != nil {
			return nil, fault.New(fault.Invalid, "invalid archive: failed to decode manifest.json: %w", err)
		}
		if entries == nil {
			return nil, fault.New(fault.Invalid, "invalid manifest, manifest cannot be null (but can be [])")
		}
		if len(entries) > maxImages {
			return nil, fault.New(fault.Invalid, "invalid archive: it has more than %d images", maxImages)
		}
		return entries, nil
	}
	raw, ok := l.documents["index.json"]
	if !ok {
		return nil, fault.New(fault.Invalid, "invalid archive: does not contain a manifest.json")
	}
	var entries []dockerEntry
	err := l.layout(raw, "", maxNesting, &entries)
	return entries, err
}

// layout adds the images of an OCI index. Of an image for several platforms it takes the one for this machine.
func (l *loader) layout(raw []byte, name string, nesting int, entries *[]dockerEntry) error {
	var index ocispec.Index
	if err := json.Unmarshal(raw, &index); err != nil {
		return fault.New(fault.Invalid, "invalid archive: failed to decode an index: %w", err)
	}
	if nesting == 0 {
		return fault.New(fault.Invalid, "invalid archive: its indexes are nested more than %d deep", maxNesting)
	}
	manifests := index.Manifests
	if nesting < maxNesting {
		manifests = forThisMachine(manifests)
	}
	for _, descriptor := range manifests {
		named := nameIn(descriptor.Annotations)
		if named == "" {
			named = name
		}
		if err := checkDigest(descriptor.Digest); err != nil {
			return fault.New(fault.Invalid, "invalid archive: an index names the digest %q: %w", descriptor.Digest, err)
		}
		document, ok := l.documents[blobName(descriptor.Digest)]
		if !ok {
			return fault.New(fault.Invalid, "invalid archive: it lacks the manifest %s", descriptor.Digest)
		}
		var err error
		if isIndex(document) {
			err = l.layout(document, named, nesting-1, entries)
		} else {
			err = addManifest(document, named, entries)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func isIndex(document []byte) bool {
	var probe struct {
		Manifests []json.RawMessage `json:"manifests"`
	}
	return json.Unmarshal(document, &probe) == nil && probe.Manifests != nil
}

func addManifest(document []byte, name string, entries *[]dockerEntry) error {
	var manifest ocispec.Manifest
	if err := json.Unmarshal(document, &manifest); err != nil {
		return fault.New(fault.Invalid, "invalid archive: failed to decode a manifest: %w", err)
	}
	if err := checkDigest(manifest.Config.Digest); err != nil {
		return fault.New(fault.Invalid, "invalid archive: a manifest names the configuration %q: %w", manifest.Config.Digest, err)
	}
	entry := dockerEntry{Config: blobName(manifest.Config.Digest), Layers: []string{}}
	for _, layer := range manifest.Layers {
		if err := checkDigest(layer.Digest); err != nil {
			return fault.New(fault.Invalid, "invalid archive: a manifest names the layer %q: %w", layer.Digest, err)
		}
		entry.Layers = append(entry.Layers, blobName(layer.Digest))
	}
	if name != "" {
		entry.RepoTags = []string{name}
	}
	if len(*entries) >= maxImages {
		return fault.New(fault.Invalid, "invalid archive: it has more than %d images", maxImages)
	}
	*entries = append(*entries, entry)
	return nil
}

// forThisMachine picks one of the manifests of an image: for this processor, else for its 64-bit kind, whose images say
// for themselves that they do not start, else the first. What describes no platform, such as a signature, is none.
func forThisMachine(manifests []ocispec.Descriptor) []ocispec.Descriptor {
	for _, architecture := range []string{runtime.GOARCH, "386", "amd64", ""} {
		for _, descriptor := range manifests {
			platform := descriptor.Platform
			if platform == nil && architecture == "" || platform != nil && platform.OS == "linux" && platform.Architecture == architecture {
				return []ocispec.Descriptor{descriptor}
			}
		}
	}
	return nil
}

// nameIn finds an image's name in its annotations: the full one of containerd and Docker, or the one that OCI has, which
// some programs fill with a tag alone.
func nameIn(annotations map[string]string) string {
	if name := annotations[imageNameAnnotation]; name != "" {
		return name
	}
	name := annotations[ocispec.AnnotationRefName]
	if !strings.ContainsAny(name, ":/") {
		return ""
	}
	if named, err := reference.ParseNormalizedNamed(name); err == nil {
		return reference.TagNameOnly(named).String()
	}
	return ""
}
