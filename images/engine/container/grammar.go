package container

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"

	"twinhull/engine/fault"
)

// parseBind reads -v: [SOURCE:]DESTINATION[:OPTIONS]. A source with a slash is a path, one without a volume's name.
func parseBind(text, driver string) (Mount, error) {
	refuse := fault.New(fault.Invalid, "invalid volume specification: '%s'", text)
	parts := strings.Split(text, ":")
	if len(parts) > 3 || slices.Contains(parts, "") {
		return Mount{}, refuse
	}
	source, destination, options := "", parts[0], ""
	switch {
	case len(parts) == 3:
		source, destination, options = parts[0], parts[1], parts[2]
	case len(parts) == 2 && !path.IsAbs(parts[1]) && path.IsAbs(parts[0]):
		options = parts[1]
	case len(parts) == 2:
		source, destination = parts[0], parts[1]
	}
	if err := checkDestination(destination); err != nil {
		return Mount{}, fault.New(fault.Invalid, "invalid volume specification: '%s': %w", text, err)
	}
	destination = path.Clean(destination)
	mounted := volumeAt(destination, source, driver)
	if path.IsAbs(source) {
		mounted = Mount{CreateSource: true, MountPoint: container.MountPoint{
			Type: mount.TypeBind, Source: filepath.Clean(source), Destination: destination, RW: true,
			Propagation: mount.PropagationRPrivate,
		}}
	} else if strings.Contains(source, "/") {
		return Mount{}, fault.New(fault.Invalid, "create %s: %q includes invalid characters for a local volume name, "+
			"only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path",
			source, source)
	}
	err := applyMode(&mounted, options, text)
	return mounted, err
}

func applyMode(mounted *Mount, options, text string) error {
	mounted.Mode = options
	if options == "" {
		return nil
	}
	for option := range strings.SplitSeq(options, ",") {
		switch {
		case option == "ro":
			mounted.RW = false
		case option == "rw", option == "z", option == "Z":
		case option == "nocopy":
			mounted.NoCopy = true
		case slices.Contains(mount.Propagations, mount.Propagation(option)):
			mounted.Propagation = mount.Propagation(option)
		default:
			return fault.New(fault.Invalid, "invalid volume specification: '%s': invalid mode: %s", text, options)
		}
	}
	return nil
}

func volumeAt(destination, name, driver string) Mount {
	return Mount{MountPoint: container.MountPoint{
		Type: mount.TypeVolume, Name: name, Destination: destination, Driver: driver, RW: true,
	}}
}

func checkDestination(destination string) error {
	if !path.IsAbs(destination) {
		return fmt.Errorf("invalid mount path: '%s' mount path must be absolute", destination)
	}
	if path.Clean(destination) == "/" {
		return fmt.Errorf("invalid specification: destination can't be '/'")
	}
	return nil
}

// parseMount reads one --mount.
func parseMount(wanted mount.Mount) (Mount, error) {
	refuse := func(format string, arguments ...any) (Mount, error) {
		reason := fmt.Sprintf(format, arguments...)
		return Mount{}, fault.New(fault.Invalid, "invalid mount config for type %q: %s", wanted.Type, reason)
	}
	if wanted.Target == "" {
		return refuse("field Target must not be empty")
	}
	if err := checkDestination(wanted.Target); err != nil {
		return refuse("%s", err)
	}
	destination := path.Clean(wanted.Target)
	switch wanted.Type {
	case mount.TypeVolume:
		mounted := volumeAt(destination, wanted.Source, "")
		mounted.RW = !wanted.ReadOnly
		if options := wanted.VolumeOptions; options != nil {
			mounted.NoCopy, mounted.Subpath = options.NoCopy, options.Subpath
			if options.DriverConfig != nil {
				mounted.Driver = options.DriverConfig.Name
			}
		}
		return mounted, nil
	case mount.TypeBind:
		if !path.IsAbs(wanted.Source) {
			return refuse("invalid mount path: '%s' mount path must be absolute", wanted.Source)
		}
		mounted := Mount{MountPoint: container.MountPoint{
			Type: wanted.Type, Source: filepath.Clean(wanted.Source), Destination: destination, RW: !wanted.ReadOnly,
			Propagation: mount.PropagationRPrivate,
		}}
		if options := wanted.BindOptions; options != nil {
			mounted.NonRecursive, mounted.CreateSource = options.NonRecursive, options.CreateMountpoint
			if options.Propagation != "" {
				mounted.Propagation = options.Propagation
			}
		}
		if _, err := os.Stat(mounted.Source); err != nil && !mounted.CreateSource {
			return refuse("bind source path does not exist: %s", mounted.Source)
		}
		return mounted, nil
	case mount.TypeTmpfs:
		mounted, err := tmpfsAt(destination, "")
		mounted.RW = !wanted.ReadOnly
		if options := wanted.TmpfsOptions; options != nil {
			if options.SizeBytes > 0 {
				mounted.Tmpfs = append(mounted.Tmpfs, fmt.Sprintf("size=%d", options.SizeBytes))
			}
			if options.Mode != 0 {
				mounted.Tmpfs = append(mounted.Tmpfs, fmt.Sprintf("mode=%o", options.Mode))
			}
		}
		if wanted.ReadOnly {
			mounted.Tmpfs = append(mounted.Tmpfs, "ro")
		}
		return mounted, err
	}
	return Mount{}, fault.New(fault.Invalid, "mount type unknown: %q: use bind, volume or tmpfs", wanted.Type)
}

// tmpfsAt reads --tmpfs DESTINATION[:OPTIONS].
func tmpfsAt(destination, options string) (Mount, error) {
	if err := checkDestination(destination); err != nil {
		return Mount{}, fault.New(fault.Invalid, "invalid tmpfs mount: %w", err)
	}
	mounted := Mount{
		MountPoint: container.MountPoint{Type: mount.TypeTmpfs, Destination: path.Clean(destination), RW: true},
		Tmpfs:      []string{"noexec", "nosuid", "nodev"},
	}
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "":
		case "exec", "suid", "dev":
			mounted.Tmpfs = slices.DeleteFunc(mounted.Tmpfs, func(set string) bool { return set == "no"+option })
		default:
			mounted.Tmpfs = append(mounted.Tmpfs, option)
		}
	}
	return mounted, nil
}
