package compose

import (
	"slices"
	"strconv"
	"testing"

	containertypes "github.com/moby/moby/api/types/container"
)

// made is a container with a number, as made from a hash and an image.
func made(number int, hash, image string) *Container {
	return &Container{containertypes.Summary{Labels: map[string]string{
		labelNumber: strconv.Itoa(number), labelHash: hash, labelImage: image,
	}}}
}

func numbersOf(list []*Container) []int {
	var numbers []int
	for _, c := range list {
		numbers = append(numbers, c.Number())
	}
	return numbers
}

func TestPlan(t *testing.T) {
	one, two, three, old := made(1, "h", "i"), made(2, "h", "i"), made(3, "h", "i"), made(1, "old", "i")
	for name, test := range map[string]struct {
		existing                      []*Container
		wanted                        wanted
		keep, replace, remove, create []int
	}{
		"from nothing":              {nil, wanted{number: 2, hash: "h", image: "i"}, nil, nil, nil, []int{1, 2}},
		"nothing to do":             {[]*Container{one, two}, wanted{number: 2, hash: "h", image: "i"}, []int{1, 2}, nil, nil, nil},
		"up":                        {[]*Container{one}, wanted{number: 3, hash: "h", image: "i"}, []int{1}, nil, nil, []int{2, 3}},
		"up fills gaps":             {[]*Container{one, three}, wanted{number: 4, hash: "h", image: "i"}, []int{1, 3}, nil, nil, []int{2, 4}},
		"down takes the last":       {[]*Container{three, one, two}, wanted{number: 1, hash: "h", image: "i"}, []int{1}, nil, []int{2, 3}, nil},
		"down takes the stale":      {[]*Container{old, two}, wanted{number: 1, hash: "h", image: "i"}, []int{2}, nil, []int{1}, nil},
		"to nothing":                {[]*Container{one, two}, wanted{hash: "h", image: "i"}, nil, nil, []int{1, 2}, nil},
		"another hash":              {[]*Container{old, two}, wanted{number: 2, hash: "h", image: "i"}, []int{2}, []int{1}, nil, nil},
		"another image":             {[]*Container{one}, wanted{number: 1, hash: "h", image: "j"}, nil, []int{1}, nil, nil},
		"an image of unknown id":    {[]*Container{one}, wanted{number: 1, hash: "h"}, []int{1}, nil, nil, nil},
		"made without a known id":   {[]*Container{made(1, "h", "")}, wanted{number: 1, hash: "h", image: "j"}, []int{1}, nil, nil, nil},
		"all anew":                  {[]*Container{one}, wanted{number: 2, hash: "h", image: "i", recreation: RecreateAlways}, nil, []int{1}, nil, []int{2}},
		"never anew":                {[]*Container{old}, wanted{number: 1, hash: "h", image: "j", recreation: RecreateNever}, []int{1}, nil, nil, nil},
		"all anew, fewer than were": {[]*Container{one, two}, wanted{number: 1, hash: "h", recreation: RecreateAlways}, nil, []int{1}, []int{2}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			plan := planFor(test.existing, test.wanted)
			if !slices.Equal(numbersOf(plan.keep), test.keep) || !slices.Equal(numbersOf(plan.replace), test.replace) ||
				!slices.Equal(numbersOf(plan.remove), test.remove) || !slices.Equal(plan.create, test.create) {
				t.Errorf("keep %v, replace %v, remove %v, create %v", numbersOf(plan.keep), numbersOf(plan.replace), numbersOf(plan.remove), plan.create)
			}
		})
	}
}
