package reference

import (
	"errors"
	"fmt"
	"strings"
)

// maxName is how long a name with its domain may be.
const maxName = 255

var errFormat = errors.New("invalid reference format")

// Check refuses what cannot name an image, in the words of the engine.
func Check(text string) error {
	if len(text) == 64 && strings.Trim(text, "0123456789abcdef") == "" {
		return nil
	}
	name, tag, digest := cut(text)
	domain, path := Domain(text), pathOf(name)
	// The library looks at what stands before the first colon, whatever that is.
	if remote, _, _ := strings.Cut(pathOf(text), ":"); strings.ToLower(remote) != remote {
		return fmt.Errorf("%w: repository name (%s) must be lowercase", errFormat, remote)
	}
	switch {
	case !isPath(path) || !isDomain(domain) && !isPath(name):
		// The library takes what looks like a domain, and is none, for part of the path.
		return errFormat
	case strings.Contains(text, "@") && !isDigest(digest):
		return errFormat
	case hasTag(text) && !isTag(tag):
		return errFormat
	case len(path) > maxName:
		return fmt.Errorf("repository name must not be more than %d characters", maxName)
	case digest != "":
		return checkDigest(digest)
	}
	return nil
}

// pathOf is a name without its domain, and with the folder of official images if it has no other.
func pathOf(name string) string {
	domain, path := Domain(name), name
	if first, rest, found := strings.Cut(name, "/"); found && (domain != defaultDomain || first == "docker.io" || first == "index.docker.io") {
		path = rest
	}
	if domain == defaultDomain && !strings.Contains(path, "/") {
		path = officialPath + path
	}
	return path
}

func cut(text string) (name, tag, digest string) {
	name, digest, _ = strings.Cut(text, "@")
	if colon := strings.LastIndexByte(name, ':'); colon > strings.LastIndexByte(name, '/') {
		name, tag = name[:colon], name[colon+1:]
	}
	return name, tag, digest
}

func hasTag(text string) bool {
	text, _, _ = strings.Cut(text, "@")
	return strings.LastIndexByte(text, ':') > strings.LastIndexByte(text, '/')
}

// isPath tells whether every part is small letters and digits, with one dot, one or two underscores or dashes between.
func isPath(path string) bool {
	for _, part := range strings.Split(path, "/") {
		if !isComponent(part) {
			return false
		}
	}
	return true
}

func isComponent(part string) bool {
	if part == "" || !alphanumeric(part[0]) || !alphanumeric(part[len(part)-1]) {
		return false
	}
	for i := 0; i < len(part); {
		if alphanumeric(part[i]) {
			i++
			continue
		}
		run := len(part) - i - len(strings.TrimLeft(part[i:], part[i:i+1]))
		switch {
		case part[i] == '.' && run == 1, part[i] == '_' && run <= 2, part[i] == '-':
		default:
			return false
		}
		if !alphanumeric(part[i+run]) {
			return false
		}
		i += run
	}
	return true
}

func alphanumeric(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }

func isDomain(domain string) bool {
	host, port, found := strings.Cut(domain, ":")
	if strings.HasPrefix(domain, "[") {
		address, after, closed := strings.Cut(domain[1:], "]")
		port, colon := strings.CutPrefix(after, ":")
		return closed && address != "" && strings.Trim(address, "0123456789abcdefABCDEF:") == "" &&
			(after == "" || colon && port != "" && strings.Trim(port, "0123456789") == "")
	}
	if found && (port == "" || strings.Trim(port, "0123456789") != "") {
		return false
	}
	for _, label := range strings.Split(strings.ToLower(host), ".") {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" ||
			label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return true
}

func isTag(tag string) bool {
	if tag == "" || len(tag) > 128 || tag[0] == '.' || tag[0] == '-' {
		return false
	}
	return strings.Trim(strings.ToLower(tag), "abcdefghijklmnopqrstuvwxyz0123456789_.-") == ""
}

func isDigest(digest string) bool {
	algorithm, sum, found := strings.Cut(digest, ":")
	for _, part := range strings.FieldsFunc(algorithm+"+", func(r rune) bool { return strings.ContainsRune("-_+.", r) }) {
		if first := part[0] | 0x20; first < 'a' || first > 'z' || strings.Trim(strings.ToLower(part), letters) != "" {
			return false
		}
	}
	return found && separated(algorithm) && len(sum) >= 32 && strings.Trim(sum, "0123456789abcdefABCDEF") == ""
}

const letters = "abcdefghijklmnopqrstuvwxyz0123456789"

// separated tells whether an algorithm's parts have one sign between them each.
func separated(algorithm string) bool {
	before := true
	for _, letter := range algorithm {
		sign := strings.ContainsRune("-_+.", letter)
		if sign && before {
			return false
		}
		before = sign
	}
	return !before
}

// checkDigest knows the algorithms that the engine knows, and how long their sums are.
func checkDigest(digest string) error {
	algorithm, sum, _ := strings.Cut(digest, ":")
	length := map[string]int{"sha256": 64, "sha384": 96, "sha512": 128}[algorithm]
	switch {
	case length == 0:
		return errors.New("unsupported digest algorithm")
	case len(sum) != length:
		return errors.New("invalid checksum digest length")
	case strings.ToLower(sum) != sum:
		return errors.New("invalid checksum digest format")
	}
	return nil
}
