package compose

import (
	"reflect"
	"slices"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	containertypes "github.com/moby/moby/api/types/container"
	mounttypes "github.com/moby/moby/api/types/mount"
	networktypes "github.com/moby/moby/api/types/network"
)

// requestFor is what makes container 2 of a file's service web.
func requestFor(t *testing.T, text string) *containertypes.CreateRequest {
	t.Helper()
	project := load(t, text)
	service := project.Services["web"]
	recipe := &recipe{
		project: project, service: service, number: 2, name: containerName(project, service, 2), hash: "HASH", image: "sha256:IMAGE",
		aliases: true, container: func(service string) (string, error) { return "id-of-" + service, nil },
	}
	request, err := recipe.request()
	if err != nil {
		t.Fatal(err)
	}
	return request
}

func TestLabels(t *testing.T) {
	labels := requestFor(t, "services: {db: {image: x}, web: {image: x, labels: [own=1], depends_on: [db]}}").Labels
	for name, value := range map[string]string{
		"own": "1", "com.docker.compose.project": "demo", "com.docker.compose.service": "web", "com.docker.compose.container-number": "2",
		"com.docker.compose.config-hash": "HASH", "com.docker.compose.oneoff": "False", "com.docker.compose.image": "sha256:IMAGE",
		"com.docker.compose.depends_on": "db:service_started:false", "com.docker.compose.version": Version,
	} {
		if labels[name] != value {
			t.Errorf("%s is %q, not %q", name, labels[name], value)
		}
	}
	if labels["com.docker.compose.project.config_files"] != labels["com.docker.compose.project.working_dir"]+"/compose.yaml" {
		t.Errorf("the file's labels are in %v", labels)
	}
}

func TestNetworksOfAContainer(t *testing.T) {
	request := requestFor(t, `
services:
  web:
    image: x
    networks: {front: {aliases: [www], ipv4_address: 10.1.0.9, priority: 5}, back: {}}
networks: {front: {}, back: {name: shared, external: true}}
`)
	if request.HostConfig.NetworkMode != "demo_front" {
		t.Errorf("the first network is %s", request.HostConfig.NetworkMode)
	}
	front, back := request.NetworkingConfig.EndpointsConfig["demo_front"], request.NetworkingConfig.EndpointsConfig["shared"]
	if front == nil || back == nil {
		t.Fatalf("it is connected with %v", request.NetworkingConfig.EndpointsConfig)
	}
	if !slices.Equal(front.Aliases, []string{"demo-web-2", "web", "www"}) || front.IPAMConfig.IPv4Address.String() != "10.1.0.9" {
		t.Errorf("front: %+v", front)
	}
	if !slices.Equal(back.Aliases, []string{"demo-web-2", "web"}) {
		t.Errorf("back: %+v", back)
	}
}

func TestDefaultNetwork(t *testing.T) {
	if mode := requestFor(t, plainService).HostConfig.NetworkMode; mode != "demo_default" {
		t.Errorf("the network is %s", mode)
	}
	request := requestFor(t, "services: {db: {image: x}, web: {image: x, network_mode: 'service:db', pid: 'service:db'}}")
	if request.HostConfig.NetworkMode != "container:id-of-db" || request.HostConfig.PidMode != "container:id-of-db" || request.NetworkingConfig != nil {
		t.Errorf("the namespaces are %s and %s, the networks %v", request.HostConfig.NetworkMode, request.HostConfig.PidMode, request.NetworkingConfig)
	}
}

func TestPorts(t *testing.T) {
	request := requestFor(t, "services: {web: {image: x, expose: ['70'], ports: ['80', '127.0.0.1:8080:80', '53:53/udp']}}")
	bindings := request.HostConfig.PortBindings
	if list := bindings[networktypes.MustParsePort("80/tcp")]; len(list) != 2 || list[1].HostPort != "8080" || list[1].HostIP.String() != "127.0.0.1" {
		t.Errorf("80/tcp is published at %v", list)
	}
	if list := bindings[networktypes.MustParsePort("53/udp")]; len(list) != 1 || list[0].HostPort != "53" {
		t.Errorf("53/udp is published at %v", list)
	}
	if len(request.ExposedPorts) != 3 {
		t.Errorf("it exposes %v", request.ExposedPorts)
	}
}

