package flag

import (
	"sort"
	"strconv"
	"strings"
	"time"
)

// The getters panic on a name that the command does not have: that is a mistake in this program.

func (v *Values) flag(name string) *Flag {
	flag := v.set.byName(name)
	if flag == nil {
		panic("no flag --" + name)
	}
	return flag
}

// Defines tells whether the command has such a flag.
func (v *Values) Defines(name string) bool { return v.set.byName(name) != nil }

// Any tells whether any flag was given.
func (v *Values) Any() bool { return len(v.given) > 0 }

// Has tells whether a flag was given.
func (v *Values) Has(name string) bool {
	flag := v.flag(name)
	for i := range v.given {
		if v.given[i].flag == flag {
			return true
		}
	}
	return false
}

// String returns the last value given, else the default.
func (v *Values) String(name string) string {
	flag := v.flag(name)
	for i := len(v.given) - 1; i >= 0; i-- {
		if v.given[i].flag == flag {
			return v.given[i].value
		}
	}
	return flag.Default
}

// Bool returns the last value given, else the default.
func (v *Values) Bool(name string) bool {
	value, _ := strconv.ParseBool(v.String(name))
	return value
}

// Int returns the last value given, else the default.
func (v *Values) Int(name string) int64 {
	value, _ := strconv.ParseInt(v.String(name), 0, 64)
	return value
}

// Duration returns the last value given, else the default.
func (v *Values) Duration(name string) time.Duration {
	value, _ := time.ParseDuration(v.String(name))
	return value
}

// List returns all values given, in their order; nil if there are none. Those of type "strings" are split at commas.
func (v *Values) List(name string) []string {
	flag := v.flag(name)
	var list []string
	for i := range v.given {
		if v.given[i].flag != flag {
			continue
		}
		if flag.Type == "strings" {
			list = append(list, strings.Split(v.given[i].value, ",")...)
		} else {
			list = append(list, v.given[i].value)
		}
	}
	return list
}

// Map returns the values given as KEY=VALUE; nil if there are none.
func (v *Values) Map(name string) map[string]string { return Pairs(v.List(name)) }

// Pairs reads KEY=VALUE words; nil if there are none.
func Pairs(list []string) map[string]string {
	if len(list) == 0 {
		return nil
	}
	pairs := make(map[string]string, len(list))
	for _, item := range list {
		key, value, _ := strings.Cut(item, "=")
		pairs[key] = value
	}
	return pairs
}

// Sorted returns the flags that the help lists, by name.
func (s Set) Sorted() []*Flag {
	var list []*Flag
	s.Each(func(f *Flag) bool {
		if !f.Hidden {
			list = append(list, f)
		}
		return true
	})
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list
}
