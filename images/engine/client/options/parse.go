package options

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"twinhull/engine/client/flag"
)

// Parse makes the request of the flags and of the image and command after them.
func Parse(values *flag.Values, arguments []string) (*Request, error) {
	request := &Request{
		Hostname: values.String("hostname"), Domainname: values.String("domainname"), User: values.String("user"),
		Tty: values.Bool("tty"), OpenStdin: values.Bool("interactive"), Image: arguments[0], Cmd: arguments[1:],
		WorkingDir: values.String("workdir"), StopSignal: values.String("stop-signal"),
	}
	if err := checkMAC(values.String("mac-address")); err != nil {
		return nil, err
	}
	attach(request, values)
	if values.Has("entrypoint") {
		// An empty entrypoint removes the image's.
		request.Entrypoint = []string{values.String("entrypoint")}
	}
	if values.Has("stop-timeout") {
		timeout := values.Int("stop-timeout")
		request.StopTimeout = &timeout
	}
	if swappiness := values.Int("memory-swappiness"); swappiness < -1 || swappiness > 100 {
		return nil, fmt.Errorf("invalid value: %d. Valid memory swappiness range is 0-100", swappiness)
	}
	for _, part := range [...]func(*Request, *flag.Values) error{
		parseVolumes, parsePorts, parseDevices, parseVariables, parseNamespaces, parseRestart, parseLogging,
		parseSecurity, parseStorage, parseHealth, parseHost, parseLimits, parseNetworks,
	} {
		if err := part(request, values); err != nil {
			return nil, err
		}
	}
	return request, nil
}

// attach decides which streams the client follows: all outputs unless some streams are named.
func attach(request *Request, values *flag.Values) {
	named := values.List("attach")
	for _, stream := range named {
		switch strings.ToLower(stream) {
		case "stdin":
			request.AttachStdin = true
		case "stdout":
			request.AttachStdout = true
		case "stderr":
			request.AttachStderr = true
		}
	}
	if len(named) == 0 {
		request.AttachStdout, request.AttachStderr = true, true
	}
	request.AttachStdin = request.AttachStdin || request.OpenStdin
	// The container's input ends when the client that is attached to it goes.
	request.StdinOnce = request.OpenStdin && request.AttachStdin
}

func checkMAC(text string) error {
	if text == "" {
		return nil
	}
	if _, err := net.ParseMAC(strings.TrimSpace(text)); err != nil {
		return fmt.Errorf("%s is not a valid mac address", text)
	}
	return nil
}

func parseHost(request *Request, values *flag.Values) error {
	host := &request.HostConfig
	host.ContainerIDFile = values.String("cidfile")
	host.OomScoreAdj = values.Int("oom-score-adj")
	host.Privileged = values.Bool("privileged")
	host.ReadonlyRootfs = values.Bool("read-only")
	host.VolumeDriver = values.String("volume-driver")
	host.VolumesFrom = values.List("volumes-from")
	host.CapAdd, host.CapDrop = capabilities(values.List("cap-add")), capabilities(values.List("cap-drop"))
	host.GroupAdd = values.List("group-add")
	host.Links = values.List("link")
	host.Runtime, host.Isolation = values.String("runtime"), values.String("isolation")
	host.Sysctls, host.Annotations = values.Map("sysctl"), values.Map("annotation")
	host.PublishAllPorts = values.Bool("publish-all")
	for _, address := range values.List("dns") {
		host.DNS = append(host.DNS, net.ParseIP(strings.TrimSpace(address)).String())
	}
	host.DNSOptions = values.List("dns-option")
	for _, domain := range values.List("dns-search") {
		host.DNSSearch = append(host.DNSSearch, domainOf(domain))
	}
	for _, extra := range values.List("add-host") {
		host.ExtraHosts = append(host.ExtraHosts, extraHostOf(extra))
	}
	if values.Has("init") {
		init := values.Bool("init")
		host.Init = &init
	}
	return nil
}

