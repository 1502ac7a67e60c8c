package main

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/docker/go-units"

	"twinhull/engine/client/command"
	"twinhull/engine/client/config"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/format"
	"twinhull/engine/client/rest"
)

var showInfo = command.Command{
	Usage: []string{"[OPTIONS]"}, Short: "Display system-wide information", Synonyms: "docker system info, docker info",
	Flags: flag.Set{inspectFormatFlag}, Run: systemInfo,
}

// engineInfo is GET /info, as far as it is shown.
type engineInfo struct {
	ID                                                                 string
	Containers, ContainersRunning, ContainersPaused, ContainersStopped int
	Images                                                             int
	Driver                                                             string
	DriverStatus                                                       [][2]string
	Plugins                                                            struct{ Volume, Network, Authorization, Log []string }
	LoggingDriver, CgroupDriver, CgroupVersion                         string
	CDISpecDirs                                                        []string
	KernelVersion, OperatingSystem, OSType, Architecture               string
	NCPU                                                               int
	MemTotal                                                           int64
	DockerRootDir, Name, ServerVersion                                 string
	Labels                                                             []string
	HTTPProxy                                                          string `json:"HttpProxy"`
	HTTPSProxy                                                         string `json:"HttpsProxy"`
	NoProxy                                                            string
	Debug, ExperimentalBuild, LiveRestoreEnabled                       bool
	NFd, NGoroutines, NEventsListener                                  int
	SystemTime                                                         string
	Runtimes                                                           map[string]struct{}
	DefaultRuntime, InitBinary                                         string
	ContainerdCommit, RuncCommit, InitCommit                           struct{ ID string }
	SecurityOptions                                                    []string
	Swarm                                                              swarmInfo
	RegistryConfig                                                     *registryInfo
	DefaultAddressPools                                                []struct {
		Base string
		Size int
	}
	Warnings []string
}

type swarmInfo struct {
	NodeID, NodeAddr, LocalNodeState, Error string
	ControlAvailable                        bool
	Nodes, Managers                         int
	Cluster                                 struct{ ID string }
	RemoteManagers                          []struct{ NodeID, Addr string }
}

type registryInfo struct {
	InsecureRegistryCIDRs []string
	IndexConfigs          map[string]struct {
		Name   string
		Secure bool
	}
	Mirrors []string
}

func systemInfo(call *command.Call) error {
	if layout := call.String("format"); layout != "" {
		return formatInfo(call, layout)
	}
	fmt.Fprintf(call.Out, "Client:\n Version:    %s\n Context:    %s\n Debug Mode: %v\n", command.ClientVersion, call.ContextName(), call.Debug)
	printPlugins(call)
	fmt.Fprint(call.Out, "\nServer:\n")
	info := new(engineInfo)
	if err := call.Engine().Get("/info", nil, info); err != nil {
		if rest.IsConnectionError(err) {
			return err
		}
		fmt.Fprintln(call.Err, "ERROR:", err)
		return errors.New("errors pretty printing info")
	}
	printServer(call, info)
	return nil
}

// formatInfo gives templates the engine's answer and what is known here, as one object.
func formatInfo(call *command.Call, layout string) error {
	raw, err := rawOf(call, "/info", nil)
	if err != nil {
		raw = []byte(`{}`)
	}
	client := fmt.Sprintf(`,"ClientInfo":{"Debug":%v,"Version":%q,"GoVersion":%q,"Os":%q,"Arch":%q,"Context":%q,"Plugins":[],"Warnings":null}}`,
		call.Debug, command.ClientVersion, runtime.Version(), runtime.GOOS, runtime.GOARCH, call.ContextName())
	text := strings.TrimSpace(string(raw))
	text = strings.TrimSuffix(text, "}") + client
	if strings.HasPrefix(text, "{,") {
		text = "{" + text[2:]
	}
	value, readFailed := format.Read([]byte(text))
	if readFailed != nil {
		return readFailed
	}
	return errors.Join(err, printTemplate(call, "", layout, value))
}

func printPlugins(call *command.Call) {
	names := pluginNames(call.Session)
	if len(names) == 0 {
		return
	}
	fmt.Fprintln(call.Out, " Plugins:")
	for _, name := range names {
		fmt.Fprintf(call.Out, "  %s: %s\n    Path:     %s\n", name, "a plugin", findPlugin(call.Session, name))
	}
}

// field prints a line unless its value is empty.
func field(out io.Writer, title, value string) {
	if value != "" {
		fmt.Fprintf(out, " %s: %s\n", title, value)
	}
}

