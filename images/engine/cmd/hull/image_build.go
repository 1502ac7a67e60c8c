package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/docker/go-units"

	"twinhull/engine/client/command"
	"twinhull/engine/client/copying"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/options"
	"twinhull/engine/client/progress"
	"twinhull/engine/client/reference"
	"twinhull/engine/client/rest"
)

var buildImage = command.Command{
	Usage: []string{"[OPTIONS] PATH | URL | -"}, Short: "Build an image from a Dockerfile",
	Synonyms: "docker image build, docker build, docker builder build",
	Flags: flag.Set{{
		{Name: "add-host", Type: "list", Usage: `Add a custom host-to-IP mapping ("host:ip")`},
		{Name: "build-arg", Type: "list", Usage: "Set build-time variables"},
		{Name: "cache-from", Type: "strings", Usage: "Images to consider as cache sources"},
		{Name: "cgroup-parent", Type: "string", Usage: `Set the parent cgroup for the "RUN" instructions during build`},
		{Name: "compress", Usage: "Compress the build context using gzip"},
		{Name: "cpu-period", Type: "int", Usage: "Limit the CPU CFS (Completely Fair Scheduler) period"},
		{Name: "cpu-quota", Type: "int", Usage: "Limit the CPU CFS (Completely Fair Scheduler) quota"},
		{Name: "cpu-shares", Short: "c", Type: "int", Usage: "CPU shares (relative weight)"},
		{Name: "cpuset-cpus", Type: "string", Usage: "CPUs in which to allow execution (0-3, 0,1)"},
		{Name: "cpuset-mems", Type: "string", Usage: "MEMs in which to allow execution (0-3, 0,1)"},
		{Name: "disable-content-trust", Default: "true", Usage: "Skip image verification"},
		{Name: "file", Short: "f", Type: "string", Usage: `Name of the Dockerfile (Default is "PATH/Dockerfile")`},
		{Name: "force-rm", Usage: "Always remove intermediate containers"},
		{Name: "iidfile", Type: "string", Usage: "Write the image ID to the file"},
		{Name: "isolation", Type: "string", Usage: "Container isolation technology"},
		{Name: "label", Type: "list", Usage: "Set metadata for an image"},
		{Name: "memory", Short: "m", Type: "bytes", Usage: "Memory limit", Check: options.CheckBytes},
		{Name: "memory-swap", Type: "bytes", Usage: "Swap limit equal to memory plus swap: -1 to enable unlimited swap", Check: options.CheckSwap},
		{Name: "network", Type: "string", Default: "default", Usage: "Set the networking mode for the RUN instructions during build"},
		{Name: "no-cache", Usage: "Do not use cache when building the image"},
		{Name: "platform", Type: "string", Usage: "Set platform if server is multi-platform capable"},
		{Name: "pull", Usage: "Always attempt to pull a newer version of the image"},
		{Name: "quiet", Short: "q", Usage: "Suppress the build output and print image ID on success"},
		{Name: "rm", Default: "true", Usage: "Remove intermediate containers after a successful build"},
		{Name: "security-opt", Type: "strings", Usage: "Security options"},
		{Name: "shm-size", Type: "bytes", Usage: `Size of "/dev/shm"`, Check: options.CheckBytes},
		{Name: "squash", Usage: "Squash newly built layers into a single new layer", Hidden: true},
		{Name: "tag", Short: "t", Type: "list", Usage: `Name and optionally a tag in the "name:tag" format`, Check: reference.Check},
		{Name: "target", Type: "string", Usage: "Set the target build stage to build."},
		{Name: "ulimit", Type: "ulimit", Default: "[]", Usage: "Ulimit options"},
	}},
	Min: 1, Max: 1, Complete: "file", Run: imageBuild,
}

func imageBuild(call *command.Call) error {
	if path := call.String("iidfile"); path != "" {
		// What an earlier build left must not pass for this one's.
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("removing image ID file: %w", err)
		}
	}
	query, err := buildQuery(call)
	if err != nil {
		return err
	}
	context, dockerfile, err := openBuildContext(call)
	if err != nil {
		return err
	}
	defer context.Close()
	query.Set("dockerfile", dockerfile)
	sent := &copying.Counter{Reader: context}
	request := &rest.Request{Method: "POST", Path: "/build", Query: query, Stream: sent, Header: map[string]string{
		"Content-Type": "application/x-tar", "X-Registry-Config": registryConfig(call),
	}}
	response, err := call.Engine().Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return showBuild(call, response, sent)
}

