package stats

import (
	"strconv"
	"strings"

	"github.com/docker/go-units"

	"twinhull/engine/client/format"
)

// noValue stands for what is not known yet.
const noValue = "--"

// show gives a container's value, or what stands for none.
func (w *watched) show(missing string, value func(*sample) string) string {
	last, _ := w.get()
	if last == nil {
		return missing
	}
	return value(last)
}

func percent(value float64) string { return strconv.FormatFloat(value, 'f', 2, 64) + "%" }

func twoSizes(a, b float64) string {
	return units.HumanSizeWithPrecision(a, 3) + " / " + units.HumanSizeWithPrecision(b, 3)
}

var statsView = format.View[*watched]{
	Kind: "*container.statsContext",
	Fields: []format.Field[*watched]{
		{Name: "Container", Header: "CONTAINER", Value: func(w *watched, _ bool) string { return w.name }},
		{Name: "ID", Header: "CONTAINER ID", Value: func(w *watched, trunc bool) string {
			id := w.name
			if last, _ := w.get(); last != nil && last.ID != "" {
				id = last.ID
			}
			if trunc {
				return format.ShortID(id)
			}
			return id
		}},
		{Name: "Name", Header: "NAME", Value: func(w *watched, _ bool) string {
			last, _ := w.get()
			if last == nil || len(last.Name) < 2 {
				return noValue
			}
			return strings.TrimPrefix(last.Name, "/")
		}},
		{Name: "CPUPerc", Header: "CPU %", Value: func(w *watched, _ bool) string {
			return w.show(noValue, func(s *sample) string { return percent(s.cpuPercent()) })
		}},
		{Name: "MemUsage", Header: "MEM USAGE / LIMIT", Value: func(w *watched, _ bool) string {
			return w.show("-- / --", func(s *sample) string {
				return units.BytesSize(s.memory()) + " / " + units.BytesSize(float64(s.MemoryStats.Limit))
			})
		}},
		{Name: "MemPerc", Header: "MEM %", Value: func(w *watched, _ bool) string {
			return w.show(noValue, func(s *sample) string {
				if s.MemoryStats.Limit == 0 {
					return percent(0)
				}
				return percent(s.memory() / float64(s.MemoryStats.Limit) * 100)
			})
		}},
		{Name: "NetIO", Header: "NET I/O", Value: func(w *watched, _ bool) string {
			return w.show(noValue, func(s *sample) string { return twoSizes(s.network()) })
		}},
		{Name: "BlockIO", Header: "BLOCK I/O", Value: func(w *watched, _ bool) string {
			return w.show(noValue, func(s *sample) string { return twoSizes(s.blocks()) })
		}},
		{Name: "PIDs", Header: "PIDS", Value: func(w *watched, _ bool) string {
			return w.show(noValue, func(s *sample) string {
				return strconv.FormatUint(s.PidsStats.Current, 10)
			})
		}},
	},
}
