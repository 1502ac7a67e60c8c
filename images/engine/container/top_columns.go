package container

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// column is one of ps's.
type column struct {
	title string
	show  func(*process) string
}

func ofField(field int) func(*process) string {
	return func(p *process) string { return strconv.FormatInt(p.number(field), 10) }
}

func ofNumber(value func(*process) int) func(*process) string {
	return func(p *process) string { return strconv.Itoa(value(p)) }
}

func showCommand(p *process) string { return p.command }
func showTime(p *process) string    { return clock(p.used()) }
func showShare(p *process) string   { return strconv.FormatFloat(min(p.share(), 999), 'f', 1, 64) }

func showMemoryShare(p *process) string {
	return strconv.FormatFloat(100*float64(p.residentBytes())/float64(p.view.memory), 'f', 1, 64)
}

func showElapsed(p *process) string {
	elapsed := p.view.now.Sub(p.started())
	if days := int(elapsed.Hours()) / 24; days > 0 {
		return fmt.Sprintf("%d-%s", days, clock(elapsed-time.Duration(days)*24*time.Hour))
	}
	return strings.TrimPrefix(clock(elapsed), "00:")
}

// columns by the names that `ps -o` has for them.
var columns = map[string]column{
	"pid":   {"PID", ofNumber(func(p *process) int { return p.pid })},
	"ppid":  {"PPID", ofField(4)},
	"pgid":  {"PGID", ofField(5)},
	"sid":   {"SID", ofField(6)},
	"user":  {"USER", (*process).user},
	"uid":   {"UID", ofNumber(func(p *process) int { return p.uid })},
	"gid":   {"GID", ofNumber(func(p *process) int { return p.gid })},
	"comm":  {"COMMAND", func(p *process) string { return p.comm }},
	"args":  {"COMMAND", showCommand},
	"cmd":   {"CMD", showCommand},
	"s":     {"S", func(p *process) string { return p.state }},
	"stat":  {"STAT", func(p *process) string { return p.state }},
	"pri":   {"PRI", ofField(18)},
	"ni":    {"NI", ofField(19)},
	"nlwp":  {"NLWP", ofField(20)},
	"rss":   {"RSS", func(p *process) string { return strconv.FormatUint(p.residentBytes()>>10, 10) }},
	"vsz":   {"VSZ", func(p *process) string { return strconv.FormatInt(p.number(23)>>10, 10) }},
	"c":     {"C", ofNumber(func(p *process) int { return min(int(p.share()), 99) })},
	"pcpu":  {"%CPU", showShare},
	"pmem":  {"%MEM", showMemoryShare},
	"tty":   {"TTY", (*process).terminal},
	"tt":    {"TT", (*process).terminal},
	"time":  {"TIME", showTime},
	"etime": {"ELAPSED", showElapsed},
	"stime": {"STIME", (*process).startTime},
	"start": {"START", (*process).startTime},
	// The first column of -f shows a name below this title.
	"full user": {"UID", (*process).user},
}

var columnAliases = map[string]string{
	"uname": "user", "euser": "user", "ruser": "user", "euid": "uid", "ruid": "uid", "group": "gid", "egid": "gid",
	"ucmd": "comm", "ucomm": "comm", "command": "args", "state": "s", "nice": "ni", "thcount": "nlwp",
	"rssize": "rss", "rsz": "rss", "vsize": "vsz", "%cpu": "pcpu", "%mem": "pmem", "tname": "tty", "cputime": "time",
	"start_time": "stime", "bsdstart": "start", "lstart": "start", "pgrp": "pgid", "sess": "sid", "session": "sid",
}

const (
	fullFormat  = "full user,pid,ppid,c,stime,tty,time,cmd"
	shortFormat = "pid,tty,time,cmd"
	userFormat  = "user,pid,pcpu,pmem,vsz,rss,tty,stat,start,time,args"
)

// chooseColumns reads ps's arguments: -ef, aux, -o pid,comm, -eo pid,comm, ... Which processes are listed they cannot say.
func chooseColumns(arguments string) ([]column, error) {
	format := ""
	words := strings.Fields(arguments)
	if len(words) == 0 {
		format = fullFormat
	}
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		options := strings.TrimPrefix(word, "-")
		for i, option := range options {
			switch {
			case strings.ContainsRune("eAaxdHwN", option):
			case option == 'f' || option == 'F':
				format = fullFormat
			case option == 'u':
				format = userFormat
			case option == 'o':
				list := options[i+1:]
				if list == "" {
					if len(words) == 0 {
						return nil, fmt.Errorf("ps: format specification must follow -o")
					}
					list, words = words[0], words[1:]
				}
				return listedColumns(list, words)
			default:
				return nil, fmt.Errorf("ps: %s: this machine's ps knows -e, -f, aux and -o COLUMN,...", word)
			}
		}
	}
	if format == "" {
		format = shortFormat
	}
	return listedColumns(format, nil)
}

// listedColumns reads "pid,comm" and what further -o say.
func listedColumns(list string, more []string) ([]column, error) {
	for i, word := range more {
		if word == "-o" && i+1 < len(more) {
			list += "," + more[i+1]
		}
	}
	var chosen []column
	hasPid := false
	for name := range strings.SplitSeq(list, ",") {
		if alias, found := columnAliases[strings.ToLower(name)]; found {
			name = alias
		}
		found, known := columns[strings.ToLower(name)]
		if !known {
			return nil, fmt.Errorf("ps: unknown user-defined format specifier %q", name)
		}
		hasPid = hasPid || found.title == "PID"
		chosen = append(chosen, found)
	}
	if !hasPid {
		return nil, fmt.Errorf("Couldn't find PID field in ps output")
	}
	return chosen, nil
}
