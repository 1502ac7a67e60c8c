// Package image keeps images: their configurations, their layers unpacked for overlayfs, and the names they have.
package image

import (
	"encoding/json"
	"time"

	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"twinhull/engine/fault"
)

// RunConfig is what an image says of the containers made from it: OCI's fields, and Docker's Healthcheck, OnBuild and
// Shell.
type RunConfig = dockerspec.DockerOCIImageConfig

// Config is an image's configuration, whose digest is the image's ID.
type Config struct {
	Created *time.Time `json:"created,omitempty"`
	Author  string     `json:"author,omitempty"`
	ocispec.Platform
	DockerVersion string `json:"docker_version,omitempty"`
	Container     string `json:"container,omitempty"`
	// ContainerConfig is the configuration of the build step that made the image: what the build cache compares.
	ContainerConfig *RunConfig        `json:"container_config,omitempty"`
	Config          RunConfig         `json:"config"`
	RootFS          ocispec.RootFS    `json:"rootfs"`
	History         []ocispec.History `json:"history,omitempty"`
}

// Image is one image of a store, as it was when it was asked for.
type Image struct {
	// ID is the digest of RawConfig.
	ID        digest.Digest
	Config    Config
	RawConfig []byte
	// RepoTags and RepoDigests are its names as people write them: "busybox:latest", "busybox@sha256:...".
	RepoTags, RepoDigests []string
	// Size is that of the files of all its layers, in bytes.
	Size int64
	// Parent is the image this one was made from in this store, if that is known.
	Parent digest.Digest
	// LastTagged is when it last got a name; zero if it never did.
	LastTagged time.Time
}

// maxLayers is how many layers an image may have. overlayfs takes 500 lower directories, Docker 127 in all.
const maxLayers = 127

// parseConfig reads a configuration from elsewhere.
func parseConfig(raw []byte) (Config, error) {
	var config Config
	if err := json.Unmarshal(raw, &config); err != nil {
		return Config{}, fault.New(fault.Invalid, "the image's configuration is not one: %w", err)
	}
	if config.RootFS.Type != "" && config.RootFS.Type != "layers" {
		return Config{}, fault.New(fault.Invalid, "the image's root file system is of the unknown type %q", config.RootFS.Type)
	}
	if len(config.RootFS.DiffIDs) > maxLayers {
		return Config{}, fault.New(fault.Invalid, "max depth exceeded: the image has %d layers, %d are allowed",
			len(config.RootFS.DiffIDs), maxLayers)
	}
	if config.OS != "" && config.OS != "linux" {
		return Config{}, fault.New(fault.Invalid, "image operating system %q cannot be used on this platform", config.OS)
	}
	for _, diffID := range config.RootFS.DiffIDs {
		if err := checkDigest(diffID); err != nil {
			return Config{}, fault.New(fault.Invalid, "the image's configuration names the layer %q: %w", diffID, err)
		}
	}
	return config, nil
}

// checkDigest takes the one algorithm that this engine knows; a checked digest is safe as a file name.
func checkDigest(d digest.Digest) error {
	if err := d.Validate(); err != nil {
		return err
	}
	if d.Algorithm() != digest.SHA256 {
		return digest.ErrDigestUnsupported
	}
	return nil
}
