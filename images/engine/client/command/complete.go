package command

import (
	"strings"

	"twinhull/engine/client/flag"
)

// Candidates are what the last of some words can become: names of commands or flags. kind is what else it can be,
// an object of the engine or a file; "" is nothing.
func (c *Command) Candidates(words []string) (found []string, kind string) {
	last := ""
	if len(words) > 0 {
		last, words = words[len(words)-1], words[:len(words)-1]
	}
	for _, word := range words {
		if strings.HasPrefix(word, "-") {
			continue
		}
		if entry := c.find(word); entry != nil {
			c = entry.Command
		}
	}
	if strings.HasPrefix(last, "-") {
		c.Flags.Each(func(f *flag.Flag) bool {
			if !f.Hidden {
				found = append(found, "--"+f.Name)
			}
			return true
		})
		return append(found, "--help"), ""
	}
	for _, entry := range c.Entries {
		if entry.Section != "-" {
			found = append(found, entry.Name)
		}
	}
	return found, c.Complete
}
