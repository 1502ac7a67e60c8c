package runtime

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Process describes a further process in a running container. Of what is wanted only what concerns processes is used.
// A privileged one has every capability whatever the container has.
func Process(wanted Wanted, privileged bool) (*specs.Process, error) {
	security, err := readSecurity(wanted.Host.SecurityOpt)
	if err != nil {
		return nil, err
	}
	host := *wanted.Host
	host.Privileged = host.Privileged || privileged
	capabilities, err := capabilitiesOf(&host)
	if err != nil {
		return nil, err
	}
	return process(wanted, capabilities, security), nil
}

// WriteProcess writes a process where Launch.Exec names it.
func WriteProcess(path string, process *specs.Process) error {
	text, err := json.Marshal(process)
	if err != nil {
		return fmt.Errorf("describe a process in %s: %w", path, err)
	}
	return os.WriteFile(path, text, 0o600)
}

// words are the C library's for what clients look for in Go's words: their exit status depends on it.
var words = strings.NewReplacer(
	"Permission denied", "permission denied", "No such file or directory", "no such file or directory",
	"Is a directory", "is a directory", "Not a directory", "not a directory",
	"Exec format error", "exec format error", "process.args[0]: ", "exec: ",
)

func (e *StartError) Error() string { return words.Replace(e.Message) }
