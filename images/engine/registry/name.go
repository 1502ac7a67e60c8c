package registry

import (
	"slices"
	"strings"
)

// maxName is the longest name of a repository, as in Docker's registry.
const maxName = 255

// reserved words may not be a part of a name: the static layout has folders of these names beside a repository's files,
// and `a/manifests/b` as a repository would lie among the manifests of `a`.
var reserved = []string{"manifests", "blobs", "tags", "referrers"}

// checkName accepts names by the specification's grammar: parts of lower-case letters and digits, separated inside by
// one period, one or two underscores, or dashes, and joined by slashes.
func checkName(name string) error {
	if name == "" || len(name) > maxName {
		return nameInvalid.with("%q is not 1 to %d characters long", name, maxName)
	}
	for part := range strings.SplitSeq(name, "/") {
		if !validPart(part) {
			return nameInvalid.with("%q does not consist of lower-case letters, digits and single separators", name)
		}
		if slices.Contains(reserved, part) {
			return nameInvalid.with("%q has the reserved part %q", name, part)
		}
	}
	return nil
}

func validPart(part string) bool {
	for {
		word := 0
		for word < len(part) && alphanumeric(part[word]) {
			word++
		}
		if word == 0 {
			return false
		}
		part = part[word:]
		if part == "" {
			return true
		}
		separator := len(part) - len(strings.TrimLeft(part, part[:1]))
		switch part[0] {
		case '.':
			if separator != 1 {
				return false
			}
		case '_':
			if separator > 2 {
				return false
			}
		case '-':
		default:
			return false
		}
		part = part[separator:]
	}
}

func alphanumeric(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }

// validTag accepts [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}.
func validTag(tag string) bool {
	if tag == "" || len(tag) > 128 || tag[0] == '.' || tag[0] == '-' {
		return false
	}
	for _, c := range []byte(tag) {
		if !alphanumeric(c) && !('A' <= c && c <= 'Z') && c != '_' && c != '.' && c != '-' {
			return false
		}
	}
	return true
}
