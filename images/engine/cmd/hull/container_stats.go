package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/docker/go-units"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/format"
	"twinhull/engine/client/rest"
)

var containerStats = command.Command{
	Usage: []string{"[OPTIONS] [CONTAINER...]"}, Short: "Display a live stream of container(s) resource usage statistics",
	Synonyms: "docker container stats, docker stats",
	Flags: flag.Set{listFormatFlag, {
		{Name: "all", Short: "a", Usage: "Show all containers (default shows just running)"},
		{Name: "no-stream", Usage: "Disable streaming stats and only pull the first result"},
		{Name: "no-trunc", Usage: "Do not truncate output"},
	}},
	Max: command.Any, Complete: "container", Run: stats,
}

// refresh is how often the table is drawn again.
const refresh = 500 * time.Millisecond

// sample is a line of GET /containers/NAME/stats, as far as it is shown.
type sample struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	PreCPUStats cpuSample `json:"precpu_stats"`
	CPUStats    cpuSample `json:"cpu_stats"`
	MemoryStats struct {
		Usage uint64            `json:"usage"`
		Limit uint64            `json:"limit"`
		Stats map[string]uint64 `json:"stats"`
	} `json:"memory_stats"`
	BlkioStats struct {
		Bytes []struct {
			Op    string `json:"op"`
			Value uint64 `json:"value"`
		} `json:"io_service_bytes_recursive"`
	} `json:"blkio_stats"`
	Networks map[string]struct {
		RxBytes uint64 `json:"rx_bytes"`
		TxBytes uint64 `json:"tx_bytes"`
	} `json:"networks"`
	PidsStats struct {
		Current uint64 `json:"current"`
	} `json:"pids_stats"`
}

type cpuSample struct {
	CPUUsage struct {
		TotalUsage  uint64   `json:"total_usage"`
		PercpuUsage []uint64 `json:"percpu_usage"`
	} `json:"cpu_usage"`
	SystemUsage uint64 `json:"system_cpu_usage"`
	OnlineCPUs  uint64 `json:"online_cpus"`
}

// cpuPercent is the share of one processor, so that two busy ones make 200.
func (s *sample) cpuPercent() float64 {
	used := float64(s.CPUStats.CPUUsage.TotalUsage) - float64(s.PreCPUStats.CPUUsage.TotalUsage)
	passed := float64(s.CPUStats.SystemUsage) - float64(s.PreCPUStats.SystemUsage)
	processors := float64(s.CPUStats.OnlineCPUs)
	if processors == 0 {
		processors = float64(len(s.CPUStats.CPUUsage.PercpuUsage))
	}
	if used <= 0 || passed <= 0 {
		return 0
	}
	return used / passed * processors * 100
}

// memory leaves out pages of files that the kernel would drop first.
func (s *sample) memory() float64 {
	usage := s.MemoryStats.Usage
	for _, name := range [...]string{"total_inactive_file", "inactive_file"} {
		if inactive, found := s.MemoryStats.Stats[name]; found && inactive < usage {
			return float64(usage - inactive)
		}
	}
	return float64(usage)
}

func (s *sample) network() (received, sent float64) {
	for _, network := range s.Networks {
		received += float64(network.RxBytes)
		sent += float64(network.TxBytes)
	}
	return received, sent
}

func (s *sample) blocks() (read, written float64) {
	for _, entry := range s.BlkioStats.Bytes {
		switch {
		case strings.HasPrefix(strings.ToLower(entry.Op), "r"):
			read += float64(entry.Value)
		case strings.HasPrefix(strings.ToLower(entry.Op), "w"):
			written += float64(entry.Value)
		}
	}
	return read, written
}

// watched is a container and its last sample, nil before the first one.
type watched struct {
	name string

	mutex sync.Mutex
	last  *sample
	err   error
}

func (w *watched) set(last *sample, err error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if last != nil {
		w.last = last
	}
	w.err = err
}

func (w *watched) get() (*sample, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.last, w.err
}

