// Package command is the tree of the client's commands: finding one, reading its flags, its help and its completion.
// The tree is data, so that it costs nothing to have it.
package command

import (
	"fmt"
	"slices"
	"strings"

	"twinhull/engine/client/flag"
)

// Command is what can be run, or a group of such.
type Command struct {
	// Usage follows the command's name in the help; further lines are further forms.
	Usage []string
	Short string
	// Brief is what stands in the list of commands, if that is not Short.
	Brief string
	// Synonyms lists all names of a command that has several, in full.
	Synonyms string
	Flags    flag.Set
	// Min and Max bound the number of arguments; Max Any sets no bound.
	Min, Max int
	// Leading flags end at the first argument, for commands that take another command's line.
	Leading bool
	Run     func(*Call) error
	// Complete names what arguments are, for the shell: "container", "image", "network", "volume", "file".
	Complete string
	Entries  []Entry
}

// Any is a Max that bounds nothing.
const Any = -1

// Entry is a command under its names.
type Entry struct {
	Name    string
	Aliases []string
	Command *Command
	// Section is the title under which the help lists it; "" is Commands, "-" not at all.
	Section string
}

// Call is one use of a command.
type Call struct {
	*Session
	*flag.Values
	// Path is the command's full name: "docker container ls".
	Path    string
	Command *Command
	Args    []string
}

// find returns the entry of a name.
func (c *Command) find(name string) *Entry {
	for i := range c.Entries {
		entry := &c.Entries[i]
		if entry.Name == name {
			return entry
		}
		for _, alias := range entry.Aliases {
			if alias == name {
				return entry
			}
		}
	}
	return nil
}

// helpFlag is what every command understands. -h is for commands that have no other use for it.
var helpFlag = []flag.Flag{{Name: "help", Usage: "Print usage"}}

var shortHelpFlag = []flag.Flag{{Name: "help", Short: "h", Usage: "Print usage", Hidden: true}}

// Exit ends the program with a status after printing a message, if there is one, to stderr.
type Exit struct {
	Status  int
	Message string
}

func (e *Exit) Error() string { return e.Message }

// Fail makes an Exit.
func Fail(status int, format string, arguments ...any) error {
	return &Exit{status, fmt.Sprintf(format, arguments...)}
}

// Execute finds the command that a line names, under a command with a path, and runs it.
func (c *Command) Execute(session *Session, path string, line []string) error {
	for len(line) > 0 && c.Entries != nil {
		entry := c.find(line[0])
		if entry == nil {
			break
		}
		c, path, line = entry.Command, path+" "+entry.Name, line[1:]
	}
	flags := append(flag.Set{shortHelpFlag}, c.Flags...)
	if usesH(c.Flags) {
		flags[0] = helpFlag
	}
	values, arguments, err := flag.Parse(flags, line, c.Leading)
	call := &Call{Session: session, Values: values, Path: path, Command: c, Args: arguments}
	for _, note := range values.Notes {
		fmt.Fprintln(session.Out, note)
	}
	if values.Bool("help") {
		if slices.Contains(line, "-h") {
			fmt.Fprintln(call.Out, "Flag shorthand -h has been deprecated, use --help")
		}
		return call.printHelp()
	}
	if err != nil {
		return Fail(125, "%v\n\n%s\n\nRun '%s --help' for more information", err, call.usage(), path)
	}
	if c.Run == nil {
		return c.group(call)
	}
	if err := call.count(); err != nil {
		return err
	}
	return c.Run(call)
}

func usesH(set flag.Set) bool {
	used := false
	set.Each(func(f *flag.Flag) bool {
		used = f.Short == "h"
		return !used
	})
	return used
}

// group answers for a command that only has others below it.
func (c *Command) group(call *Call) error {
	if len(call.Args) == 0 {
		fmt.Fprint(call.Err, call.help())
		return nil
	}
	return Fail(1, "docker: unknown command: %s %s\n\nUsage:  %s\n\nRun '%s --help' for more information",
		call.Path, call.Args[0], call.Path, call.Path)
}

// count refuses too few or too many arguments in Docker's words.
func (c *Call) count() error {
	low, high, have := c.Command.Min, c.Command.Max, len(c.Args)
	if have >= low && (have <= high || high == Any) {
		return nil
	}
	see := "Run"
	var want string
	switch {
	case high == 0:
		want = "accepts no arguments"
	case high == Any:
		want, see = "requires at least "+arguments(low), "See"
	case low == high:
		want = "requires " + arguments(low)
	case low == 0:
		want = "requires at most " + arguments(high)
	default:
		want = fmt.Sprintf("requires at least %d and at most %s", low, arguments(high))
	}
	return Fail(1, "docker: '%s' %s\n\n%s\n\n%s '%s --help' for more information", c.Path, want, c.usage(), see, c.Path)
}

func arguments(n int) string {
	if n == 1 {
		return "1 argument"
	}
	return fmt.Sprintf("%d arguments", n)
}

// usage is the first paragraph of the help.
func (c *Call) usage() string {
	forms := c.Command.Usage
	if forms == nil {
		forms = []string{""}
		if c.Command.Entries != nil {
			forms[0] = "COMMAND"
		}
	}
	lines := make([]string, len(forms))
	for i, form := range forms {
		lines[i] = strings.TrimRight(c.Path+" "+form, " ")
	}
	return "Usage:  " + strings.Join(lines, "\n\t")
}

// Has tells whether a command of this name is right below.
func (c *Command) Has(name string) bool { return c.find(name) != nil }