func printServer(call *command.Call, info *engineInfo) {
	out := call.Out
	fmt.Fprintf(out, " Containers: %d\n  Running: %d\n  Paused: %d\n  Stopped: %d\n Images: %d\n", info.Containers,
		info.ContainersRunning, info.ContainersPaused, info.ContainersStopped, info.Images)
	field(out, "Server Version", info.ServerVersion)
	field(out, "Storage Driver", info.Driver)
	for _, pair := range info.DriverStatus {
		fmt.Fprintf(out, "  %s: %s\n", pair[0], pair[1])
	}
	field(out, "Logging Driver", info.LoggingDriver)
	field(out, "Cgroup Driver", info.CgroupDriver)
	field(out, "Cgroup Version", info.CgroupVersion)
	fmt.Fprintf(out, " Plugins:\n  Volume: %s\n  Network: %s\n", strings.Join(info.Plugins.Volume, " "), strings.Join(info.Plugins.Network, " "))
	if len(info.Plugins.Authorization) > 0 {
		fmt.Fprintf(out, "  Authorization: %s\n", strings.Join(info.Plugins.Authorization, " "))
	}
	fmt.Fprintf(out, "  Log: %s\n", strings.Join(info.Plugins.Log, " "))
	if len(info.CDISpecDirs) > 0 {
		fmt.Fprintf(out, " CDI spec directories:\n  %s\n", strings.Join(info.CDISpecDirs, "\n  "))
	}
	printSwarm(out, &info.Swarm)
	printRuntimes(out, info)
	field(out, "Kernel Version", info.KernelVersion)
	field(out, "Operating System", info.OperatingSystem)
	field(out, "OSType", info.OSType)
	field(out, "Architecture", info.Architecture)
	fmt.Fprintf(out, " CPUs: %d\n Total Memory: %s\n", info.NCPU, units.BytesSize(float64(info.MemTotal)))
	field(out, "Name", info.Name)
	field(out, "ID", info.ID)
	fmt.Fprintf(out, " Docker Root Dir: %s\n Debug Mode: %v\n", info.DockerRootDir, info.Debug)
	if info.Debug || call.Debug {
		fmt.Fprintf(out, "  File Descriptors: %d\n  Goroutines: %d\n  System Time: %s\n  EventsListeners: %d\n",
			info.NFd, info.NGoroutines, info.SystemTime, info.NEventsListener)
	}
	field(out, "HTTP Proxy", info.HTTPProxy)
	field(out, "HTTPS Proxy", info.HTTPSProxy)
	field(out, "No Proxy", info.NoProxy)
	field(out, "Username", call.Config().Auths[config.IndexServer].Username)
	if len(info.Labels) > 0 {
		fmt.Fprintf(out, " Labels:\n  %s\n", strings.Join(info.Labels, "\n  "))
	}
	fmt.Fprintf(out, " Experimental: %v\n", info.ExperimentalBuild)
	printRegistries(out, info.RegistryConfig)
	fmt.Fprintf(out, " Live Restore Enabled: %v\n", info.LiveRestoreEnabled)
	if len(info.DefaultAddressPools) > 0 {
		fmt.Fprintln(out, " Default Address Pools:")
		for _, pool := range info.DefaultAddressPools {
			fmt.Fprintf(out, "   Base: %s, Size: %d\n", pool.Base, pool.Size)
		}
	}
	fmt.Fprintln(out)
	for _, warning := range info.Warnings {
		fmt.Fprintln(call.Err, warning)
	}
}

func printRuntimes(out io.Writer, info *engineInfo) {
	if len(info.Runtimes) > 0 {
		fmt.Fprintf(out, " Runtimes: %s\n Default Runtime: %s\n", strings.Join(sortedKeys(info.Runtimes), " "), info.DefaultRuntime)
	}
	if info.OSType != "linux" {
		return
	}
	fmt.Fprintf(out, " Init Binary: %s\n containerd version: %s\n runc version: %s\n init version: %s\n",
		info.InitBinary, info.ContainerdCommit.ID, info.RuncCommit.ID, info.InitCommit.ID)
	if len(info.SecurityOptions) == 0 {
		return
	}
	fmt.Fprintln(out, " Security Options:")
	for _, option := range info.SecurityOptions {
		name := option
		for _, part := range strings.Split(option, ",") {
			key, value, _ := strings.Cut(part, "=")
			switch key {
			case "name":
				name = value
				fmt.Fprintln(out, "  "+name)
			case "profile":
				fmt.Fprintln(out, "   Profile:", value)
			}
		}
	}
}

func printSwarm(out io.Writer, swarm *swarmInfo) {
	fmt.Fprintf(out, " Swarm: %s\n", swarm.LocalNodeState)
	if swarm.LocalNodeState == "" || swarm.LocalNodeState == "inactive" || swarm.LocalNodeState == "locked" {
		return
	}
	fmt.Fprintf(out, "  NodeID: %s\n", swarm.NodeID)
	if swarm.Error != "" {
		fmt.Fprintf(out, "  Error: %s\n", swarm.Error)
	}
	fmt.Fprintf(out, "  Is Manager: %v\n", swarm.ControlAvailable)
	if swarm.ControlAvailable {
		fmt.Fprintf(out, "  ClusterID: %s\n  Managers: %d\n  Nodes: %d\n", swarm.Cluster.ID, swarm.Managers, swarm.Nodes)
	}
	fmt.Fprintf(out, "  Node Address: %s\n", swarm.NodeAddr)
	if len(swarm.RemoteManagers) > 0 {
		fmt.Fprintln(out, "  Manager Addresses:")
		for _, manager := range swarm.RemoteManagers {
			fmt.Fprintf(out, "   %s\n", manager.Addr)
		}
	}
}

func printRegistries(out io.Writer, registries *registryInfo) {
	if registries == nil {
		return
	}
	if len(registries.InsecureRegistryCIDRs) > 0 || len(registries.IndexConfigs) > 0 {
		fmt.Fprintln(out, " Insecure Registries:")
		for _, name := range sortedKeys(registries.IndexConfigs) {
			if index := registries.IndexConfigs[name]; !index.Secure {
				fmt.Fprintln(out, "  "+index.Name)
			}
		}
		for _, block := range registries.InsecureRegistryCIDRs {
			fmt.Fprintln(out, "  "+block)
		}
	}
	if len(registries.Mirrors) > 0 {
		fmt.Fprintf(out, " Registry Mirrors:\n  %s\n", strings.Join(registries.Mirrors, "\n  "))
	}
}
