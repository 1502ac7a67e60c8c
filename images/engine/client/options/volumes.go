package options

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"unicode"

	"twinhull/engine/client/flag"
)

// parseVolumes tells binds, which have a source, from anonymous volumes, which do not.
func parseVolumes(request *Request, values *flag.Values) error {
	host := &request.HostConfig
	seen := map[string]bool{}
	for _, spec := range values.List("volume") {
		if seen[spec] {
			continue
		}
		seen[spec] = true
		source, err := volumeSource(spec)
		if err != nil {
			return err
		}
		if source == "" {
			if request.Volumes == nil {
				request.Volumes = map[string]struct{}{}
			}
			request.Volumes[spec] = struct{}{}
			continue
		}
		host.Binds = append(host.Binds, absoluteBind(source, spec))
	}
	for _, word := range values.List("tmpfs") {
		if host.Tmpfs == nil {
			host.Tmpfs = map[string]string{}
		}
		target, settings, _ := strings.Cut(word, ":")
		host.Tmpfs[target] = settings
	}
	for _, word := range values.List("mount") {
		mount, err := ParseMount(word)
		if err != nil {
			return err
		}
		host.Mounts = append(host.Mounts, mount)
	}
	return nil
}

// volumeSource returns what stands before the first colon of [SOURCE:]TARGET[:OPTIONS]. A letter and a colon are a
// Windows drive, as Docker reads them.
func volumeSource(spec string) (string, error) {
	if spec == "" {
		return "", errors.New("invalid empty volume spec")
	}
	if len(spec) <= 2 {
		return "", nil
	}
	var parts []string
	part := ""
	for _, letter := range spec {
		if letter != ':' || len(part) == 1 && unicode.IsLetter(rune(part[0])) {
			part += string(letter)
			continue
		}
		parts = append(parts, part)
		part = ""
	}
	parts = append(parts, part)
	for i, part := range parts {
		if part == "" {
			return "", fmt.Errorf("invalid spec: %s: empty section between colons", spec)
		}
		if i == 2 && len(parts) > 3 {
			return "", fmt.Errorf("invalid spec: %s: too many colons", spec)
		}
	}
	if len(parts) == 1 {
		return "", nil
	}
	return parts[0], nil
}

// absoluteBind resolves a source like ./data in the client's folder.
func absoluteBind(source, spec string) string {
	if source[0] != '.' {
		return spec
	}
	path, rest, _ := strings.Cut(spec, ":")
	if absolute, err := filepath.Abs(path); err == nil {
		path = absolute
	}
	return path + ":" + rest
}
