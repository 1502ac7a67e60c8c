package compose

import (
	"slices"
	"sort"
)

// Recreation is when containers that exist are replaced.
type Recreation int

// Containers are replaced when what they were made from has changed, always, or never.
const (
	RecreateChanged Recreation = iota
	RecreateAlways
	RecreateNever
)

// wanted is what a service's containers should be.
type wanted struct {
	number     int
	hash       string
	image      string
	recreation Recreation
}

// plan is how a service gets from the containers it has to those it should have.
type plan struct {
	keep, replace, remove []*Container
	// create has the numbers of new containers.
	create []int
}

// stale tells whether a container was made from something else than it would be now.
func (w *wanted) stale(c *Container) bool {
	switch w.recreation {
	case RecreateAlways:
		return true
	case RecreateNever:
		return false
	}
	image := c.Labels[labelImage]
	return c.Labels[labelHash] != w.hash || image != "" && w.image != "" && image != w.image
}

// planFor decides about the containers of one service. The ones too many are the stale first, then those with the
// highest numbers; new ones get the lowest numbers that are free.
func planFor(existing []*Container, wanted wanted) plan {
	list := slices.Clone(existing)
	sort.SliceStable(list, func(i, j int) bool {
		if a, b := wanted.stale(list[i]), wanted.stale(list[j]); a != b && wanted.recreation == RecreateChanged {
			return b
		}
		return list[i].Number() < list[j].Number()
	})
	var made plan
	if len(list) > wanted.number {
		made.remove = slices.Clone(list[wanted.number:])
		list = list[:wanted.number]
	}
	taken := map[int]bool{}
	for _, c := range list {
		taken[c.Number()] = true
		if wanted.stale(c) {
			made.replace = append(made.replace, c)
		} else {
			made.keep = append(made.keep, c)
		}
	}
	for number := 1; len(list)+len(made.create) < wanted.number; number++ {
		if !taken[number] {
			made.create = append(made.create, number)
		}
	}
	return made
}
