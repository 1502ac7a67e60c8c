package options

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"twinhull/engine/client/flag"
)

// parseSecurity reads seccomp profiles, which the engine gets as text, and settles systempaths=unconfined here.
func parseSecurity(request *Request, values *flag.Values) error {
	host := &request.HostConfig
	for _, word := range values.List("security-opt") {
		key, value, found := strings.Cut(word, "=")
		if !found && key != "no-new-privileges" {
			key, value, found = strings.Cut(word, ":")
		}
		if (!found || value == "") && key != "no-new-privileges" {
			return fmt.Errorf("Invalid --security-opt: %q", word)
		}
		if key == "seccomp" && value != "builtin" && value != "unconfined" {
			profile, err := readProfile(value)
			if err != nil {
				return err
			}
			word = "seccomp=" + profile
		}
		if word == "systempaths=unconfined" {
			host.Unmasked = true
			continue
		}
		host.SecurityOpt = append(host.SecurityOpt, word)
	}
	return nil
}

func readProfile(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("opening seccomp profile (%s) failed: %w", path, err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, raw); err != nil {
		return "", fmt.Errorf("compacting json for seccomp profile (%s) failed: %w", path, err)
	}
	return compact.String(), nil
}
