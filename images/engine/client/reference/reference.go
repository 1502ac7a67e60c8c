// Package reference takes names of images apart, without the regular expressions that the engine checks them with:
// compiling those costs more than a short command may.
package reference

import "strings"

const (
	defaultDomain = "docker.io"
	// officialPath is left out of familiar names, as is the domain.
	officialPath = "library/"
)

// Split takes a name like "host:5000/path:tag@sha256:..." apart. Name is familiar: without "docker.io/library/".
func Split(text string) (name, tag, digest string) {
	name, digest, _ = strings.Cut(text, "@")
	if colon := strings.LastIndexByte(name, ':'); colon > strings.LastIndexByte(name, '/') {
		name, tag = name[:colon], name[colon+1:]
	}
	return Familiar(name), tag, digest
}

// Join puts a name together.
func Join(name, tag, digest string) string {
	if tag != "" {
		name += ":" + tag
	}
	if digest != "" {
		name += "@" + digest
	}
	return name
}

// Domain returns the registry of a name.
func Domain(name string) string {
	first, _, found := strings.Cut(name, "/")
	if !found || !strings.ContainsAny(first, ".:") && first != "localhost" && strings.ToLower(first) == first {
		return defaultDomain
	}
	if first == "index.docker.io" {
		return defaultDomain
	}
	return first
}

// Familiar is a name as people write it.
func Familiar(name string) string {
	for _, domain := range [...]string{"docker.io/", "index.docker.io/"} {
		if rest, found := strings.CutPrefix(name, domain); found {
			if short, official := strings.CutPrefix(rest, officialPath); official && !strings.Contains(short, "/") {
				return short
			}
			return rest
		}
	}
	if short, official := strings.CutPrefix(name, officialPath); official && !strings.Contains(short, "/") {
		return short
	}
	return name
}

// Full is a name with its domain, as registries know it.
func Full(name string) string {
	if Domain(name) != defaultDomain {
		return name
	}
	name = Familiar(name)
	if !strings.Contains(name, "/") {
		name = officialPath + name
	}
	return defaultDomain + "/" + name
}