// follow keeps the last sample. first is called when there is one, or never will be.
func (w *watched) follow(client *rest.Client, stream bool, first func()) {
	first = sync.OnceFunc(first)
	defer first()
	query := queryOf("stream", "1")
	if !stream {
		query.Set("stream", "0")
	}
	response, err := client.Do(&rest.Request{Method: "GET", Path: "/containers/" + rest.Escape(w.name) + "/stats", Query: query})
	if err != nil {
		w.set(nil, err)
		return
	}
	defer response.Body.Close()
	err = rest.Lines(response.Body, func(last *sample) error {
		w.set(last, nil)
		first()
		return nil
	})
	if err != nil && !stream {
		w.set(nil, err)
	}
}

// board is what is shown: the containers in the order in which they came.
type board struct {
	call   *command.Call
	stream bool

	mutex sync.Mutex
	list  []*watched
}

// add begins to watch a container, unless it is watched.
func (b *board) add(name string, first func()) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, known := range b.list {
		if known.name == name {
			first()
			return
		}
	}
	container := &watched{name: name}
	b.list = append(b.list, container)
	go container.follow(b.call.Engine().Another(), b.stream, first)
}

func (b *board) remove(name string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for i, known := range b.list {
		if known.name == name {
			b.list = append(b.list[:i:i], b.list[i+1:]...)
			return
		}
	}
}

func (b *board) snapshot() []*watched {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return append([]*watched(nil), b.list...)
}

func stats(call *command.Call) error {
	board := &board{call: call, stream: !call.Bool("no-stream")}
	all := len(call.Args) == 0
	names := call.Args
	if all {
		if board.stream {
			if err := board.followEvents(); err != nil {
				return err
			}
		}
		var containers []struct {
			ID string `json:"Id"`
		}
		if err := call.Engine().Get("/containers/json", queryOf("all", truth(call.Bool("all"))), &containers); err != nil {
			return err
		}
		for _, container := range containers {
			names = append(names, container.ID)
		}
	}
	var begun sync.WaitGroup
	for _, name := range names {
		begun.Add(1)
		board.add(name, begun.Done)
	}
	begun.Wait()
	if !all {
		var failed []error
		for _, container := range board.snapshot() {
			_, err := container.get()
			failed = append(failed, err)
		}
		if err := errors.Join(failed...); err != nil {
			return err
		}
	}
	if !board.stream {
		return board.print(call.Out.Write)
	}
	for {
		if err := board.draw(); err != nil {
			return err
		}
		time.Sleep(refresh)
	}
}

// followEvents adds containers that start and removes those that end.
func (b *board) followEvents() error {
	response, err := b.call.Engine().Another().Do(&rest.Request{
		Method: "GET", Path: "/events", Query: queryOf("filters", filtersOf([]string{"type=container"})),
	})
	if err != nil {
		return err
	}
	go func() {
		defer response.Body.Close()
		_ = rest.Lines(response.Body, func(raw *json.RawMessage) error {
			var happened event
			if err := json.Unmarshal(*raw, &happened); err != nil {
				return err
			}
			switch happened.Action {
			case "start":
				b.add(happened.Actor.ID, func() {})
			case "create":
				if b.call.Bool("all") {
					b.add(happened.Actor.ID, func() {})
				}
			case "die":
				if !b.call.Bool("all") {
					b.remove(happened.Actor.ID)
				}
			case "destroy":
				b.remove(happened.Actor.ID)
			}
			return nil
		})
	}()
	return nil
}

func (b *board) print(write func([]byte) (int, error)) error {
	var text bytes.Buffer
	layout := b.call.String("format")
	if layout == "" {
		layout = b.call.Config().StatsFormat
	}
	table := format.Table("ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs")
	if err := statsView.Print(&text, layout, table, b.snapshot(), !b.call.Bool("no-trunc")); err != nil {
		return err
	}
	_, err := write(text.Bytes())
	return err
}

// draw prints over what was drawn before, clearing the rest of each line and what is below.
func (b *board) draw() error {
	return b.print(func(text []byte) (int, error) {
		lines := strings.ReplaceAll(string(text), "\n", "\x1b[K\n")
		return fmt.Fprint(b.call.Out, "\x1b[H"+lines+"\x1b[K\x1b[J")
	})
}

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