// showBuild prints what the engine says; with -q only the image's id.
func showBuild(call *command.Call, response *rest.Response, sent *copying.Counter) error {
	out, quiet := call.Out, call.Bool("quiet")
	var kept strings.Builder
	if quiet {
		out = &kept
	} else {
		fmt.Fprintf(out, "Sending build context to Docker daemon  %s\r\r\n", units.HumanSize(float64(sent.Count)))
	}
	id := ""
	err := progress.Show(response.Body, out, columnsOf(out), func(raw json.RawMessage) error {
		var result struct{ ID string }
		if err := json.Unmarshal(raw, &result); err != nil {
			return fmt.Errorf("failed to parse aux message: %w", err)
		}
		id = result.ID
		return nil
	})
	if err != nil {
		if quiet {
			fmt.Fprint(call.Err, kept.String())
		}
		var cause *progress.Cause
		if errors.As(err, &cause) {
			return command.Fail(max(cause.Code, 1), "%s", cause.Message)
		}
		return err
	}
	if quiet {
		id = kept.String()
		fmt.Fprint(call.Out, id)
	}
	path := call.String("iidfile")
	if path == "" {
		return nil
	}
	if id == "" {
		return fmt.Errorf("server did not provide an image ID. Cannot write %s", path)
	}
	return os.WriteFile(path, []byte(id), 0o666)
}

// registryConfig is what the engine may need of our credentials to fetch base images.
func registryConfig(call *command.Call) string {
	raw, _ := json.Marshal(call.Config().Auths)
	return base64.URLEncoding.EncodeToString(raw)
}

// given is a flag's value if it was given: the engine knows the default.
func given(call *command.Call, name string) string {
	if !call.Has(name) {
		return ""
	}
	return call.String(name)
}

func buildQuery(call *command.Call) (url.Values, error) {
	query := queryOf("version", "1", "q", truth(call.Bool("quiet")), "nocache", truth(call.Bool("no-cache")),
		"forcerm", truth(call.Bool("force-rm")), "pull", truth(call.Bool("pull")), "squash", truth(call.Bool("squash")),
		"target", call.String("target"), "platform", call.String("platform"), "networkmode", given(call, "network"),
		"cpusetcpus", call.String("cpuset-cpus"), "cpusetmems", call.String("cpuset-mems"),
		"cgroupparent", call.String("cgroup-parent"), "isolation", call.String("isolation"))
	if !call.Bool("rm") {
		query.Set("rm", "0")
	}
	for _, tag := range call.List("tag") {
		query.Add("t", tag)
	}
	for name, parameter := range map[string]string{"cpu-shares": "cpushares", "cpu-quota": "cpuquota", "cpu-period": "cpuperiod"} {
		if value := call.Int(name); value != 0 {
			query.Set(parameter, strconv.FormatInt(value, 10))
		}
	}
	for name, parameter := range map[string]string{"memory": "memory", "memory-swap": "memswap", "shm-size": "shmsize"} {
		if value := options.Bytes(call.Values, name); value != 0 {
			query.Set(parameter, strconv.FormatInt(value, 10))
		}
	}
	for parameter, list := range map[string][]string{"extrahosts": call.List("add-host"), "securityopt": call.List("security-opt")} {
		if list != nil {
			query[parameter] = list
		}
	}
	arguments := map[string]*string{}
	for _, word := range append(proxyVariables(call, call.List("build-arg")), call.List("build-arg")...) {
		name, value, found := strings.Cut(word, "=")
		if !found {
			value, found = os.LookupEnv(name)
		}
		arguments[name] = nil
		if found {
			arguments[name] = &value
		}
	}
	ulimits, err := options.ParseUlimits(call.List("ulimit"))
	if err != nil {
		return nil, err
	}
	for parameter, value := range map[string]any{
		"buildargs": arguments, "labels": call.Map("label"), "cachefrom": call.List("cache-from"), "ulimits": ulimits,
	} {
		raw, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		if text := string(raw); text != "null" && text != "{}" {
			query.Set(parameter, text)
		}
	}
	return query, nil
}
