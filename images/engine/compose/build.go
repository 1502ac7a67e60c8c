package compose

import (
	"archive/tar"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"twinhull/engine/client/archive"
	"twinhull/engine/client/progress"
	"twinhull/engine/client/rest"
)

// BuildOptions are the flags of `docker compose build`.
type BuildOptions struct {
	NoCache, Pull, Quiet bool
	// Arguments come before those of the file: NAME=VALUE, or NAME for one of the environment.
	Arguments []string
}

// Build builds the images of all services that say how.
func (p *Project) Build(options BuildOptions) error {
	for _, name := range p.ServiceNames() {
		if p.Services[name].Build == nil {
			continue
		}
		if err := p.build(p.Services[name], options); err != nil {
			return err
		}
	}
	return nil
}

// strayDockerfile names, in the archive, a Dockerfile that is not below its context.
const strayDockerfile = ".dockerfile.compose"

// build sends a service's context to the engine.
func (p *Project) build(service types.ServiceConfig, options BuildOptions) error {
	build := service.Build
	if strings.Contains(build.Context, "://") || strings.HasPrefix(build.Context, "git@") {
		return fmt.Errorf("build service %s: the context %s is not a folder: fetch it first", service.Name, build.Context)
	}
	query := buildQuery(p.Project, service, options)
	context, dockerfile, err := buildContext(build)
	if err != nil {
		return fmt.Errorf("build service %s: %w", service.Name, err)
	}
	defer context.Close()
	query.Set("dockerfile", dockerfile)
	p.progress.phase(service.Name, "Building")
	answer, err := p.engine.stream(&rest.Request{
		Method: "POST", Path: "/build", Query: query, Stream: context, Header: map[string]string{
			"Content-Type": "application/x-tar", "X-Registry-Config": base64.URLEncoding.EncodeToString([]byte(jsonText(p.Credentials.Auths))),
		},
	})
	if err == nil {
		out := io.Writer(p.progress)
		if options.Quiet {
			out = io.Discard
		}
		err = progress.Show(answer, out, 0, nil)
		answer.Close()
	}
	if err != nil {
		return fmt.Errorf("build service %s: %w", service.Name, err)
	}
	p.progress.phase(service.Name, "Built")
	return nil
}

func buildQuery(project *types.Project, service types.ServiceConfig, options BuildOptions) url.Values {
	build := service.Build
	query := url.Values{"version": {"1"}, "rm": {"1"}, "t": append([]string{ImageName(project, service)}, build.Tags...)}
	for name, set := range map[string]bool{"nocache": options.NoCache || build.NoCache, "pull": options.Pull || build.Pull} {
		if set {
			query.Set(name, "1")
		}
	}
	for name, value := range map[string]string{"target": build.Target, "networkmode": build.Network, "platform": service.Platform} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if build.ShmSize != 0 {
		query.Set("shmsize", strconv.FormatInt(int64(build.ShmSize), 10))
	}
	if hosts := build.ExtraHosts.AsList(":"); len(hosts) > 0 {
		query["extrahosts"] = hosts
	}
	arguments := build.Args.Resolve(project.Environment.Resolve).OverrideBy(argumentsOf(options.Arguments, project.Environment))
	if len(arguments) > 0 {
		query.Set("buildargs", jsonText(arguments))
	}
	if len(build.Labels) > 0 {
		query.Set("labels", jsonText(build.Labels))
	}
	if len(build.CacheFrom) > 0 {
		query.Set("cachefrom", jsonText(build.CacheFrom))
	}
	return query
}

func argumentsOf(words []string, environment types.Mapping) types.MappingWithEquals {
	return types.NewMappingWithEquals(words).Resolve(environment.Resolve)
}

// buildContext packs a context, and names the Dockerfile in it.
func buildContext(build *types.BuildConfig) (io.ReadCloser, string, error) {
	ignore, err := readIgnore(build.Context)
	if err != nil {
		return nil, "", err
	}
	packing := archive.Packing{Source: build.Context, Name: ".", Ignore: ignore}
	name, text := build.Dockerfile, []byte(build.DockerfileInline)
	if name == "" {
		name = "Dockerfile"
	}
	if len(text) == 0 {
		inside := name
		if filepath.IsAbs(name) {
			if inside, err = filepath.Rel(build.Context, name); err != nil {
				return nil, "", err
			}
		}
		if inside != ".." && !strings.HasPrefix(inside, "../") {
			if ignore != nil {
				_ = ignore.Add("!" + inside)
			}
			return packing.Pack(), filepath.ToSlash(inside), nil
		}
		if !filepath.IsAbs(name) {
			name = filepath.Join(build.Context, name)
		}
		if text, err = os.ReadFile(name); err != nil {
			return nil, "", err
		}
	}
	return withFile(packing.Pack(), strayDockerfile, text), strayDockerfile, nil
}

func readIgnore(context string) (*archive.Ignore, error) {
	file, err := os.Open(filepath.Join(context, ".dockerignore"))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(context); err != nil {
			return nil, err
		}
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return archive.ParseIgnore(file)
}

// withFile adds a file to an archive.
func withFile(from io.ReadCloser, name string, text []byte) io.ReadCloser {
	reader, writer := io.Pipe()
	go func() {
		defer from.Close()
		to := tar.NewWriter(writer)
		err := to.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text))})
		if err == nil {
			_, err = to.Write(text)
		}
		if err == nil {
			err = archive.Copy(to, from, func(_ *tar.Header, content io.Reader) (io.Reader, error) { return content, nil })
		}
		if err == nil {
			err = to.Close()
		}
		writer.CloseWithError(err)
	}()
	return reader
}
