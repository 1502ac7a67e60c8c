package api

import (
	"encoding/json"
	"net/http"
	"os"
	goruntime "runtime"
	"strconv"
	"strings"
	"time"

	swarmtypes "github.com/moby/moby/api/types/swarm"
	"golang.org/x/sys/unix"

	"twinhull/engine/container"
	"twinhull/engine/events"
	"twinhull/engine/fault"
	"twinhull/engine/filters"
	"twinhull/engine/image"
)

// AddSystem adds what is asked of the engine as a whole.
func (r *Router) AddSystem(system System) {
	r.Handle("GET /_ping", system.ping)
	r.Handle("HEAD /_ping", system.ping)
	r.Handle("GET /version", system.version)
	r.Handle("GET /info", system.info)
	r.Handle("GET /events", system.events)
}

// System is what the routes of the engine as a whole tell of.
type System struct {
	Containers *container.Manager
	Images     *image.Store
	Events     *events.Bus
	// ID is the daemon's, Root where its files are.
	ID, Root string
	// Runtime is the OCI runtime's name.
	Runtime string
	// Swarm says what this machine is in a swarm; nil for nothing.
	Swarm func() swarmtypes.Info
}

func (s System) ping(w http.ResponseWriter, r *http.Request) error {
	header := w.Header()
	header.Set("Builder-Version", "1")
	header.Set("Docker-Experimental", "false")
	header.Set("Swarm", "inactive")
	if s.Swarm != nil {
		if info := s.Swarm(); info.ControlAvailable {
			header.Set("Swarm", "active/manager")
		} else if info.NodeID != "" {
			header.Set("Swarm", "active/worker")
		}
	}
	header.Set("Cache-Control", "no-cache, no-store, must-revalidate")
	header.Set("Pragma", "no-cache")
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("Content-Length", "2")
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	_, _ = w.Write([]byte("OK"))
	return nil
}

type component struct {
	Name    string
	Version string
	Details map[string]string `json:",omitempty"`
}

func (s System) version(w http.ResponseWriter, _ *http.Request) error {
	kernel := kernelRelease()
	details := map[string]string{
		"ApiVersion": Version, "MinAPIVersion": MinVersion, "Arch": goruntime.GOARCH, "Os": "linux",
		"GoVersion": goruntime.Version(), "KernelVersion": kernel, "Experimental": "false",
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"Platform":   map[string]string{"Name": "Twinhull"},
		"Components": []component{{"Engine", EngineVersion, details}, {Name: s.Runtime, Version: EngineVersion}},
		"Version":    EngineVersion, "ApiVersion": Version, "MinAPIVersion": MinVersion, "GitCommit": "",
		"GoVersion": goruntime.Version(), "Os": "linux", "Arch": goruntime.GOARCH, "KernelVersion": kernel,
		"BuildTime": "",
	})
	return nil
}

func kernelRelease() string {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return ""
	}
	return unix.ByteSliceToString(name.Release[:])
}

func (s System) info(w http.ResponseWriter, _ *http.Request) error {
	counts := map[string]int{}
	for _, c := range s.Containers.All() {
		state := c.State()
		counts[string(state.Status)]++
	}
	hostname, _ := os.Hostname()
	var memory unix.Sysinfo_t
	_ = unix.Sysinfo(&memory)
	writeJSON(w, http.StatusOK, map[string]any{
		"ID": s.ID, "Containers": len(s.Containers.All()), "ContainersRunning": counts["running"],
		"ContainersPaused": counts["paused"], "ContainersStopped": counts["exited"] + counts["created"] + counts["dead"],
		"Images": len(s.Images.List()), "Driver": "overlay2",
		"DriverStatus": [][2]string{{"Backing Filesystem", "tmpfs"}, {"Supports d_type", "true"}},
		"Plugins": map[string][]string{
			"Volume": {"local"}, "Network": {"bridge", "host", "ipvlan", "macvlan", "null", "overlay"}, "Authorization": nil, "Log": {"json-file"},
		},
		"MemoryLimit": true, "SwapLimit": false, "CpuCfsPeriod": true, "CpuCfsQuota": true, "CPUShares": true,
		"CPUSet": true, "PidsLimit": true, "OomKillDisable": false, "IPv4Forwarding": true, "Debug": false,
		"BridgeNfIptables": false, "BridgeNfIp6tables": false,
		"NFd": openFiles(), "NGoroutines": goruntime.NumGoroutine(), "SystemTime": time.Now().Format(time.RFC3339Nano),
		"LoggingDriver": "json-file", "CgroupDriver": "cgroupfs", "CgroupVersion": "2", "NEventsListener": 0,
		"KernelVersion": kernelRelease(), "OperatingSystem": "Twinhull", "OSVersion": EngineVersion, "OSType": "linux",
		"Architecture": architecture(), "NCPU": goruntime.NumCPU(), "MemTotal": int64(memory.Totalram) * int64(memory.Unit),
		"IndexServerAddress": "https://index.docker.io/v1/",
		"RegistryConfig": map[string]any{
			"InsecureRegistryCIDRs": []string{"127.0.0.0/8", "::1/128"}, "Mirrors": []string{},
			"IndexConfigs": map[string]any{
				"docker.io": map[string]any{"Name": "docker.io", "Mirrors": []string{}, "Secure": true, "Official": true},
			},
		},
		"DockerRootDir": s.Root, "Name": hostname, "Labels": []string{}, "ExperimentalBuild": false,
		"ServerVersion": EngineVersion, "DefaultRuntime": s.Runtime,
		"Runtimes":           map[string]any{s.Runtime: map[string]string{"path": s.Runtime}},
		"Swarm":              s.swarm(),
		"LiveRestoreEnabled": true, "Isolation": "", "InitBinary": "docker-init", "ContainerdCommit": map[string]string{},
		"RuncCommit": map[string]string{}, "InitCommit": map[string]string{},
		"SecurityOptions": []string{"name=seccomp,profile=builtin", "name=cgroupns"},
		"HttpProxy":       "", "HttpsProxy": "", "NoProxy": "", "Warnings": nil, "CDISpecDirs": []string{},
	})
	return nil
}

