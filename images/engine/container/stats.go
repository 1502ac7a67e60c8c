package container

import (
	"errors"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"golang.org/x/sys/unix"
)

// Stats tells what a container uses at this moment. Of one that does not run it has nothing but its name.
func (m *Manager) Stats(c *Container) (*container.StatsResponse, error) {
	record, state := c.Record(), c.State()
	empty := &container.StatsResponse{ID: c.ID, Name: "/" + record.Name, OSType: "linux"}
	if !state.Running() {
		return empty, nil
	}
	stats := *empty
	err := readUse(cgroupOf(record.HostConfig.CgroupParent, c.ID), &stats)
	if errors.Is(err, os.ErrNotExist) {
		// It has ended since.
		return empty, nil
	}
	if err != nil {
		return nil, err
	}
	if !record.HostConfig.NetworkMode.IsHost() {
		text, err := os.ReadFile("/proc/" + strconv.Itoa(state.Pid) + "/net/dev")
		if err == nil {
			stats.Networks = parseNetworkUse(string(text))
		}
	}
	return &stats, nil
}

func readUse(group cgroup, stats *container.StatsResponse) error {
	cpu, err := group.numbers("cpu.stat")
	if err != nil {
		return err
	}
	stats.Read = time.Now().UTC()
	const microseconds = 1000
	stats.CPUStats = container.CPUStats{
		CPUUsage: container.CPUUsage{
			TotalUsage:        cpu["usage_usec"] * microseconds,
			UsageInUsermode:   cpu["user_usec"] * microseconds,
			UsageInKernelmode: cpu["system_usec"] * microseconds,
		},
		SystemUsage: machineTime(), OnlineCPUs: uint32(runtime.NumCPU()),
		ThrottlingData: container.ThrottlingData{
			Periods: cpu["nr_periods"], ThrottledPeriods: cpu["nr_throttled"],
			ThrottledTime: cpu["throttled_usec"] * microseconds,
		},
	}
	memory := &stats.MemoryStats
	if memory.Usage, err = group.number("memory.current"); err != nil {
		return err
	}
	if memory.Limit, err = group.number("memory.max"); err != nil {
		return err
	}
	memory.Limit = min(memory.Limit, machineMemory())
	if memory.Stats, err = group.numbers("memory.stat"); err != nil {
		return err
	}
	if stats.PidsStats.Current, err = group.number("pids.current"); err != nil {
		return err
	}
	stats.PidsStats.Limit, err = group.number("pids.max")
	return err
}

// machineTime is what all processors together could have done since the machine started, in nanoseconds. /proc/stat adds
// up to the same, in ticks too coarse for a container that does little.
func machineTime() uint64 {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		return 0
	}
	return uint64(now.Nano()) * uint64(runtime.NumCPU())
}

func machineMemory() uint64 {
	var machine unix.Sysinfo_t
	if err := unix.Sysinfo(&machine); err != nil {
		return math.MaxUint64
	}
	return uint64(machine.Totalram) * uint64(machine.Unit)
}

// parseNetworkUse reads /proc/PID/net/dev: two lines of titles, then for each interface eight numbers about what it has
// received and eight about what it has sent. The loopback interface is not told of.
func parseNetworkUse(text string) map[string]container.NetworkStats {
	found := map[string]container.NetworkStats{}
	for line := range strings.Lines(text) {
		name, rest, ok := strings.Cut(line, ":")
		name = strings.TrimSpace(name)
		words := strings.Fields(rest)
		if !ok || len(words) < 12 || name == "lo" {
			continue
		}
		number := func(at int) uint64 {
			value, _ := strconv.ParseUint(words[at], 10, 64)
			return value
		}
		found[name] = container.NetworkStats{
			RxBytes: number(0), RxPackets: number(1), RxErrors: number(2), RxDropped: number(3),
			TxBytes: number(8), TxPackets: number(9), TxErrors: number(10), TxDropped: number(11),
		}
	}
	return found
}
