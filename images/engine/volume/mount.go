package volume

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"twinhull/engine/fault"
)

// localOptions are the local driver's `-o` options, each with those that it cannot be without.
var localOptions = []struct {
	name  string
	needs []string
}{
	{"device", []string{"type"}},
	{"type", []string{"device"}},
	{"o", []string{"device", "type"}},
	{"size", nil},
}

func checkLocalOptions(options map[string]string) error {
	for name := range options {
		known := false
		for _, option := range localOptions {
			known = known || option.name == name
		}
		if !known {
			return fault.New(fault.Invalid, "invalid option: %q", name)
		}
	}
	if _, asked := options["size"]; asked {
		return fault.New(fault.Invalid, "quota size requested but no quota support")
	}
	for _, option := range localOptions {
		if _, asked := options[option.name]; !asked {
			continue
		}
		for _, needed := range option.needs {
			if _, there := options[needed]; !there {
				return fault.New(fault.Invalid, "missing required option: %q", needed)
			}
		}
	}
	return nil
}

// mountFlags are the words of mount(8) that are flags of mount(2), and whether they set or clear them.
var mountFlags = map[string]struct {
	flag  uintptr
	clear bool
}{
	"defaults": {}, "bind": {flag: unix.MS_BIND}, "rbind": {flag: unix.MS_BIND | unix.MS_REC},
	"ro": {flag: unix.MS_RDONLY}, "rw": {flag: unix.MS_RDONLY, clear: true},
	"nosuid": {flag: unix.MS_NOSUID}, "suid": {flag: unix.MS_NOSUID, clear: true},
	"nodev": {flag: unix.MS_NODEV}, "dev": {flag: unix.MS_NODEV, clear: true},
	"noexec": {flag: unix.MS_NOEXEC}, "exec": {flag: unix.MS_NOEXEC, clear: true},
	"noatime": {flag: unix.MS_NOATIME}, "atime": {flag: unix.MS_NOATIME, clear: true},
	"nodiratime": {flag: unix.MS_NODIRATIME}, "diratime": {flag: unix.MS_NODIRATIME, clear: true},
	"relatime": {flag: unix.MS_RELATIME}, "norelatime": {flag: unix.MS_RELATIME, clear: true},
	"strictatime": {flag: unix.MS_STRICTATIME}, "nostrictatime": {flag: unix.MS_STRICTATIME, clear: true},
	"sync": {flag: unix.MS_SYNCHRONOUS}, "async": {flag: unix.MS_SYNCHRONOUS, clear: true},
	"dirsync": {flag: unix.MS_DIRSYNC}, "mand": {flag: unix.MS_MANDLOCK}, "nomand": {flag: unix.MS_MANDLOCK, clear: true},
	"private": {flag: unix.MS_PRIVATE}, "rprivate": {flag: unix.MS_PRIVATE | unix.MS_REC},
	"shared": {flag: unix.MS_SHARED}, "rshared": {flag: unix.MS_SHARED | unix.MS_REC},
	"slave": {flag: unix.MS_SLAVE}, "rslave": {flag: unix.MS_SLAVE | unix.MS_REC},
	"unbindable": {flag: unix.MS_UNBINDABLE}, "runbindable": {flag: unix.MS_UNBINDABLE | unix.MS_REC},
}

// propagation are the flags that mount(2) takes in a call of their own.
const propagation = unix.MS_PRIVATE | unix.MS_SHARED | unix.MS_SLAVE | unix.MS_UNBINDABLE

// parseMountOptions reads mount(8)'s `-o`: flags, and what is left for the file system.
func parseMountOptions(text string) (flags uintptr, data string) {
	var rest []string
	for word := range strings.SplitSeq(text, ",") {
		known, isFlag := mountFlags[word]
		switch {
		case word == "":
		case !isFlag:
			rest = append(rest, word)
		case known.clear:
			flags &^= known.flag
		default:
			flags |= known.flag
		}
	}
	return flags, strings.Join(rest, ",")
}

// mountLocal mounts what a volume's options say at its directory.
func mountLocal(options map[string]string, target string) error {
	device, kind := options["device"], options["type"]
	flags, data := parseMountOptions(options["o"])
	fail := func(err error) error {
		return fmt.Errorf("failed to mount local volume: mount %s:%s, flags: %#x, data: %s: %w", device, target, flags,
			withoutPassword(data), err)
	}
	first := flags &^ (propagation | unix.MS_REC)
	if flags&unix.MS_BIND != 0 {
		first |= flags & unix.MS_REC
	}
	if err := unix.Mount(device, target, kind, first, data); err != nil {
		return fail(err)
	}
	if err := remountLocal(flags, target); err != nil {
		_ = unix.Unmount(target, unix.MNT_DETACH)
		return fail(err)
	}
	return nil
}

// remountLocal applies what mount(2) ignores in the call that mounts: a bind mount's flags, and propagation.
func remountLocal(flags uintptr, target string) error {
	const ofBind = unix.MS_RDONLY | unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_NOATIME | unix.MS_NODIRATIME
	if flags&unix.MS_BIND != 0 && flags&ofBind != 0 {
		if err := unix.Mount("", target, "", unix.MS_REMOUNT|unix.MS_BIND|flags&ofBind, ""); err != nil {
			return err
		}
	}
	if flags&propagation != 0 {
		return unix.Mount("", target, "", flags&(propagation|unix.MS_REC), "")
	}
	return nil
}

func withoutPassword(data string) string {
	words := strings.Split(data, ",")
	if i := slices.IndexFunc(words, func(word string) bool { return strings.HasPrefix(word, "password=") }); i >= 0 {
		words[i] = "password=********"
	}
	return strings.Join(words, ",")
}
