// Package flag reads command lines in the grammar of spf13/pflag, and with its messages: --name value, --name=value,
// -abc, -nvalue, and -- before arguments that look like flags. Tables of flags are plain data, so that a program with
// hundreds of them starts as fast as one with none.
package flag

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Flag describes one flag. A flag without Type is true or false.
type Flag struct {
	Name, Short string
	// Type is the word for the value in the help, and decides how it is checked and whether it accumulates.
	Type string
	// Default is the value of a flag that was not given, as the help shows it.
	Default string
	Usage   string
	Hidden  bool
	// As is the name of the flag that this one is another spelling of.
	As string
	// Deprecated is what to use instead.
	Deprecated string
	// Check refuses values that the type alone does not.
	Check func(value string) error
}

// accumulates tells whether a flag may be given several times, every value counting.
func (f *Flag) accumulates() bool {
	switch f.Type {
	case "list", "map", "filter", "mount", "network", "ulimit", "gpu-request", "strings":
		return true
	}
	return false
}

func (f *Flag) check(value string) error {
	var err error
	switch f.Type {
	case "":
		_, err = strconv.ParseBool(value)
	case "int":
		_, err = strconv.ParseInt(value, 0, 64)
	case "uint":
		_, err = strconv.ParseUint(value, 0, 64)
	case "uint16":
		_, err = strconv.ParseUint(value, 0, 16)
	case "duration":
		_, err = time.ParseDuration(value)
	}
	if err == nil && f.Check != nil {
		err = f.Check(value)
	}
	return err
}

// title is how messages name the flag.
func (f *Flag) title() string {
	if f.Short != "" {
		return "-" + f.Short + ", --" + f.Name
	}
	return "--" + f.Name
}

// Set is what flags a command has: tables, so that commands can share some.
type Set [][]Flag

// Each calls visit for every flag until it returns false.
func (s Set) Each(visit func(*Flag) bool) {
	for _, table := range s {
		for i := range table {
			if !visit(&table[i]) {
				return
			}
		}
	}
}

func (s Set) byName(name string) (found *Flag) {
	s.Each(func(f *Flag) bool {
		if f.Name == name {
			found = f
		}
		return found == nil
	})
	return found
}

func (s Set) byShort(short string) (found *Flag) {
	s.Each(func(f *Flag) bool {
		if f.Short == short {
			found = f
		}
		return found == nil
	})
	return found
}

// Values are the flags of one command line.
type Values struct {
	// Notes are for the user: what was given and had better not be.
	Notes []string

	set   Set
	given []given
}

type given struct {
	flag  *Flag
	value string
}

// Parse reads a command line. With leading, flags end at the first argument, as for commands that run others.
func Parse(set Set, line []string, leading bool) (*Values, []string, error) {
	values := &Values{set: set}
	var arguments []string
	for len(line) > 0 {
		word := line[0]
		line = line[1:]
		switch {
		case word == "--":
			return values, append(arguments, line...), nil
		case len(word) < 2 || word[0] != '-':
			arguments = append(arguments, word)
			if leading {
				return values, append(arguments, line...), nil
			}
		default:
			rest, err := values.read(word, line)
			if err != nil {
				return values, arguments, err
			}
			line = rest
		}
	}
	return values, arguments, nil
}

// read takes one word that starts with a dash, and of the words after it what belongs to it.
func (v *Values) read(word string, line []string) ([]string, error) {
	if strings.HasPrefix(word, "--") {
		return v.readLong(word, line)
	}
	return v.readShort(word, line)
}

func (v *Values) readLong(word string, line []string) ([]string, error) {
	name, value, hasValue := strings.Cut(word[2:], "=")
	if name == "" || name[0] == '-' {
		return nil, fmt.Errorf("bad flag syntax: %s", word)
	}
	flag := v.set.byName(name)
	switch {
	case flag == nil:
		return nil, fmt.Errorf("unknown flag: --%s", name)
	case hasValue:
	case flag.Type == "":
		value = "true"
	case len(line) == 0:
		return nil, fmt.Errorf("flag needs an argument: --%s", name)
	default:
		value, line = line[0], line[1:]
	}
	return line, v.add(flag, value)
}

func (v *Values) readShort(word string, line []string) ([]string, error) {
	for letters := word[1:]; letters != ""; {
		short := letters[:1]
		letters = letters[1:]
		flag := v.set.byShort(short)
		value := "true"
		switch {
		case flag == nil:
			return nil, fmt.Errorf("unknown shorthand flag: '%s' in %s", short, "-"+short+letters)
		case strings.HasPrefix(letters, "="):
			value, letters = letters[1:], ""
		case flag.Type == "":
		case letters != "":
			value, letters = letters, ""
		case len(line) == 0:
			return nil, fmt.Errorf("flag needs an argument: '%s' in %s", short, word)
		default:
			value, line = line[0], line[1:]
		}
		if err := v.add(flag, value); err != nil {
			return nil, err
		}
	}
	return line, nil
}

func (v *Values) add(flag *Flag, value string) error {
	if err := flag.check(value); err != nil {
		return fmt.Errorf("invalid argument %q for %q flag: %w", value, flag.title(), err)
	}
	if flag.Deprecated != "" {
		v.Notes = append(v.Notes, fmt.Sprintf("Flag --%s has been deprecated, %s", flag.Name, flag.Deprecated))
	}
	if flag.As != "" {
		flag = v.set.byName(flag.As)
	}
	v.given = append(v.given, given{flag, value})
	return nil
}
