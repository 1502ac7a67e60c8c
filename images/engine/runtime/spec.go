package runtime

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/moby/moby/api/types/container"
	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Wanted is everything that config.json says of a container, in Docker's words.
type Wanted struct {
	ID       string
	Root     string
	Args     []string
	Hostname string
	Config   *container.Config
	Host     *container.HostConfig
	User     specs.User
	// Mounts come after the defaults: volumes, tmpfs, the engine's own files. A destination replaces a default's.
	Mounts []specs.Mount
	// Paths of namespaces to join, by type. A namespace that is host's is in neither.
	Join map[specs.LinuxNamespaceType]string
	// IDMap is for a remapped user namespace, nil without.
	IDMap []specs.LinuxIDMapping
	// Init is the program that becomes process 1 and starts the container's, empty without --init.
	Init string
}

// initPath is where --init's program is seen in the container, as in Docker.
const initPath = "/sbin/docker-init"

// Spec translates to the OCI runtime specification: https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md
func Spec(wanted Wanted) (*specs.Spec, error) {
	host := wanted.Host
	capabilities, err := capabilitiesOf(host)
	if err != nil {
		return nil, err
	}
	security, err := readSecurity(host.SecurityOpt)
	if err != nil {
		return nil, err
	}
	spec := &specs.Spec{
		Version:  "1.0.2",
		Hostname: wanted.Hostname,
		// Without it hullrun and runc set nothing, and the container would see the machine's.
		Domainname: wanted.Config.Domainname,
		Root:       &specs.Root{Path: wanted.Root, Readonly: host.ReadonlyRootfs},
		Process:    process(wanted, capabilities, security),
		Mounts:     mounts(wanted),
		Linux: &specs.Linux{
			CgroupsPath:       cgroupPath(host.CgroupParent, wanted.ID),
			Namespaces:        namespaces(wanted),
			UIDMappings:       wanted.IDMap,
			GIDMappings:       wanted.IDMap,
			Sysctl:            host.Sysctls,
			MaskedPaths:       host.MaskedPaths,
			ReadonlyPaths:     host.ReadonlyPaths,
			RootfsPropagation: propagation(wanted.Mounts),
		},
		Annotations: host.Annotations,
	}
	if spec.Linux.Devices, spec.Linux.Resources, err = devicesAndResources(host); err != nil {
		return nil, err
	}
	if !host.Privileged {
		if spec.Linux.Seccomp, err = security.seccomp(spec); err != nil {
			return nil, err
		}
	} else {
		spec.Linux.MaskedPaths, spec.Linux.ReadonlyPaths = nil, nil
	}
	if wanted.Hostname == "" {
		spec.Domainname = ""
	}
	return spec, nil
}

// withoutLinux is a specification up to the part that is only for Linux.
type withoutLinux struct {
	*specs.Spec
	Linux *struct{} `json:"linux,omitempty"`
}

// WriteSpec writes config.json into a bundle.
func WriteSpec(bundle string, spec *specs.Spec) error {
	text, err := encode(spec)
	if err != nil {
		return fmt.Errorf("config.json: %w", err)
	}
	if err := os.MkdirAll(bundle, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(bundle, "config.json"), text, 0o600)
}

// encode writes a specification as JSON. The seccomp filter is most of it, the same for most containers, and text already:
// it is put in its place as it is, because encoding/json would go through every byte of it again.
func encode(spec *specs.Spec) ([]byte, error) {
	linux := *spec.Linux
	linux.Seccomp = nil
	text, err := json.Marshal(withoutLinux{Spec: spec})
	if err != nil {
		return nil, err
	}
	linuxText, err := json.Marshal(linux)
	if err != nil {
		return nil, err
	}
	filter, err := encodeProfile(spec.Linux.Seccomp)
	if err != nil {
		return nil, err
	}
	if filter != nil {
		linuxText = addMember(linuxText, "seccomp", filter)
	}
	return addMember(text, "linux", linuxText), nil
}

// addMember adds a member to the text of an object.
func addMember(object []byte, name string, value []byte) []byte {
	object = object[:len(object)-1]
	if len(object) > 1 {
		object = append(object, ',')
	}
	object = append(append(object, '"'), name+`":`...)
	return append(append(object, value...), '}')
}

func process(wanted Wanted, capabilities *specs.LinuxCapabilities, security security) *specs.Process {
	config, host := wanted.Config, wanted.Host
	args := wanted.Args
	if wanted.Init != "" {
		args = append([]string{initPath, "--"}, args...)
	}
	cwd := config.WorkingDir
	if cwd == "" {
		cwd = "/"
	}
	score := host.OomScoreAdj
	process := &specs.Process{
		Terminal:        config.Tty,
		User:            wanted.User,
		Args:            args,
		Env:             config.Env,
		Cwd:             cwd,
		Capabilities:    CapabilitiesFor(capabilities, wanted.User.UID),
		Rlimits:         rlimits(host.Ulimits),
		NoNewPrivileges: security.noNewPrivileges,
		OOMScoreAdj:     &score,
	}
	if config.Tty && host.ConsoleSize != [2]uint{} {
		process.ConsoleSize = &specs.Box{Height: host.ConsoleSize[0], Width: host.ConsoleSize[1]}
	}
	return process
}

