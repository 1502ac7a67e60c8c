package container

import (
	"path/filepath"
	"strconv"

	"github.com/docker/go-units"
	"github.com/moby/moby/api/types/container"

	"twinhull/engine/fault"
	"twinhull/engine/runtime"
)

// Without limits of their own, containers that talk would fill the machine's memory, where its files are: so the
// engine's default is what Docker's documentation advises, and not Docker's default, which is none.
const (
	defaultLogBytes = 4 << 20
	defaultLogFiles = 2
	maxLogFiles     = 100
)

func (c *Container) logPath() string { return filepath.Join(c.stateDir, c.ID+"-json.log") }

// logOf reads --log-driver and --log-opt.
func logOf(config container.LogConfig, path string) (runtime.Log, error) {
	log := runtime.Log{Path: path, MaxBytes: defaultLogBytes, MaxFiles: defaultLogFiles}
	switch config.Type {
	case "none":
		return runtime.Log{}, nil
	case "json-file", "local", "":
	default:
		return log, fault.New(fault.Invalid, "logger: no log driver named '%s' is registered: use json-file or none", config.Type)
	}
	for name, value := range config.Config {
		var err error
		switch name {
		case "max-size":
			log.MaxBytes, err = units.RAMInBytes(value)
		case "max-file":
			log.MaxFiles, err = strconv.Atoi(value)
		case "labels", "labels-regex", "env", "env-regex", "tag", "compress", "mode", "max-buffer-size":
		default:
			return log, fault.New(fault.Invalid, "unknown log opt '%s' for json-file log driver", name)
		}
		if err != nil || log.MaxBytes <= 0 || log.MaxFiles < 1 || log.MaxFiles > maxLogFiles {
			return log, fault.New(fault.Invalid, "invalid value for log opt '%s': %s", name, value)
		}
	}
	return log, nil
}
