package compose

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"twinhull/engine/client/config"
	"twinhull/engine/client/progress"
	"twinhull/engine/client/reference"
	"twinhull/engine/client/rest"
)

// imageID asks for the id of an image; "" if the engine does not have it.
func (p *Project) imageID(name string) (string, error) {
	var image struct {
		ID string `json:"Id"`
	}
	err := p.engine.get("/images/"+name+"/json", nil, &image)
	if rest.IsNotFound(err) {
		return "", nil
	}
	return image.ID, err
}

// ImageOptions are how `up`, `create` and `run` come by images.
type ImageOptions struct {
	// Pull is "always", "missing", "never" or, for what the file says, "".
	Pull string
	// Build builds what can be built; NoBuild never does.
	Build, NoBuild bool
	// Quiet leaves out the layers of what is pulled.
	Quiet bool
}

// ensureImages sees to it that there is an image for every service, and returns their ids.
func (p *Project) ensureImages(options ImageOptions) (map[string]string, error) {
	ids, fetched := map[string]string{}, map[string]string{}
	for _, name := range p.ServiceNames() {
		service := p.Services[name]
		image := ImageName(p.Project, service)
		if id, done := fetched[image]; done && service.Build == nil {
			ids[name] = id
			continue
		}
		id, err := p.ensureImage(service, image, options)
		if err != nil {
			return nil, err
		}
		ids[name], fetched[image] = id, id
	}
	return ids, nil
}

func (p *Project) ensureImage(service types.ServiceConfig, image string, options ImageOptions) (string, error) {
	id, err := p.imageID(image)
	if err != nil {
		return "", err
	}
	policy := options.Pull
	if policy == "" || policy == "policy" {
		policy = service.PullPolicy
	}
	switch {
	case service.Build != nil && !options.NoBuild && (options.Build || policy == types.PullPolicyBuild || id == ""):
		err = p.build(service, BuildOptions{})
	case service.Build != nil && id == "":
		return "", fmt.Errorf("image %s of service %s has not been built: leave out --no-build", image, service.Name)
	case service.Build == nil && (policy == types.PullPolicyAlways || id == "" && policy != types.PullPolicyNever):
		err = p.pull(service, image, options.Quiet)
	default:
		return id, nil
	}
	if err != nil {
		return "", err
	}
	return p.imageID(image)
}

// Pull fetches the images of all services.
func (p *Project) Pull(ignoreFailures, ignoreBuildable, quiet bool) error {
	fetched := map[string]bool{}
	for _, name := range p.ServiceNames() {
		service := p.Services[name]
		if service.Image == "" || fetched[service.Image] || ignoreBuildable && service.Build != nil {
			p.progress.phase(name, "Skipped")
			continue
		}
		fetched[service.Image] = true
		if err := p.pull(service, service.Image, quiet); err != nil {
			// A service that can be built need not be anywhere.
			if !ignoreFailures && service.Build == nil {
				return err
			}
			fmt.Fprintf(p.progress, "%v\n", err)
		}
	}
	return nil
}

func (p *Project) pull(service types.ServiceConfig, image string, quiet bool) error {
	p.progress.phase(service.Name, "Pulling")
	name, tag, digest := reference.Split(image)
	if digest != "" {
		tag = digest
	} else if tag == "" {
		tag = "latest"
	}
	query := url.Values{"fromImage": {name}, "tag": {tag}}
	if service.Platform != "" {
		query.Set("platform", service.Platform)
	}
	answer, err := p.engine.stream(&rest.Request{
		Method: "POST", Path: "/images/create", Query: query, Header: map[string]string{"X-Registry-Auth": p.auth(name)},
	})
	if err == nil {
		out := io.Writer(p.progress)
		if quiet {
			out = io.Discard
		}
		err = progress.Show(answer, out, 0, nil)
		answer.Close()
	}
	if err != nil {
		p.progress.phase(service.Name, "Error")
		return fmt.Errorf("pull %s for service %s: %w", image, service.Name, err)
	}
	p.progress.phase(service.Name, "Pulled")
	return nil
}

// auth is the X-Registry-Auth header for an image's registry.
func (p *Project) auth(image string) string {
	server := reference.Domain(image)
	if server == "docker.io" {
		server = config.IndexServer
	}
	return p.Credentials.AuthOf(server).Header()
}

// Image is one row of `docker compose images`.
type Image struct {
	ID            string
	ContainerName string
	Repository    string
	Tag           string
	Size          int64
}

// Images lists the images of the project's containers.
func (p *Project) Images(services []string) ([]Image, error) {
	containers, err := p.engine.containers(selection{project: p.Name, services: services, stopped: true, oneOff: true})
	if err != nil {
		return nil, err
	}
	var list []Image
	for _, c := range containers {
		var image struct {
			RepoTags []string
			Size     int64
		}
		if err := p.engine.get("/images/"+rest.Escape(c.ImageID)+"/json", nil, &image); err != nil && !rest.IsNotFound(err) {
			return nil, err
		}
		row := Image{ID: c.ImageID, ContainerName: c.Name(), Size: image.Size}
		name := c.Image
		if len(image.RepoTags) > 0 && !slices.Contains(image.RepoTags, name) {
			name = image.RepoTags[0]
		}
		row.Repository, row.Tag, _ = reference.Split(name)
		if row.Tag == "" && !strings.HasPrefix(name, "sha256:") {
			row.Tag = "latest"
		}
		list = append(list, row)
	}
	return list, nil
}

// removeImages removes the images of services: all of them, or only those that have no name in the file.
func (p *Project) removeImages(kind string) error {
	names := map[string]bool{}
	for _, service := range p.AllServices() {
		if kind == "all" || service.Image == "" && service.Build != nil {
			names[ImageName(p.Project, service)] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		what := "Image " + name
		p.progress.event(what, "Removing")
		err := p.engine.remove("/images/"+name, nil)
		switch refused, _ := err.(*rest.Error); {
		case err == nil:
			p.progress.event(what, "Removed")
		case refused != nil && refused.Status == 409:
			p.progress.event(what, "Resource is still in use")
		case rest.IsNotFound(err):
			p.progress.event(what, "Warning: No resource found to remove")
		default:
			return fmt.Errorf("remove image %s: %w", name, err)
		}
	}
	return nil
}

func jsonText(value any) string {
	raw, _ := json.Marshal(value)
	return string(raw)
}
