package runtime

import (
	"encoding/json"
	"strings"
	"sync"

	"github.com/moby/profiles/seccomp"
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"twinhull/engine/fault"
)

// security is what --security-opt asks for.
type security struct {
	noNewPrivileges bool
	// profile is JSON in Docker's form, "unconfined", or empty for the default.
	profile string
}

func readSecurity(options []string) (security, error) {
	var read security
	for _, option := range options {
		name, value, found := strings.Cut(option, "=")
		if !found {
			name, value, found = strings.Cut(option, ":")
		}
		switch name {
		case "no-new-privileges":
			read.noNewPrivileges = !found || value == "true"
		case "seccomp":
			read.profile = value
		case "apparmor", "label":
			if value != "unconfined" && value != "disable" {
				return read, fault.New(fault.Invalid, "invalid --security-opt: %q: this kernel has no %s", option, name)
			}
		case "systempaths", "writable-cgroups":
		default:
			return read, fault.New(fault.Invalid, "invalid --security-opt 2: %q", option)
		}
	}
	return read, nil
}

// seccomp is the filter for a container with these capabilities.
func (s security) seccomp(spec *specs.Spec) (*specs.LinuxSeccomp, error) {
	switch s.profile {
	case "unconfined":
		return nil, nil
	case "", "builtin", "default":
		return defaultProfile(spec)
	}
	profile, err := seccomp.LoadProfile(s.profile, spec)
	if err != nil {
		return nil, fault.New(fault.Invalid, "invalid seccomp profile: %w", err)
	}
	return profile, nil
}

// Which calls the default profile allows depends on the capabilities alone, and most containers have the same.
var (
	profiles      = map[string]*profile{}
	profilesMutex sync.Mutex
)

// profile is a filter and, once it was written, its text.
type profile struct {
	filter *specs.LinuxSeccomp
	text   []byte
}

// maxProfiles bounds the memory that unusual sets of capabilities take.
const maxProfiles = 16

func defaultProfile(spec *specs.Spec) (*specs.LinuxSeccomp, error) {
	profilesMutex.Lock()
	defer profilesMutex.Unlock()
	key := strings.Join(spec.Process.Capabilities.Bounding, ",")
	if known, found := profiles[key]; found {
		return known.filter, nil
	}
	filter, err := seccomp.GetDefaultProfile(spec)
	if err != nil {
		return nil, err
	}
	if len(profiles) >= maxProfiles {
		clear(profiles)
	}
	profiles[key] = &profile{filter: filter}
	return filter, nil
}

// encodeProfile writes a filter as JSON. A default profile's text is kept.
func encodeProfile(filter *specs.LinuxSeccomp) ([]byte, error) {
	if filter == nil {
		return nil, nil
	}
	profilesMutex.Lock()
	defer profilesMutex.Unlock()
	for _, known := range profiles {
		if known.filter != filter {
			continue
		}
		var err error
		if known.text == nil {
			known.text, err = json.Marshal(filter)
		}
		return known.text, err
	}
	return json.Marshal(filter)
}
