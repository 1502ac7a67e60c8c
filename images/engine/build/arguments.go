package build

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// predefined arguments need no ARG, and are kept out of the image's history unless they have one.
var predefined = []string{
	"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "FTP_PROXY", "ftp_proxy", "NO_PROXY", "no_proxy",
	"ALL_PROXY", "all_proxy",
}

// arguments are ARG's variables.
type arguments struct {
	// given are --build-arg's. A nil value was named without one.
	given map[string]*string
	// meta are declared before the first FROM, declared in the present stage. A nil value has no default.
	meta, declared map[string]*string
	// referenced have an ARG in any stage.
	referenced map[string]bool
}

func newArguments(given map[string]*string) *arguments {
	return &arguments{
		given: given, meta: map[string]*string{}, declared: map[string]*string{}, referenced: map[string]bool{},
	}
}

// beginStage forgets what the stage before has declared.
func (a *arguments) beginStage() { a.declared = map[string]*string{} }

func (a *arguments) declare(name string, value *string) {
	a.declared[name] = value
	a.referenced[name] = true
}

func (a *arguments) declareMeta(name string, value *string) {
	a.declare(name, value)
	a.meta[name] = value
}

// value returns an argument's, if it has one: what was given, its default, or the default before the first FROM.
func (a *arguments) value(name string, declared map[string]*string) (string, bool) {
	for _, known := range []map[string]*string{a.given, declared, a.meta} {
		if value := known[name]; value != nil {
			return *value, true
		}
	}
	return "", false
}

// list returns NAME=value of all that are declared or predefined, sorted.
func (a *arguments) list(declared map[string]*string) []string {
	names := slices.Concat(slices.Collect(maps.Keys(declared)), predefined)
	slices.Sort(names)
	var list []string
	for _, name := range slices.Compact(names) {
		if _, isDeclared := declared[name]; !isDeclared && a.given[name] == nil {
			continue
		}
		if value, ok := a.value(name, declared); ok {
			list = append(list, name+"="+value)
		}
	}
	return list
}

func (a *arguments) allowed() []string { return a.list(a.declared) }
func (a *arguments) ofFrom() []string  { return a.list(a.meta) }

// beyond returns the allowed arguments that the environment does not have: an ENV hides an ARG.
func (a *arguments) beyond(env []string) []string {
	return slices.DeleteFunc(a.allowed(), func(argument string) bool {
		name, _, _ := strings.Cut(argument, "=")
		return hasVariable(env, name)
	})
}

func hasVariable(env []string, name string) bool {
	return slices.ContainsFunc(env, func(variable string) bool {
		found, _, _ := strings.Cut(variable, "=")
		return found == name
	})
}

// inHistory tells whether an argument belongs into the command that the image's history has.
func (a *arguments) inHistory(name string) bool {
	_, declared := a.declared[name]
	return declared || !slices.Contains(predefined, name)
}

// warn names the arguments that were given for nothing.
func (a *arguments) warn(output io.Writer) {
	var unused []string
	for name := range a.given {
		if !a.referenced[name] && !slices.Contains(predefined, name) {
			unused = append(unused, name)
		}
	}
	if len(unused) > 0 {
		slices.Sort(unused)
		fmt.Fprintf(output, "[Warning] One or more build-args %v were not consumed\n", unused)
	}
}
