// Package volume keeps volumes: which there are, where their files are, and which containers use them.
package volume

import (
	"crypto/rand"
	"encoding/hex"
	"regexp"
	"time"

	"twinhull/engine/fault"
)

// LocalDriver is the driver that keeps volumes in the engine's own directory. All others are plugins.
const LocalDriver = "local"

// AnonymousLabel marks volumes that nobody named: those that `VOLUME` and `-v /path` make.
const AnonymousLabel = "com.docker.volume.anonymous"

// Volume is a volume in the form of Docker's API.
type Volume struct {
	CreatedAt  string            `json:"CreatedAt,omitempty"`
	Driver     string            `json:"Driver"`
	Labels     map[string]string `json:"Labels"`
	Mountpoint string            `json:"Mountpoint"`
	Name       string            `json:"Name"`
	Options    map[string]string `json:"Options"`
	Scope      string            `json:"Scope"`
	// Status is what a plugin tells of the volume.
	Status map[string]any `json:"Status,omitempty"`
	// UsageData is there in `system df` alone.
	UsageData *UsageData `json:"UsageData,omitempty"`
}

// UsageData is how large a volume is, in bytes (-1: unknown), and how many containers use it.
type UsageData struct {
	RefCount int64 `json:"RefCount"`
	Size     int64 `json:"Size"`
}

// CreateOptions is what is asked of a new volume. Without a name it becomes an anonymous one, without a driver a local one.
type CreateOptions struct {
	Name    string
	Driver  string
	Options map[string]string
	Labels  map[string]string
}

// nameCharacters is the pattern in Docker's words: its message quotes it.
const nameCharacters = `[a-zA-Z0-9][a-zA-Z0-9_.-]`

// maxName is the length of a file's name, less what the metadata's file appends.
const maxName = 250

var validName = regexp.MustCompile(`^` + nameCharacters + `+$`)

// checkName accepts the names of local volumes, which are the names of their directories.
func checkName(name string) error {
	if len(name) == 1 {
		return fault.New(fault.Invalid, "volume name is too short, names should be at least two alphanumeric characters")
	}
	if !validName.MatchString(name) {
		return fault.New(fault.Invalid, "%q includes invalid characters for a local volume name, only %q are allowed. "+
			"If you intended to pass a host directory, use absolute path", name, nameCharacters)
	}
	if len(name) > maxName {
		return fault.New(fault.Invalid, "volume name is too long: it has %d characters, and %d fit", len(name), maxName)
	}
	return nil
}

func anonymousName() string {
	var bytes [32]byte
	_, _ = rand.Read(bytes[:]) // Never fails: crypto/rand ends the program before that.
	return hex.EncodeToString(bytes[:])
}

func timeText(moment time.Time) string {
	if moment.IsZero() {
		return ""
	}
	return moment.Format(time.RFC3339)
}
