package main

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/docker/go-units"

	"twinhull/engine/client/format"
	"twinhull/engine/client/reference"
)

func containerID(c *containerSummary, trunc bool) string {
	if trunc {
		return format.ShortID(c.ID)
	}
	return c.ID
}

// containerNames leaves out, when truncated, the names that links gave: those with a slash inside.
func containerNames(c *containerSummary, trunc bool) string {
	var names []string
	for _, name := range c.Names {
		name = strings.TrimPrefix(name, "/")
		if !trunc {
			names = append(names, name)
		} else if !strings.Contains(name, "/") {
			return name
		}
	}
	return strings.Join(names, ",")
}

func containerImage(c *containerSummary, trunc bool) string {
	switch {
	case c.Image == "":
		return "<no image>"
	case !trunc:
		return c.Image
	case format.ShortID(c.ImageID) == format.ShortID(c.Image):
		return format.ShortID(c.ImageID)
	}
	name, tag, digest := reference.Split(c.Image)
	if digest != "" {
		return reference.Join(name, tag, "")
	}
	return c.Image
}

func containerCommand(c *containerSummary, trunc bool) string {
	command := c.Command
	if trunc {
		command = format.Ellipsis(command, 20)
	}
	return strconv.Quote(command)
}

func containerSize(c *containerSummary, _ bool) string {
	size := units.HumanSizeWithPrecision(float64(c.SizeRw), 3)
	if c.SizeRootFs > 0 {
		size += fmt.Sprintf(" (virtual %s)", units.HumanSizeWithPrecision(float64(c.SizeRootFs), 3))
	}
	return size
}

func containerMounts(c *containerSummary, trunc bool) string {
	names := make([]string, 0, len(c.Mounts))
	for _, mount := range c.Mounts {
		name := mount.Name
		if name == "" {
			name = mount.Source
		}
		if trunc {
			name = format.Ellipsis(name, 15)
		}
		names = append(names, name)
	}
	return strings.Join(names, ",")
}

func localVolumes(c *containerSummary, _ bool) string {
	count := 0
	for _, mount := range c.Mounts {
		if mount.Driver == "local" {
			count++
		}
	}
	return strconv.Itoa(count)
}

func containerNetworks(c *containerSummary, _ bool) string {
	return strings.Join(slices.Sorted(slices.Values(c.Networks)), ",")
}

// joinLabels shows labels as one word, by name.
func joinLabels(labels map[string]string) string {
	words := make([]string, 0, len(labels))
	for name, value := range labels {
		words = append(words, name+"="+value)
	}
	sort.Strings(words)
	return strings.Join(words, ",")
}