func (s System) swarm() swarmtypes.Info {
	if s.Swarm == nil {
		return swarmtypes.Info{LocalNodeState: swarmtypes.LocalNodeStateInactive}
	}
	return s.Swarm()
}

// architecture is what uname says: the machine's, which clients show.
func architecture() string {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return ""
	}
	return unix.ByteSliceToString(name.Machine[:])
}

func openFiles() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}

// eventFilters are the names that --filter knows for events.
var eventFilters = []string{
	"config", "container", "daemon", "event", "image", "label", "network", "node", "plugin", "scope", "secret", "service",
	"type", "volume",
}

func (s System) events(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	wanted, err := filters.Parse(query.Get("filters"), eventFilters...)
	if err != nil {
		return err
	}
	since, err := parseTime(query.Get("since"))
	if err != nil {
		return err
	}
	until, err := parseTime(query.Get("until"))
	if err != nil {
		return err
	}
	past, later, end := s.Events.Subscribe(since)
	defer end()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	flusher := http.NewResponseController(w)
	encoder := json.NewEncoder(w)
	send := func(message events.Message) error {
		if !matchesEvent(wanted, &message) {
			return nil
		}
		if err := encoder.Encode(message); err != nil {
			return err
		}
		return flusher.Flush()
	}
	_ = flusher.Flush()
	for _, message := range past {
		if !until.IsZero() && time.Unix(0, message.TimeNano).After(until) {
			return nil
		}
		if send(message) != nil {
			return nil
		}
	}
	var over <-chan time.Time
	if !until.IsZero() {
		timer := time.NewTimer(time.Until(until))
		defer timer.Stop()
		over = timer.C
	}
	for {
		select {
		case message := <-later:
			if send(message) != nil {
				return nil
			}
		case <-over:
			return nil
		case <-r.Context().Done():
			return nil
		}
	}
}

func matchesEvent(wanted filters.Filters, message *events.Message) bool {
	object := func(kind string) bool {
		return wanted.Match(kind, func(value string) bool {
			name := message.Actor.Attributes["name"]
			if kind == "image" && message.Type == "container" {
				name = message.Actor.Attributes["image"]
			}
			return message.Type == kind && (strings.HasPrefix(message.Actor.ID, value) || name == value) ||
				kind == "image" && name == value
		})
	}
	return object("container") && object("image") && object("network") && object("volume") &&
		wanted.Match("type", func(value string) bool { return value == message.Type }) &&
		wanted.Match("scope", func(value string) bool { return value == message.Scope }) &&
		wanted.Match("event", func(value string) bool {
			action, _, _ := strings.Cut(message.Action, ":")
			return value == message.Action || value == action
		}) && wanted.MatchLabels("label", message.Actor.Attributes)
}

// parseTime reads seconds since the epoch with a fraction, which is how clients send every --since and --until. Zero
// time for "".
func parseTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	seconds, fraction, _ := strings.Cut(text, ".")
	whole, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return time.Time{}, fault.New(fault.Invalid, "invalid time %q: seconds since 1970 are expected", text)
	}
	var nanos int64
	if fraction != "" {
		nanos, err = strconv.ParseInt((fraction + "000000000")[:9], 10, 64)
		if err != nil {
			return time.Time{}, fault.New(fault.Invalid, "invalid time %q: seconds since 1970 are expected", text)
		}
	}
	return time.Unix(whole, nanos), nil
}
