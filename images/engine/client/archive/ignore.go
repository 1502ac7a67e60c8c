// Package archive makes and unpacks the tar archives of `docker cp` and `docker build`.
package archive

import (
	"bufio"
	"fmt"
	"io"
	"path"
	"strings"
)

// Ignore decides what a .dockerignore leaves out. It matches part by part with path.Match: the library that the engine
// uses turns patterns into regular expressions, and having those in this program costs every command a tenth of a
// million instructions.
type Ignore struct{ rules []rule }

type rule struct {
	parts []string
	// keep is for a pattern that begins with !.
	keep bool
}

// ParseIgnore reads a .dockerignore.
func ParseIgnore(from io.Reader) (*Ignore, error) {
	ignore := &Ignore{}
	lines := bufio.NewScanner(from)
	for first := true; lines.Scan(); first = false {
		line := lines.Text()
		if first {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		if err := ignore.Add(line); err != nil {
			return nil, err
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read .dockerignore: %w", err)
	}
	return ignore, nil
}

// Add appends a pattern; later patterns overrule earlier ones.
func (i *Ignore) Add(pattern string) error {
	pattern = strings.TrimSpace(pattern)
	rest, keep := strings.CutPrefix(pattern, "!")
	pattern = strings.TrimSpace(rest)
	if pattern == "" {
		if keep {
			return fmt.Errorf(`illegal exclusion pattern: "!"`)
		}
		return nil
	}
	pattern = strings.TrimPrefix(path.Clean("/"+pattern), "/")
	if pattern == "" {
		return nil
	}
	parts := strings.Split(pattern, "/")
	for _, part := range parts {
		if _, err := path.Match(part, ""); err != nil {
			return fmt.Errorf("the pattern %q of .dockerignore is malformed: %w", pattern, err)
		}
	}
	i.rules = append(i.rules, rule{parts, keep})
	return nil
}

// Excludes tells whether a path, relative and with slashes, is left out: itself or a folder above it.
func (i *Ignore) Excludes(name string) bool {
	parts := strings.Split(name, "/")
	excluded := false
	for _, rule := range i.rules {
		if rule.keep != excluded {
			continue
		}
		for length := 1; length <= len(parts); length++ {
			if match(rule.parts, parts[:length]) {
				excluded = !rule.keep
				break
			}
		}
	}
	return excluded
}

// Keeps tells whether something below an excluded folder may have been kept by a later pattern.
func (i *Ignore) Keeps() bool {
	for _, rule := range i.rules {
		if rule.keep {
			return true
		}
	}
	return false
}

// match compares a path with a pattern in which ** stands for any number of parts.
func match(pattern, parts []string) bool {
	if len(pattern) == 0 {
		return len(parts) == 0
	}
	if pattern[0] == "**" {
		for skip := 0; skip <= len(parts); skip++ {
			if match(pattern[1:], parts[skip:]) {
				return true
			}
		}
		return false
	}
	if len(parts) == 0 {
		return false
	}
	matched, _ := path.Match(strings.ReplaceAll(pattern[0], "**", "*"), parts[0])
	return matched && match(pattern[1:], parts[1:])
}
