package container

import (
	"encoding/json"
	"path"
	"strings"
	"testing"

	"github.com/moby/moby/api/types/container"

	"twinhull/engine/fault"
	"twinhull/engine/image"
	"twinhull/engine/runtime"
)

// FuzzCreateBody holds that a container that is asked for is refused with a sentence that blames the asker, or becomes an
// OCI configuration that can be written, and that no mount of it is anywhere but at an absolute path.
func FuzzCreateBody(f *testing.F) {
	for _, body := range []string{
		`{"Image":"x"}`,
		`{"Image":"x","Cmd":["a"],"Env":["A=b","C"],"ExposedPorts":{"80/tcp":{}},"HostConfig":{"PublishAllPorts":true}}`,
		`{"Cmd":"sh","HostConfig":{"Binds":["/a:/b:ro,z","v:/c","/d"],"PortBindings":{"80/tcp":[{"HostPort":"1-2"}],"5/udp":null}}}`,
		`{"Entrypoint":[""],"HostConfig":{"Mounts":[{"Type":"bind","Source":"/a","Target":"/b"},{"Type":"tmpfs","Target":"c"}]}}`,
		`{"HostConfig":{"Memory":7000000,"MemorySwap":-1,"NanoCpus":1,"CpusetCpus":"0-","Ulimits":[{"Name":"nofile","Soft":1}]}}`,
		`{"HostConfig":{"SecurityOpt":["seccomp={}","no-new-privileges","label=disable"],"CapAdd":["all"],"CapDrop":["NET_RAW"]}}`,
		`{"HostConfig":{"Devices":[{"PathOnHost":"/dev/null","CgroupPermissions":"r"}],"DeviceCgroupRules":["c 1:3 rwm","x"]}}`,
		`{"Healthcheck":{"Test":["CMD"],"Interval":1},"StopSignal":"99","HostConfig":{"LogConfig":{"Config":{"max-size":"1x"}}}}`,
		`{"HostConfig":{"Tmpfs":{"/t":"size=1k,mode=1777"},"RestartPolicy":{"Name":"on-failure","MaximumRetryCount":-1}}}`,
		`{"HostConfig":{"NetworkMode":"container:","PidMode":"host","IpcMode":"x","CgroupnsMode":"y","Privileged":true}}`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		var asked container.CreateRequest
		if json.Unmarshal([]byte(body), &asked) != nil {
			return
		}
		config, host := asked.Config, asked.HostConfig
		if config == nil {
			config = &container.Config{}
		}
		if host == nil {
			host = &container.HostConfig{}
		}
		var img image.RunConfig
		img.Env, img.Entrypoint, img.Labels = []string{"PATH=/bin"}, []string{"sh"}, map[string]string{"a": "b"}
		if refused(t, merge(config, img)) {
			return
		}
		if _, err := complete(config, host); refused(t, err) {
			return
		}
		var mounts []Mount
		take := func(mounted Mount, err error) {
			if !refused(t, err) {
				mounts = append(mounts, mounted)
			}
		}
		for _, bind := range host.Binds {
			take(parseBind(bind, host.VolumeDriver))
		}
		for _, wanted := range host.Mounts {
			take(parseMount(wanted))
		}
		for destination, options := range host.Tmpfs {
			take(tmpfsAt(destination, options))
		}
		for _, mounted := range mounts {
			if !path.IsAbs(mounted.Destination) || path.Clean(mounted.Destination) != mounted.Destination {
				t.Errorf("a mount at %q", mounted.Destination)
			}
		}
		wantedPorts(&Record{Config: config, HostConfig: host})
		spec, err := runtime.Spec(runtime.Wanted{
			ID: strings.Repeat("a", 64), Root: "/merged", Args: []string{"sh"}, Config: config, Host: host,
		})
		if err != nil {
			return
		}
		if _, err := json.Marshal(spec); err != nil {
			t.Errorf("the configuration cannot be written: %v", err)
		}
	})
}

// refused tells whether there is an error, which must be the asker's.
func refused(t *testing.T, err error) bool {
	t.Helper()
	if err == nil {
		return false
	}
	if fault.KindOf(err) == fault.Internal || strings.TrimSpace(err.Error()) == "" {
		t.Errorf("%q is blamed on the engine", err)
	}
	return true
}
