package runtime

import (
	"slices"
	"strings"

	"github.com/moby/moby/api/types/container"
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"twinhull/engine/fault"
)

// defaultCapabilities are those of every container that asks for nothing, capabilities(7).
var defaultCapabilities = []string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID",
	"CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
}

// allCapabilities in the order of their numbers, up to CAP_CHECKPOINT_RESTORE (40).
var allCapabilities = []string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
	"CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN",
	"CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE",
	"CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL",
	"CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
}

const everyCapability = "ALL"

// capabilitiesOf applies --cap-add, --cap-drop and --privileged. ALL in one list leaves the other as the exceptions.
func capabilitiesOf(host *container.HostConfig) (*specs.LinuxCapabilities, error) {
	set := allCapabilities
	if !host.Privileged {
		add, err := normalize(host.CapAdd)
		if err != nil {
			return nil, err
		}
		drop, err := normalize(host.CapDrop)
		if err != nil {
			return nil, err
		}
		set = chosen(add, drop)
	}
	return &specs.LinuxCapabilities{Bounding: set, Effective: set, Permitted: set}, nil
}

func chosen(add, drop []string) []string {
	var set []string
	switch {
	case slices.Contains(add, everyCapability):
		set = slices.Clone(allCapabilities)
	case slices.Contains(drop, everyCapability):
	default:
		set = slices.Clone(defaultCapabilities)
	}
	set = slices.DeleteFunc(set, func(name string) bool { return slices.Contains(drop, name) })
	for _, name := range add {
		if name != everyCapability && !slices.Contains(set, name) {
			set = append(set, name)
		}
	}
	return set
}

// normalize accepts any case, with and without CAP_.
func normalize(names []string) ([]string, error) {
	var list []string
	for _, given := range names {
		name := upper(given)
		if name != everyCapability && !strings.HasPrefix(name, "CAP_") {
			name = "CAP_" + name
		}
		if name != everyCapability && !slices.Contains(allCapabilities, name) {
			return nil, fault.New(fault.Invalid, "invalid CapAdd/CapDrop: unknown capability: %q", given)
		}
		list = append(list, name)
	}
	return list, nil
}

// CapabilitiesFor a user: only root has them in effect; others could get them only through a file's.
func CapabilitiesFor(set *specs.LinuxCapabilities, uid uint32) *specs.LinuxCapabilities {
	if uid == 0 {
		return set
	}
	return &specs.LinuxCapabilities{Bounding: set.Bounding}
}

// ProcessCapabilities are those of a further process: the container's, or every one for a privileged exec.
func ProcessCapabilities(host *container.HostConfig, privileged bool, uid uint32) (*specs.LinuxCapabilities, error) {
	if privileged {
		everything := *host
		everything.Privileged = true
		host = &everything
	}
	set, err := capabilitiesOf(host)
	if err != nil {
		return nil, err
	}
	return CapabilitiesFor(set, uid), nil
}

func upper(text string) string { return strings.ToUpper(strings.TrimSpace(text)) }
