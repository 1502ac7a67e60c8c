package compose

import (
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	containertypes "github.com/moby/moby/api/types/container"
)

// recipe makes the body of POST /containers/create for one container of a service.
type recipe struct {
	project *types.Project
	service types.ServiceConfig
	// number is the container's; 0 for one of `run`.
	number int
	name   string
	hash   string
	// image is the id of the service's image.
	image string
	// inherited are volumes without a name, by their path, of the container that this one replaces.
	inherited map[string]string
	// aliases are whether other containers find it under its service's name.
	aliases bool
	// container finds the container of another service, for `network_mode: service:NAME` and the like.
	container func(service string) (string, error)
}

func (r *recipe) request() (*containertypes.CreateRequest, error) {
	service := r.service
	config := &containertypes.Config{
		Hostname: service.Hostname, Domainname: service.DomainName, User: service.User, WorkingDir: service.WorkingDir,
		Tty: service.Tty, OpenStdin: service.StdinOpen, StdinOnce: service.StdinOpen && service.Tty,
		AttachStdout: true, AttachStderr: true, Image: ImageName(r.project, service),
		Cmd: service.Command, Entrypoint: service.Entrypoint, Env: environment(service.Environment),
		Labels: r.labels(), StopSignal: service.StopSignal, Healthcheck: healthcheck(service.HealthCheck),
	}
	if service.StopGracePeriod != nil {
		seconds := int(math.Ceil(time.Duration(*service.StopGracePeriod).Seconds()))
		config.StopTimeout = &seconds
	}
	host, err := r.host()
	if err != nil {
		return nil, err
	}
	if err := r.ports(config, host); err != nil {
		return nil, err
	}
	if err := r.mounts(host); err != nil {
		return nil, err
	}
	request := &containertypes.CreateRequest{Config: config, HostConfig: host}
	request.NetworkingConfig, err = r.endpoints(host)
	return request, err
}

func (r *recipe) labels() map[string]string {
	labels := map[string]string{}
	maps.Copy(labels, r.service.Labels)
	maps.Copy(labels, r.service.CustomLabels)
	labels[labelHash], labels[labelDependsOn] = r.hash, dependsOnText(r.service)
	if r.image != "" {
		labels[labelImage] = r.image
	}
	if r.number > 0 {
		labels[labelNumber] = strconv.Itoa(r.number)
	}
	return labels
}

// dependsOnText is labelDependsOn: SERVICE:CONDITION:RESTART, with commas between.
func dependsOnText(service types.ServiceConfig) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(service.DependsOn)) {
		dependency := service.DependsOn[name]
		list = append(list, fmt.Sprintf("%s:%s:%t", name, dependency.Condition, dependency.Restart))
	}
	return strings.Join(list, ",")
}

func environment(variables types.MappingWithEquals) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if value := variables[name]; value != nil {
			list = append(list, name+"="+*value)
		} else {
			list = append(list, name)
		}
	}
	return list
}

func healthcheck(check *types.HealthCheckConfig) *containertypes.HealthConfig {
	if check == nil {
		return nil
	}
	if check.Disable {
		return &containertypes.HealthConfig{Test: []string{"NONE"}}
	}
	config := &containertypes.HealthConfig{
		Test: check.Test, Interval: duration(check.Interval), Timeout: duration(check.Timeout),
		StartPeriod: duration(check.StartPeriod), StartInterval: duration(check.StartInterval),
	}
	if check.Retries != nil {
		config.Retries = int(*check.Retries)
	}
	return config
}

func duration(value *types.Duration) time.Duration {
	if value == nil {
		return 0
	}
	return time.Duration(*value)
}

