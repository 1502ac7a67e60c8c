package container

import (
	"maps"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/container"
	apinetwork "github.com/moby/moby/api/types/network"

	"twinhull/engine/fault"
	"twinhull/engine/image"
)

// defaultPath is what a container without one in its image gets.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// merge completes what was asked for with what the image says. The image's environment and labels come first; its
// command is kept only if neither command nor entrypoint was given.
func merge(config *container.Config, img image.RunConfig) error {
	if config.User == "" {
		config.User = img.User
	}
	if config.WorkingDir == "" {
		config.WorkingDir = img.WorkingDir
	}
	if len(config.Entrypoint) == 0 {
		if len(config.Cmd) == 0 {
			config.Cmd = img.Cmd
		}
		if config.Entrypoint == nil {
			config.Entrypoint = img.Entrypoint
		}
	}
	// [""] is how clients say "none": it hides the image's.
	if len(config.Entrypoint) == 1 && config.Entrypoint[0] == "" {
		config.Entrypoint = nil
	}
	if config.StopSignal == "" {
		config.StopSignal = img.StopSignal
	}
	if config.Shell == nil {
		config.Shell = img.Shell
	}
	config.Env = mergeEnv(img.Env, config.Env)
	if len(img.Labels) > 0 {
		labels := maps.Clone(img.Labels)
		maps.Copy(labels, config.Labels)
		config.Labels = labels
	}
	for text := range img.ExposedPorts {
		port, err := apinetwork.ParsePort(text)
		if err != nil {
			return fault.New(fault.Invalid, "the image exposes %q: %w", text, err)
		}
		if config.ExposedPorts == nil {
			config.ExposedPorts = apinetwork.PortSet{}
		}
		config.ExposedPorts[port] = struct{}{}
	}
	for destination := range img.Volumes {
		if config.Volumes == nil {
			config.Volumes = map[string]struct{}{}
		}
		config.Volumes[destination] = struct{}{}
	}
	mergeHealth(config, img)
	return nil
}

// mergeEnv puts the image's variables before those asked for, which replace them.
func mergeEnv(img, asked []string) []string {
	var merged []string
	for _, variable := range img {
		name, _, _ := strings.Cut(variable, "=")
		if !hasVariable(asked, name) {
			merged = append(merged, variable)
		}
	}
	return append(merged, asked...)
}

func hasVariable(env []string, name string) bool {
	return slices.ContainsFunc(env, func(variable string) bool {
		found, _, _ := strings.Cut(variable, "=")
		return found == name
	})
}

// mergeHealth takes each setting that was not given from the image. A test of "NONE" ends the image's.
func mergeHealth(config *container.Config, img image.RunConfig) {
	theirs := img.Healthcheck
	if theirs == nil {
		return
	}
	if config.Healthcheck == nil {
		copied := *theirs
		config.Healthcheck = &copied
		return
	}
	ours := config.Healthcheck
	if len(ours.Test) == 0 {
		ours.Test = theirs.Test
	}
	for _, setting := range []struct{ ours, theirs *int64 }{
		{(*int64)(&ours.Interval), (*int64)(&theirs.Interval)},
		{(*int64)(&ours.Timeout), (*int64)(&theirs.Timeout)},
		{(*int64)(&ours.StartPeriod), (*int64)(&theirs.StartPeriod)},
		{(*int64)(&ours.StartInterval), (*int64)(&theirs.StartInterval)},
	} {
		if *setting.ours == 0 {
			*setting.ours = *setting.theirs
		}
	}
	if ours.Retries == 0 {
		ours.Retries = theirs.Retries
	}
}

// environment is what the container's processes get: Docker puts PATH and HOSTNAME first and, with a terminal, TERM.
func environment(config *container.Config, home string) []string {
	var env []string
	add := func(name, value string) {
		if !hasVariable(config.Env, name) {
			env = append(env, name+"="+value)
		}
	}
	add("PATH", defaultPath)
	add("HOSTNAME", config.Hostname)
	if config.Tty {
		add("TERM", "xterm")
	}
	env = append(env, config.Env...)
	if !hasVariable(config.Env, "HOME") {
		env = append(env, "HOME="+home)
	}
	return slices.DeleteFunc(env, func(variable string) bool { return !strings.Contains(variable, "=") })
}
