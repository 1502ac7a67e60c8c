package container

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// cgroupRoot is where cgroup v2 is mounted,
// https://www.kernel.org/doc/html/latest/admin-guide/cgroup-v2.html.
const cgroupRoot = "/sys/fs/cgroup"

// controllers are those that every container's cgroup has: without them there is nothing to tell of its use.
const controllers = "+cpu +memory +pids"

// cgroup is a container's directory.
type cgroup string

func cgroupOf(parent, id string) cgroup {
	return cgroup(filepath.Join(cgroupRoot, cgroupParent(parent), id))
}

func cgroupParent(parent string) string {
	if parent == "" {
		return "/docker"
	}
	return filepath.Join("/", parent)
}

// handDown lets the children of the directory above have more controllers.
func (g cgroup) handDown(more string) error {
	return cgroup(filepath.Dir(string(g))).write("cgroup.subtree_control", more)
}

// prepareParent makes the directory in which containers' cgroups will be, and hands the controllers down to it.
func prepareParent(parent string) error {
	group := cgroup(cgroupRoot)
	for name := range strings.SplitSeq(strings.Trim(cgroupParent(parent), "/"), "/") {
		child := cgroup(filepath.Join(string(group), name))
		if err := os.Mkdir(string(child), 0o755); err != nil && !errors.Is(err, os.ErrExist) {
			return fmt.Errorf("make a cgroup: %w", err)
		}
		if err := child.handDown(controllers); err != nil {
			return err
		}
		group = child
	}
	return group.write("cgroup.subtree_control", controllers)
}

// limitsSwap tells whether this kernel has swap, whose use could be limited.
func limitsSwap() bool {
	_, err := os.Stat(filepath.Join(cgroupRoot, cgroupParent(""), "memory.swap.max"))
	return err == nil
}

// number reads a file of one number; "max" is the largest there is.
func (g cgroup) number(file string) (uint64, error) {
	text, err := os.ReadFile(filepath.Join(string(g), file))
	if err != nil {
		return 0, err
	}
	word := string(bytes.TrimSpace(text))
	if word == "max" {
		return math.MaxUint64, nil
	}
	return strconv.ParseUint(word, 10, 64)
}

// numbers reads a file of lines like "name 123".
func (g cgroup) numbers(file string) (map[string]uint64, error) {
	text, err := os.ReadFile(filepath.Join(string(g), file))
	if err != nil {
		return nil, err
	}
	return parseNumbers(string(text)), nil
}

func parseNumbers(text string) map[string]uint64 {
	found := map[string]uint64{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if number, err := strconv.ParseUint(value, 10, 64); err == nil {
			found[name] = number
		}
	}
	return found
}

// processes are the numbers of all processes in it and below, since containers may have cgroups of their own.
func (g cgroup) processes() ([]int, error) {
	text, err := os.ReadFile(filepath.Join(string(g), "cgroup.procs"))
	if err != nil {
		return nil, err
	}
	var found []int
	for word := range strings.FieldsSeq(string(text)) {
		if pid, err := strconv.Atoi(word); err == nil {
			found = append(found, pid)
		}
	}
	entries, err := os.ReadDir(string(g))
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		below, err := cgroup(filepath.Join(string(g), entry.Name())).processes()
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		found = append(found, below...)
	}
	return found, nil
}

func (g cgroup) write(file, value string) error {
	if err := os.WriteFile(filepath.Join(string(g), file), []byte(value), 0); err != nil {
		return fmt.Errorf("write %q to the cgroup's %s: %w", value, file, err)
	}
	return nil
}

// ranOutOfMemory tells whether the kernel had to kill in it.
func (g cgroup) ranOutOfMemory() bool {
	events, err := g.numbers("memory.events")
	return err == nil && events["oom_kill"] > 0
}
