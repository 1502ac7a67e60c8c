package command

import (
	"fmt"
	"strings"

	"twinhull/engine/client/flag"
	"twinhull/engine/client/terminal"
)

// fallbackColumns is for output that is no terminal.
const fallbackColumns = 80

func (c *Call) printHelp() error {
	_, err := fmt.Fprint(c.Out, c.help())
	return err
}

// help is what --help prints.
func (c *Call) help() string {
	var text strings.Builder
	paragraph := func(parts ...string) {
		for _, part := range parts {
			text.WriteString(part)
		}
		text.WriteByte('\n')
	}
	paragraph(c.usage(), "\n\n", c.Command.Short)
	if c.Command.Synonyms != "" {
		paragraph("\nAliases:\n  ", c.Command.Synonyms)
	}
	if len(c.Command.Entries) == 0 {
		c.options(&text, "Options")
		return text.String()
	}
	sections := c.sections()
	if len(sections) == 1 {
		c.options(&text, "Options")
	}
	for _, section := range sections {
		paragraph("\n", section.title, ":\n", strings.Join(section.lines, "\n"))
	}
	if len(sections) > 1 {
		c.options(&text, "Global Options")
	}
	paragraph("\nRun '", c.Path, " COMMAND --help' for more information on a command.")
	return text.String()
}

func (c *Call) options(text *strings.Builder, title string) {
	flags := c.Command.Flags
	if usesH(flags) {
		flags = append(flag.Set{helpFlag}, flags...)
	}
	if len(flags.Sorted()) == 0 {
		return
	}
	columns := fallbackColumns
	if _, width := terminal.Size(1); width > 0 {
		columns = width
	}
	text.WriteString("\n" + title + ":\n" + flags.Help(columns-1))
}

// shortest is how much room a command's name has at least.
const shortest = 11

type section struct {
	title string
	lines []string
}

// sections groups the commands below this one by their titles, in the order in which those come.
func (c *Call) sections() []section {
	var sections []section
	width := shortest
	for _, entry := range c.Command.Entries {
		width = max(width, len(entry.Name))
	}
	for _, entry := range c.Command.Entries {
		if entry.Section == "-" {
			continue
		}
		title := entry.Section
		if title == "" {
			title = "Commands"
		}
		brief := entry.Command.Brief
		if brief == "" {
			brief, _, _ = strings.Cut(entry.Command.Short, "\n")
		}
		line := fmt.Sprintf("  %-*s %s", width, entry.Name, brief)
		found := false
		for i := range sections {
			if sections[i].title == title {
				sections[i].lines = append(sections[i].lines, line)
				found = true
			}
		}
		if !found {
			sections = append(sections, section{title, []string{line}})
		}
	}
	return sections
}