func TestMounts(t *testing.T) {
	request := requestFor(t, `
services:
  web:
    image: x
    volumes: ['data:/data', '/etc:/host:ro', '/scratch', {type: tmpfs, target: /t, tmpfs: {size: 1m}}]
    secrets: [s]
volumes: {data: {}}
secrets: {s: {file: /etc/hostname}}
`)
	byTarget := map[string]mounttypes.Mount{}
	for _, mount := range request.HostConfig.Mounts {
		byTarget[mount.Target] = mount
	}
	for target, want := range map[string]string{
		"/data": "volume demo_data false", "/host": "bind /etc true", "/scratch": "volume  false", "/t": "tmpfs  false", "/run/secrets/s": "bind /etc/hostname true",
	} {
		mount := byTarget[target]
		if got := string(mount.Type) + " " + mount.Source + map[bool]string{true: " true", false: " false"}[mount.ReadOnly]; got != want {
			t.Errorf("%s is %q, not %q", target, got, want)
		}
	}
}

func TestAnonymousVolumesAreInherited(t *testing.T) {
	service := load(t, "services: {web: {image: x, volumes: ['data:/data', '/scratch']}}\nvolumes: {data: {}}").Services["web"]
	inherited := anonymousVolumes(service, []containertypes.MountPoint{
		{Type: mounttypes.TypeVolume, Name: "demo_data", Destination: "/data"}, {Type: mounttypes.TypeVolume, Name: "aaa", Destination: "/scratch"},
		{Type: mounttypes.TypeVolume, Name: "bbb", Destination: "/of-the-image"}, {Type: mounttypes.TypeBind, Destination: "/host"},
	})
	if want := map[string]string{"/scratch": "aaa", "/of-the-image": "bbb"}; !reflect.DeepEqual(inherited, want) {
		t.Errorf("inherited are %v, not %v", inherited, want)
	}
}

func TestProcess(t *testing.T) {
	request := requestFor(t, `
services:
  web:
    image: x
    command: echo 'a b'
    entrypoint: []
    environment: {B: "2", A: "", C: null}
    healthcheck: {test: ["CMD", "true"], interval: 2s, retries: 4}
    restart: on-failure:3
    stop_grace_period: 1500ms
    deploy: {resources: {limits: {memory: 8M, cpus: "0.5", pids: 9}}}
`)
	if !slices.Equal(request.Cmd, []string{"echo", "a b"}) || request.Entrypoint == nil || len(request.Entrypoint) != 0 {
		t.Errorf("it runs %q with the entrypoint %#v", request.Cmd, request.Entrypoint)
	}
	if !slices.Equal(request.Env, []string{"A=", "B=2"}) && !slices.Equal(request.Env, []string{"A=", "B=2", "C"}) {
		t.Errorf("its variables are %q", request.Env)
	}
	if check := request.Healthcheck; check.Interval.String() != "2s" || check.Retries != 4 || !slices.Equal(check.Test, []string{"CMD", "true"}) {
		t.Errorf("its health is checked with %+v", check)
	}
	host := request.HostConfig
	if host.RestartPolicy.Name != containertypes.RestartPolicyOnFailure || host.RestartPolicy.MaximumRetryCount != 3 || *request.StopTimeout != 2 {
		t.Errorf("it restarts %+v and has %d seconds to stop", host.RestartPolicy, *request.StopTimeout)
	}
	if host.Memory != 8<<20 || host.NanoCPUs != 5e8 || *host.PidsLimit != 9 {
		t.Errorf("its limits are %+v", host.Resources)
	}
}

func TestProfilesAndScale(t *testing.T) {
	const text = "services: {web: {image: x}, debug: {image: x, profiles: [more]}, named: {image: x, container_name: only}}"
	if names := load(t, text).ServiceNames(); !slices.Equal(names, []string{"named", "web"}) {
		t.Errorf("without a profile there are %v", names)
	}
	project := load(t, text, "more")
	if names := project.ServiceNames(); !slices.Equal(names, []string{"debug", "named", "web"}) {
		t.Errorf("with the profile there are %v", names)
	}
	if err := Scale(project, map[string]int{"web": 3}); err != nil || scaleOf(project, "web") != 3 {
		t.Errorf("web is scaled to %d: %v", scaleOf(project, "web"), err)
	}
	for name, number := range map[string]int{"named": 2, "nobody": 1} {
		if err := Scale(project, map[string]int{name: number}); err == nil {
			t.Errorf("%s was scaled to %d", name, number)
		}
	}
}

func scaleOf(project *types.Project, name string) int {
	service := project.Services[name]
	return service.GetScale()
}
