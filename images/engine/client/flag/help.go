package flag

import "strings"

// Help lists flags for a terminal of some columns.
func (s Set) Help(columns int) string {
	flags := s.Sorted()
	heads := make([]string, len(flags))
	width := 0
	for i, flag := range flags {
		head := "      --" + flag.Name
		if flag.Short != "" {
			head = "  -" + flag.Short + ", --" + flag.Name
		}
		if flag.Type != "" {
			head += " " + flag.Type
		}
		heads[i] = head
		width = max(width, len(head))
	}
	var text strings.Builder
	for i, flag := range flags {
		usage := flag.Usage
		if value := flag.shownDefault(); value != "" {
			usage += " (default " + value + ")"
		}
		text.WriteString(heads[i])
		text.WriteString(strings.Repeat(" ", width-len(heads[i])+3))
		text.WriteString(wrap(width+3, columns, usage))
		text.WriteByte('\n')
	}
	return text.String()
}

func (f *Flag) shownDefault() string {
	if f.Type == "string" && f.Default != "" {
		return `"` + f.Default + `"`
	}
	return f.Default
}

// Widths of the usage column, in characters: below narrow it is not worth indenting, and a last word of up to slack
// characters may overhang rather than stand on a line of its own. Both are pflag's.
const (
	narrow = 24
	slack  = 5
)

// wrap breaks a text at columns, indenting all lines but the first.
func wrap(indent, columns int, text string) string {
	margin := strings.Repeat(" ", indent)
	if columns == 0 {
		return strings.ReplaceAll(text, "\n", "\n"+margin)
	}
	room := columns - indent
	var out strings.Builder
	if room < narrow {
		indent = 16
		room = columns - indent
		margin = strings.Repeat(" ", indent)
		out.WriteString("\n" + margin)
	}
	if room < narrow {
		return strings.ReplaceAll(text, "\n", "\n"+margin)
	}
	room -= slack
	line, text := cut(room, slack, text)
	out.WriteString(strings.ReplaceAll(line, "\n", "\n"+margin))
	for text != "" {
		line, text = cut(room, slack, text)
		out.WriteString("\n" + margin + strings.ReplaceAll(line, "\n", "\n"+margin))
	}
	return out.String()
}

// cut takes a line of at most width characters off a text, or the whole text if it overhangs by no more than slack.
func cut(width, slack int, text string) (line, rest string) {
	if width+slack > len(text) {
		return text, ""
	}
	space := strings.LastIndexAny(text[:width], " \t\n")
	if space <= 0 {
		return text, ""
	}
	if newline := strings.LastIndex(text[:width], "\n"); newline > 0 && newline < space {
		return text[:newline], text[newline+1:]
	}
	return text[:space], text[space+1:]
}
