package runtime

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/moby/moby/api/types/container"
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"twinhull/engine/fault"
)

// cpuPeriod is the kernel's default, in microseconds: what --cpus is a share of.
const cpuPeriod = 100_000

func devicesAndResources(host *container.HostConfig) ([]specs.LinuxDevice, *specs.LinuxResources, error) {
	resources := Resources(&host.Resources)
	if host.Privileged {
		resources.Devices = []specs.LinuxDeviceCgroup{{Allow: true, Access: "rwm"}}
		devices, err := machineDevices()
		return devices, resources, err
	}
	resources.Devices = defaultDeviceRules()
	var devices []specs.LinuxDevice
	for _, mapping := range host.Devices {
		device, err := deviceAt(mapping.PathOnHost, mapping.PathInContainer)
		if err != nil {
			return nil, nil, fault.New(fault.Invalid,
				"error gathering device information while adding custom device %q: %w", mapping.PathOnHost, err)
		}
		access := mapping.CgroupPermissions
		if access == "" {
			access = "rwm"
		}
		devices = append(devices, device)
		resources.Devices = append(resources.Devices, allow(device.Type, device.Major, device.Minor, access))
	}
	for _, rule := range host.DeviceCgroupRules {
		parsed, err := parseDeviceRule(rule)
		if err != nil {
			return nil, nil, err
		}
		resources.Devices = append(resources.Devices, parsed)
	}
	return devices, resources, nil
}

func allow(kind string, major, minor int64, access string) specs.LinuxDeviceCgroup {
	return specs.LinuxDeviceCgroup{Allow: true, Type: kind, Major: &major, Minor: &minor, Access: access}
}

// defaultDeviceRules allow making any node, and using null, zero, full, random, urandom, tty, console, ptmx and ptys.
func defaultDeviceRules() []specs.LinuxDeviceCgroup {
	any := int64(-1)
	rules := []specs.LinuxDeviceCgroup{
		{Allow: false, Access: "rwm"},
		{Allow: true, Type: "c", Major: &any, Minor: &any, Access: "m"},
		{Allow: true, Type: "b", Major: &any, Minor: &any, Access: "m"},
	}
	for _, number := range [][2]int64{{1, 3}, {1, 5}, {1, 7}, {1, 8}, {1, 9}, {5, 0}, {5, 1}, {5, 2}, {136, -1}} {
		rules = append(rules, allow("c", number[0], number[1], "rwm"))
	}
	return rules
}

// parseDeviceRule reads --device-cgroup-rule: "c 42:* rmw".
func parseDeviceRule(rule string) (specs.LinuxDeviceCgroup, error) {
	refuse := fault.New(fault.Invalid, "invalid device cgroup rule format: '%s'", rule)
	words := strings.Fields(rule)
	if len(words) != 3 || !strings.Contains("abc", words[0]) || strings.Trim(words[2], "rwm") != "" {
		return specs.LinuxDeviceCgroup{}, refuse
	}
	major, minor, found := strings.Cut(words[1], ":")
	if !found {
		return specs.LinuxDeviceCgroup{}, refuse
	}
	var numbers [2]int64
	for i, text := range []string{major, minor} {
		numbers[i] = -1
		if text == "*" {
			continue
		}
		number, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return specs.LinuxDeviceCgroup{}, refuse
		}
		numbers[i] = int64(number)
	}
	return allow(words[0], numbers[0], numbers[1], words[2]), nil
}

func deviceAt(path, seenAt string) (specs.LinuxDevice, error) {
	if seenAt == "" {
		seenAt = path
	}
	var stat unix.Stat_t
	if err := unix.Stat(path, &stat); err != nil {
		return specs.LinuxDevice{}, fmt.Errorf("stat %s: %w", path, err)
	}
	kind := ""
	switch stat.Mode & unix.S_IFMT {
	case unix.S_IFCHR:
		kind = "c"
	case unix.S_IFBLK:
		kind = "b"
	default:
		return specs.LinuxDevice{}, fmt.Errorf("%s is not a device node", path)
	}
	number := uint64(stat.Rdev)
	mode := os.FileMode(stat.Mode & 0o777)
	return specs.LinuxDevice{
		Path: seenAt, Type: kind, Major: int64(unix.Major(number)), Minor: int64(unix.Minor(number)), FileMode: &mode,
		UID: &stat.Uid, GID: &stat.Gid,
	}, nil
}

// machineDevices are all nodes directly in /dev, for privileged containers.
func machineDevices() ([]specs.LinuxDevice, error) {
	entries, err := os.ReadDir("/dev")
	if err != nil {
		return nil, err
	}
	var devices []specs.LinuxDevice
	for _, entry := range entries {
		if entry.Type()&os.ModeDevice == 0 || entry.Name() == "console" {
			continue
		}
		if device, err := deviceAt("/dev/"+entry.Name(), ""); err == nil {
			devices = append(devices, device)
		}
	}
	return devices, nil
}

// Resources are the limits of the container's cgroup. Zero and Docker's -1 mean none.
func Resources(given *container.Resources) *specs.LinuxResources {
	resources := &specs.LinuxResources{}
	if memory := memoryLimits(given); memory != (specs.LinuxMemory{}) {
		resources.Memory = &memory
	}
	if cpu := cpuLimits(given); cpu != (specs.LinuxCPU{}) {
		resources.CPU = &cpu
	}
	if limit := given.PidsLimit; limit != nil && *limit != 0 {
		resources.Pids = &specs.LinuxPids{Limit: limit}
	}
	return resources
}

func memoryLimits(given *container.Resources) specs.LinuxMemory {
	var memory specs.LinuxMemory
	if given.Memory > 0 {
		memory.Limit = &given.Memory
		// Docker's default: as much swap as memory. -1 is no limit, which a kernel without swap cannot be told.
		swap := given.MemorySwap
		if swap == 0 {
			swap = 2 * given.Memory
		}
		if swap > 0 {
			memory.Swap = &swap
		}
	}
	if given.MemoryReservation > 0 {
		memory.Reservation = &given.MemoryReservation
	}
	return memory
}

func cpuLimits(given *container.Resources) specs.LinuxCPU {
	cpu := specs.LinuxCPU{Cpus: given.CpusetCpus, Mems: given.CpusetMems}
	if given.CPUShares > 0 {
		shares := uint64(given.CPUShares)
		cpu.Shares = &shares
	}
	quota, period := given.CPUQuota, uint64(given.CPUPeriod)
	if given.NanoCPUs > 0 {
		period = cpuPeriod
		quota = given.NanoCPUs * cpuPeriod / 1e9
	}
	if quota != 0 {
		cpu.Quota = &quota
	}
	if period != 0 {
		cpu.Period = &period
	}
	return cpu
}
