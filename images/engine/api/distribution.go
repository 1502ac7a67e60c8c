package api

import (
	"context"
	"io"
	"maps"
	"net/http"
	"strings"

	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"twinhull/engine/distribution"
	"twinhull/engine/events"
	"twinhull/engine/fault"
	"twinhull/engine/image"
)

// Distribution is what the routes of registries work on. Pull and Push, whose paths are those of images, are found by
// the routes of images.
type Distribution struct {
	Client *distribution.Client
	Images *image.Store
	Events *events.Bus
}

// AddDistribution adds the routes of registries that are not below those of images.
func (r *Router) AddDistribution(d Distribution) {
	r.Handle("POST /auth", d.logIn)
	r.Handle("GET /distribution/{name...}", d.inspect)
	r.Handle("GET /images/search", searchHub)
}

// Pull answers POST /images/create?fromImage=. An error is the answer's status if nothing was printed before it.
func (d Distribution) Pull(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	name, err := withTag(strings.TrimSuffix(query.Get("fromImage"), ":"), query.Get("tag"))
	if err != nil {
		return err
	}
	if reference.FamiliarName(name) == "scratch" {
		return fault.New(fault.Forbidden, "'scratch' is a reserved name")
	}
	platform, err := parsePlatform(query.Get("platform"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	output := distribution.NewOutput(w)
	err = d.Client.Pull(r.Context(), name, credentialsOf(r), platform, transferred{d.Images}, output)
	if err == nil {
		d.publish("pull", name)
	}
	return conclude(output, err)
}

// PullQuietly pulls an image that somebody other than a client needs.
func (d Distribution) PullQuietly(ctx context.Context, image string) error {
	name, err := withTag(image, "")
	if err != nil {
		return err
	}
	return d.Client.Pull(ctx, name, distribution.Credentials{}, nil, transferred{d.Images}, distribution.NewOutput(io.Discard))
}

// Push answers POST /images/NAME/push.
func (d Distribution) Push(w http.ResponseWriter, r *http.Request, image string) error {
	name, err := withTag(image, r.URL.Query().Get("tag"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	output := distribution.NewOutput(w)
	err = d.Client.Push(r.Context(), name, credentialsOf(r), transferred{d.Images}, output)
	if err == nil {
		d.publish("push", name)
	}
	return conclude(output, err)
}

func (d Distribution) publish(action string, name reference.Named) {
	attributes := map[string]string{}
	if found, err := d.Images.Get(name.String()); err == nil {
		maps.Copy(attributes, found.Config.Config.Labels)
	}
	attributes["name"] = reference.FamiliarName(name)
	d.Events.Publish("image", action, reference.FamiliarString(name), attributes)
}

// conclude tells an error in the output if that has begun.
func conclude(output *distribution.Output, err error) error {
	if err == nil || !output.Written() {
		return err
	}
	output.Error(err)
	return nil
}

func credentialsOf(r *http.Request) distribution.Credentials {
	return distribution.ParseCredentials(r.Header.Get("X-Registry-Auth"))
}

// withTag reads an image's name, with the tag or digest that came beside it.
func withTag(image, tag string) (reference.Named, error) {
	name, err := reference.ParseNormalizedNamed(image)
	if err == nil && tag != "" {
		if parsed, notDigest := digest.Parse(tag); notDigest == nil {
			name, err = reference.WithDigest(reference.TrimNamed(name), parsed)
		} else {
			name, err = reference.WithTag(reference.TrimNamed(name), tag)
		}
	}
	return name, fault.As(fault.Invalid, err)
}

// parsePlatform reads os/architecture/variant; nil if none was given.
func parsePlatform(text string) (*ocispec.Platform, error) {
	if text == "" {
		return nil, nil
	}
	parts := strings.Split(strings.ToLower(text), "/")
	switch len(parts) {
	case 1:
		if parts[0] == "linux" {
			return &ocispec.Platform{OS: "linux", Architecture: "386"}, nil
		}
		return &ocispec.Platform{OS: "linux", Architecture: parts[0]}, nil
	case 2:
		return &ocispec.Platform{OS: parts[0], Architecture: parts[1]}, nil
	case 3:
		return &ocispec.Platform{OS: parts[0], Architecture: parts[1], Variant: parts[2]}, nil
	}
	return nil, fault.New(fault.Invalid, "%q is an invalid platform: write os/architecture, for example linux/386", text)
}

func (d Distribution) logIn(w http.ResponseWriter, r *http.Request) error {
	var credentials distribution.Credentials
	if err := readJSON(r, &credentials); err != nil {
		return err
	}
	if err := d.Client.Login(r.Context(), credentials); err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]string{"Status": "Login Succeeded", "IdentityToken": ""})
	return nil
}

func (d Distribution) inspect(w http.ResponseWriter, r *http.Request) error {
	image, found := strings.CutSuffix(r.PathValue("name"), "/json")
	if !found {
		return errPage
	}
	name, err := withTag(image, "")
	if err != nil {
		return err
	}
	described, err := d.Client.Inspect(r.Context(), name, credentialsOf(r))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, described)
	return nil
}

func searchHub(http.ResponseWriter, *http.Request) error {
	return fault.New(fault.NotImplemented, "search asks Docker Hub's own index, which this engine does not reach: "+
		"the images of a registry are listed at its address below /v2/_catalog")
}