func parseNamespaces(request *Request, values *flag.Values) error {
	host := &request.HostConfig
	host.IpcMode = values.String("ipc")
	host.PidMode, host.UTSMode = values.String("pid"), values.String("uts")
	host.UsernsMode, host.CgroupnsMode = values.String("userns"), values.String("cgroupns")
	if mode, name, found := strings.Cut(host.PidMode, ":"); host.PidMode != "" && host.PidMode != "host" &&
		(!found || mode != "container" || name == "") {
		return errors.New("--pid: invalid PID mode")
	}
	if host.UTSMode != "" && host.UTSMode != "host" {
		return errors.New("--uts: invalid UTS mode")
	}
	if host.UsernsMode != "" && host.UsernsMode != "host" {
		return errors.New("--userns: invalid USER mode")
	}
	switch host.CgroupnsMode {
	case "", "host", "private":
		return nil
	}
	return errors.New("--cgroupns: invalid CGROUP mode")
}

func parseRestart(request *Request, values *flag.Values) error {
	host := &request.HostConfig
	policy, err := ParseRestart(values.String("restart"))
	if err != nil {
		return err
	}
	host.RestartPolicy = policy
	host.AutoRemove = values.Bool("rm")
	if host.AutoRemove && policy.Name != "no" && policy.Name != "" {
		return errors.New("conflicting options: cannot specify both --restart and --rm")
	}
	return nil
}

func parseLogging(request *Request, values *flag.Values) error {
	driver, settings := values.String("log-driver"), values.List("log-opt")
	if driver == "none" && len(settings) > 0 {
		return fmt.Errorf("invalid logging opts for driver %s", driver)
	}
	request.HostConfig.LogConfig = LogConfig{driver, flag.Pairs(settings)}
	return nil
}

func parseStorage(request *Request, values *flag.Values) error {
	settings := values.List("storage-opt")
	for _, setting := range settings {
		if !strings.Contains(setting, "=") {
			return errors.New("invalid storage option")
		}
	}
	request.HostConfig.StorageOpt = flag.Pairs(settings)
	return nil
}

func parseHealth(request *Request, values *flag.Values) error {
	health := Health{
		Interval: int64(values.Duration("health-interval")), Timeout: int64(values.Duration("health-timeout")),
		StartPeriod: int64(values.Duration("health-start-period")), Retries: values.Int("health-retries"),
		StartInterval: int64(values.Duration("health-start-interval")),
	}
	probe := values.String("health-cmd")
	wanted := probe != "" || health.Interval != 0 || health.Timeout != 0 || health.StartPeriod != 0 ||
		health.Retries != 0 || health.StartInterval != 0
	switch {
	case values.Bool("no-healthcheck") && wanted:
		return errors.New("--no-healthcheck conflicts with --health-* options")
	case values.Bool("no-healthcheck"):
		request.Healthcheck = &Health{Test: []string{"NONE"}}
		return nil
	case !wanted:
		return nil
	case health.Interval < 0:
		return errors.New("--health-interval cannot be negative")
	case health.Timeout < 0:
		return errors.New("--health-timeout cannot be negative")
	case health.Retries < 0:
		return errors.New("--health-retries cannot be negative")
	case health.StartPeriod < 0:
		return errors.New("--health-start-period cannot be negative")
	case health.StartInterval < 0:
		return errors.New("--health-start-interval cannot be negative")
	}
	if probe != "" {
		health.Test = []string{"CMD-SHELL", probe}
	}
	request.Healthcheck = &health
	return nil
}

// capabilities writes names as CAP_NAME, each once, in order.
func capabilities(words []string) []string {
	var names []string
	for _, word := range words {
		name := strings.ToUpper(strings.TrimSpace(word))
		if name != "ALL" && !strings.HasPrefix(name, "CAP_") {
			name = "CAP_" + name
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