func rlimits(ulimits []*container.Ulimit) []specs.POSIXRlimit {
	var limits []specs.POSIXRlimit
	for _, ulimit := range ulimits {
		limits = append(limits, specs.POSIXRlimit{
			Type: "RLIMIT_" + upper(ulimit.Name), Soft: uint64(ulimit.Soft), Hard: uint64(ulimit.Hard),
		})
	}
	return limits
}

func cgroupPath(parent, id string) string {
	if parent == "" {
		parent = "/docker"
	}
	return filepath.Join("/", parent, id)
}

// namespaces that are the container's own, or joined by path. What is missing here is shared with the machine.
func namespaces(wanted Wanted) []specs.LinuxNamespace {
	host := wanted.Host
	list := []specs.LinuxNamespace{{Type: specs.MountNamespace}}
	add := func(kind specs.LinuxNamespaceType, shared bool) {
		if path, joined := wanted.Join[kind]; joined {
			list = append(list, specs.LinuxNamespace{Type: kind, Path: path})
		} else if !shared {
			list = append(list, specs.LinuxNamespace{Type: kind})
		}
	}
	add(specs.NetworkNamespace, host.NetworkMode.IsHost())
	add(specs.UTSNamespace, host.UTSMode.IsHost())
	add(specs.PIDNamespace, host.PidMode.IsHost())
	add(specs.IPCNamespace, host.IpcMode.IsHost())
	add(specs.CgroupNamespace, host.CgroupnsMode.IsHost())
	if wanted.IDMap != nil {
		list = append(list, specs.LinuxNamespace{Type: specs.UserNamespace})
	}
	return list
}

// propagation of the root: a mount that is to be seen on the other side needs a root that lets it through.
func propagation(mounts []specs.Mount) string {
	found := ""
	for _, mount := range mounts {
		switch {
		case slices.Contains(mount.Options, "rshared"), slices.Contains(mount.Options, "shared"):
			return "shared"
		case slices.Contains(mount.Options, "rslave"), slices.Contains(mount.Options, "slave"):
			found = "rslave"
		}
	}
	return found
}

func mounts(wanted Wanted) []specs.Mount {
	list := defaultMounts(wanted.Host)
	replaced := map[string]bool{}
	for _, mount := range wanted.Mounts {
		replaced[filepath.Clean(mount.Destination)] = true
	}
	list = slices.DeleteFunc(list, func(mount specs.Mount) bool { return replaced[mount.Destination] })
	list = append(list, wanted.Mounts...)
	if wanted.Init != "" {
		list = append(list, specs.Mount{
			Destination: initPath, Type: "bind", Source: wanted.Init, Options: []string{"bind", "ro"},
		})
	}
	return list
}

// DefaultMaskedPaths and DefaultReadonlyPaths are Docker's.
var (
	DefaultMaskedPaths = []string{
		"/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
		"/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
	}
	DefaultReadonlyPaths = []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}
)

func defaultMounts(host *container.HostConfig) []specs.Mount {
	readOnly, cgroup := "ro", "ro"
	if host.Privileged {
		readOnly, cgroup = "rw", "rw"
	}
	plain := func(more ...string) []string { return append([]string{"nosuid", "noexec", "nodev"}, more...) }
	list := []specs.Mount{
		{Destination: "/proc", Type: "proc", Source: "proc", Options: plain()},
		{Destination: "/dev", Type: "tmpfs", Source: "tmpfs",
			Options: []string{"nosuid", "strictatime", "mode=755", "size=65536k"}},
		{Destination: "/dev/pts", Type: "devpts", Source: "devpts",
			Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
		{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: plain(readOnly)},
		{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: plain(cgroup)},
		{Destination: "/dev/mqueue", Type: "mqueue", Source: "mqueue", Options: plain()},
	}
	switch {
	case host.IpcMode.IsNone():
	case host.IpcMode.IsHost():
		list = append(list, specs.Mount{Destination: "/dev/shm", Type: "bind", Source: "/dev/shm", Options: []string{"rbind"}})
	default:
		list = append(list, specs.Mount{Destination: "/dev/shm", Type: "tmpfs", Source: "shm",
			Options: plain("mode=1777", fmt.Sprintf("size=%d", shmSize(host)))})
	}
	return list
}

// defaultShmSize is Docker's, in bytes.
const defaultShmSize = 64 << 20

func shmSize(host *container.HostConfig) int64 {
	if host.ShmSize > 0 {
		return host.ShmSize
	}
	return defaultShmSize
}
