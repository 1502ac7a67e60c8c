package api

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/distribution/reference"
	"github.com/moby/moby/api/types/container"

	"twinhull/engine/build"
	"twinhull/engine/distribution"
	"twinhull/engine/events"
	"twinhull/engine/fault"
)

// Build is what the routes of builds work on.
type Build struct {
	Builder    *build.Builder
	Registries Distribution
	Events     *events.Bus
}

// AddBuild adds the routes of builds.
func (r *Router) AddBuild(b Build) {
	r.Handle("POST /build", b.build)
	r.Handle("POST /build/prune", b.prune)
	for _, route := range []string{"POST /session", "POST /grpc", "POST /build/cancel"} {
		r.Handle(route, func(http.ResponseWriter, *http.Request) error { return errBuildKit })
	}
}

var errBuildKit = fault.New(fault.NotImplemented, "this engine has the classic builder, not BuildKit: set DOCKER_BUILDKIT=0 and "+
	"build again")

// errRemote answers contexts that are an address.
var errRemote = fault.New(fault.Invalid, "this engine builds from a directory of yours, not from an address: fetch the files, "+
	"then docker build DIRECTORY")

func (b Build) build(w http.ResponseWriter, r *http.Request) error {
	options, err := buildOptions(r)
	if err != nil {
		return err
	}
	options.Pull = b.pull(r.Header.Get("X-Registry-Config"))
	w.Header().Set("Content-Type", "application/json")
	told := flushed{w, http.NewResponseController(w)}
	output := build.NewOutput(told)
	quiet := flag(r, "q")
	var kept bytes.Buffer
	progress := output
	if quiet {
		progress = build.NewOutput(&kept)
	}
	id, err := b.Builder.Build(r.Context(), options, r.Body, progress)
	if err != nil {
		if quiet && kept.Len() > 0 {
			_, _ = output.Progress().Write(kept.Bytes())
		}
		if !output.Begun() {
			return err
		}
		// Who does not read this any more has left.
		_ = output.Error(err)
		return nil
	}
	if quiet {
		fmt.Fprintln(output.Stdout(), id)
	}
	return nil
}

// flushed sends every line at once.
type flushed struct {
	io.Writer
	controller *http.ResponseController
}

func (f flushed) Write(line []byte) (int, error) {
	written, err := f.Writer.Write(line)
	if err == nil {
		err = f.controller.Flush()
	}
	return written, err
}

// pull fetches what FROM names, with the credentials that the client has for its registry.
func (b Build) pull(header string) build.Pull {
	if b.Registries.Client == nil {
		return nil
	}
	return func(ctx context.Context, name reference.Named, progress io.Writer) error {
		output := distribution.NewOutput(progress)
		credentials := credentialsFor(reference.Domain(name), header)
		err := b.Registries.Client.Pull(ctx, name, credentials, nil, transferred{b.Registries.Images}, output)
		if err == nil {
			b.Registries.publish("pull", name)
		}
		return err
	}
}

// credentialsFor reads X-Registry-Config: credentials by registry, in base64. What cannot be read counts as none.
func credentialsFor(registry, header string) distribution.Credentials {
	var all map[string]json.RawMessage
	text, err := base64.URLEncoding.DecodeString(header)
	if err != nil || json.Unmarshal(text, &all) != nil {
		return distribution.Credentials{}
	}
	if registry == "docker.io" {
		registry = "https://index.docker.io/v1/"
	}
	return distribution.ParseCredentials(base64.RawURLEncoding.EncodeToString(all[registry]))
}

// buildOptions reads the parameters of POST /build.
func buildOptions(r *http.Request) (build.Options, error) {
	query := r.URL.Query()
	options := build.Options{
		Dockerfile: query.Get("dockerfile"), Tags: query["t"], Target: query.Get("target"),
		NoCache: flag(r, "nocache"), PullAlways: flag(r, "pull"),
		ForceRemove: flag(r, "forcerm"), Keep: query.Get("rm") != "" && !flag(r, "rm"),
	}
	switch version := query.Get("version"); version {
	case "", "1":
	case "2":
		return options, errBuildKit
	default:
		return options, fault.New(fault.Invalid, "invalid version %q", version)
	}
	if query.Get("remote") != "" {
		return options, errRemote
	}
	if flag(r, "squash") {
		return options, fault.New(fault.Invalid, "squash is only supported with experimental mode")
	}
	if len(query["securityopt"]) > 0 {
		return options, fault.New(fault.Invalid, "security options are not supported on linux")
	}
	for name, value := range map[string]any{
		"buildargs": &options.Arguments, "labels": &options.Labels, "cachefrom": &options.CacheFrom,
		"ulimits": &options.Host.Ulimits,
	} {
		text := query.Get(name)
		if text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(text), value); err != nil {
			return options, fault.New(fault.Invalid, "error reading %s: %w", name, err)
		}
	}
	return options, buildResources(query, &options.Host)
}

// buildResources reads what limits the containers of a build.
func buildResources(query url.Values, host *container.HostConfig) error {
	for name, value := range map[string]*int64{
		"memory": &host.Memory, "memswap": &host.MemorySwap, "cpushares": &host.CPUShares, "cpuperiod": &host.CPUPeriod,
		"cpuquota": &host.CPUQuota, "shmsize": &host.ShmSize,
	} {
		text := query.Get(name)
		if text == "" {
			continue
		}
		number, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return fault.New(fault.Invalid, "%s is a number, not %q", name, text)
		}
		*value = number
	}
	host.CpusetCpus, host.CpusetMems = query.Get("cpusetcpus"), query.Get("cpusetmems")
	host.CgroupParent, host.ExtraHosts = query.Get("cgroupparent"), query["extrahosts"]
	host.NetworkMode = container.NetworkMode(query.Get("networkmode"))
	return nil
}

func (b Build) prune(w http.ResponseWriter, _ *http.Request) error {
	// The classic builder's cache are images: `docker image prune` removes what no name leads to.
	b.Events.Publish("builder", "prune", "", map[string]string{"reclaimed": "0"})
	writeJSON(w, http.StatusOK, map[string]any{"CachesDeleted": nil, "SpaceReclaimed": 0})
	return nil
}
