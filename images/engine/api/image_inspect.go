package api

import (
	"net/http"
	"strings"
	"time"

	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"

	"twinhull/engine/image"
)

// inspectedConfig is an image's configuration as this version of the API has it: with the fields of a container's that
// mean nothing for an image.
type inspectedConfig struct {
	Hostname     string
	Domainname   string
	User         string
	AttachStdin  bool
	AttachStdout bool
	AttachStderr bool
	ExposedPorts map[string]struct{} `json:",omitempty"`
	Tty          bool
	OpenStdin    bool
	StdinOnce    bool
	Env          []string
	Cmd          []string
	Healthcheck  *dockerspec.HealthcheckConfig `json:",omitempty"`
	ArgsEscaped  bool                          `json:",omitempty"`
	Image        string
	Volumes      map[string]struct{}
	WorkingDir   string
	Entrypoint   []string
	OnBuild      []string
	Labels       map[string]string
	StopSignal   string   `json:",omitempty"`
	Shell        []string `json:",omitempty"`
}

type inspectedImage struct {
	ID              string `json:"Id"`
	RepoTags        []string
	RepoDigests     []string
	Parent          string
	Comment         string
	Created         string           `json:",omitempty"`
	Container       *string          `json:",omitempty"`
	ContainerConfig *inspectedConfig `json:",omitempty"`
	DockerVersion   string
	Author          string
	Config          inspectedConfig
	Architecture    string
	Variant         string `json:",omitempty"`
	Os              string
	OsVersion       string `json:",omitempty"`
	Size            int64
	VirtualSize     *int64 `json:",omitempty"`
	GraphDriver     struct {
		Data map[string]string
		Name string
	}
	RootFS struct {
		Type   string
		Layers []string `json:",omitempty"`
	}
	Metadata struct{ LastTagTime time.Time }
}

func (i Images) inspect(w http.ResponseWriter, r *http.Request, name string) error {
	img, err := i.Store.Get(name)
	if err != nil {
		return err
	}
	config := img.Config
	inspected := inspectedImage{
		ID: img.ID.String(), RepoTags: img.RepoTags, RepoDigests: img.RepoDigests, Parent: img.Parent.String(),
		DockerVersion: config.DockerVersion, Author: config.Author, Config: inspectConfig(config.Config),
		Architecture: config.Architecture, Variant: config.Variant, Os: config.OS, OsVersion: config.OSVersion, Size: img.Size,
	}
	if inspected.Os == "" {
		inspected.Os = "linux"
	}
	if steps := len(config.History); steps > 0 {
		inspected.Comment = config.History[steps-1].Comment
	}
	if config.Created != nil {
		inspected.Created = config.Created.Format(time.RFC3339Nano)
	} else if isBefore(r, 44) {
		inspected.Created = time.Time{}.Format(time.RFC3339Nano)
	}
	if isBefore(r, 44) {
		inspected.VirtualSize = &img.Size
	}
	if isBefore(r, 45) {
		inspected.Container, inspected.ContainerConfig = &config.Container, &inspectedConfig{}
		if config.ContainerConfig != nil {
			*inspected.ContainerConfig = inspectConfig(*config.ContainerConfig)
		}
	}
	inspected.GraphDriver.Name = "overlay2"
	inspected.GraphDriver.Data = folders(i.Store, img)
	inspected.RootFS.Type = "layers"
	for _, diffID := range config.RootFS.DiffIDs {
		inspected.RootFS.Layers = append(inspected.RootFS.Layers, diffID.String())
	}
	inspected.Metadata.LastTagTime = img.LastTagged
	writeJSON(w, http.StatusOK, inspected)
	return nil
}

func folders(store *image.Store, img *image.Image) map[string]string {
	lower, upper := store.Folders(img.Config.RootFS.DiffIDs)
	if upper == "" {
		return nil
	}
	data := map[string]string{"UpperDir": upper + "/diff", "WorkDir": upper + "/work", "MergedDir": upper + "/merged"}
	if len(lower) > 0 {
		data["LowerDir"] = strings.Join(lower, ":")
	}
	return data
}

func inspectConfig(config image.RunConfig) inspectedConfig {
	return inspectedConfig{
		User: config.User, ExposedPorts: config.ExposedPorts, Env: config.Env, Cmd: config.Cmd,
		Healthcheck: config.Healthcheck, ArgsEscaped: config.ArgsEscaped, Volumes: config.Volumes,
		WorkingDir: config.WorkingDir, Entrypoint: config.Entrypoint, OnBuild: config.OnBuild, Labels: config.Labels,
		StopSignal: config.StopSignal, Shell: config.Shell,
	}
}