// host is what the container gets of the machine.
func (r *recipe) host() (*containertypes.HostConfig, error) {
	service := r.service
	host := &containertypes.HostConfig{
		Annotations: service.Annotations, CapAdd: service.CapAdd, CapDrop: service.CapDrop,
		CgroupnsMode: containertypes.CgroupnsMode(service.Cgroup), DNSOptions: service.DNSOpts, DNSSearch: service.DNSSearch,
		ExtraHosts: service.ExtraHosts.AsList(":"), GroupAdd: service.GroupAdd, OomScoreAdj: int(service.OomScoreAdj),
		Privileged: service.Privileged, ReadonlyRootfs: service.ReadOnly, SecurityOpt: service.SecurityOpt,
		StorageOpt: service.StorageOpt, UTSMode: containertypes.UTSMode(service.Uts), UsernsMode: containertypes.UsernsMode(service.UserNSMode),
		ShmSize: int64(service.ShmSize), Sysctls: service.Sysctls, Runtime: service.Runtime, Init: service.Init,
		LogConfig: logging(service), RestartPolicy: restartPolicy(service), Resources: resources(service), VolumeDriver: service.VolumeDriver,
	}
	for _, text := range service.DNS {
		address, err := netip.ParseAddr(text)
		if err != nil {
			return nil, fmt.Errorf("service %q: dns: %w", service.Name, err)
		}
		host.DNS = append(host.DNS, address)
	}
	for _, text := range service.Tmpfs {
		path, options, _ := strings.Cut(text, ":")
		if host.Tmpfs == nil {
			host.Tmpfs = map[string]string{}
		}
		host.Tmpfs[path] = options
	}
	for _, mode := range []struct {
		text string
		set  func(string)
	}{
		{service.Ipc, func(text string) { host.IpcMode = containertypes.IpcMode(text) }},
		{service.Pid, func(text string) { host.PidMode = containertypes.PidMode(text) }},
		{service.NetworkMode, func(text string) { host.NetworkMode = containertypes.NetworkMode(text) }},
	} {
		text, err := r.namespace(mode.text)
		if err != nil {
			return nil, err
		}
		mode.set(text)
	}
	return host, nil
}

// namespace turns service:NAME into container:ID.
func (r *recipe) namespace(mode string) (string, error) {
	name, found := strings.CutPrefix(mode, types.ServicePrefix)
	if !found {
		return mode, nil
	}
	id, err := r.container(name)
	if err != nil {
		return "", fmt.Errorf("service %q shares a namespace with %q: %w", r.service.Name, name, err)
	}
	return types.ContainerPrefix + id, nil
}

func logging(service types.ServiceConfig) containertypes.LogConfig {
	if service.Logging != nil {
		return containertypes.LogConfig{Type: service.Logging.Driver, Config: service.Logging.Options}
	}
	return containertypes.LogConfig{Type: service.LogDriver, Config: service.LogOpt}
}

// restartPolicy reads `restart:`, else `deploy.restart_policy`.
func restartPolicy(service types.ServiceConfig) containertypes.RestartPolicy {
	if service.Restart != "" {
		mode, count, _ := strings.Cut(service.Restart, ":")
		attempts, _ := strconv.Atoi(count)
		return containertypes.RestartPolicy{Name: containertypes.RestartPolicyMode(mode), MaximumRetryCount: attempts}
	}
	if service.Deploy == nil || service.Deploy.RestartPolicy == nil {
		return containertypes.RestartPolicy{}
	}
	policy := containertypes.RestartPolicy{Name: containertypes.RestartPolicyMode(service.Deploy.RestartPolicy.Condition)}
	switch policy.Name {
	case "", "any":
		policy.Name = containertypes.RestartPolicyAlways
	case "none":
		policy.Name = containertypes.RestartPolicyDisabled
	}
	if attempts := service.Deploy.RestartPolicy.MaxAttempts; attempts != nil && policy.Name == containertypes.RestartPolicyOnFailure {
		policy.MaximumRetryCount = int(*attempts)
	}
	return policy
}

// parseDependsOn reads labelDependsOn.
func parseDependsOn(text string) types.DependsOnConfig {
	config := types.DependsOnConfig{}
	for _, word := range strings.Split(text, ",") {
		parts := strings.Split(word, ":")
		if parts[0] == "" {
			continue
		}
		dependency := types.ServiceDependency{Condition: types.ServiceConditionStarted, Required: true}
		if len(parts) > 1 && parts[1] != "" {
			dependency.Condition = parts[1]
		}
		dependency.Restart = len(parts) > 2 && parts[2] == "true"
		config[parts[0]] = dependency
	}
	return config
}
