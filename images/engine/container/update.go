package container

import (
	"context"
	"fmt"
	"strconv"

	"github.com/moby/moby/api/types/container"

	"twinhull/engine/fault"
	"twinhull/engine/runtime"
)

// Update changes limits, of a running container at once, and the restart policy. What is zero stays as it is.
func (m *Manager) Update(_ context.Context, c *Container, wanted container.UpdateConfig) (warnings []string, err error) {
	c.life.Lock()
	defer c.life.Unlock()
	refuse := func(err error) error { return fmt.Errorf("Cannot update container %s: %w", c.ID, err) }
	if state := c.State(); c.isRemoving() || state.Status == dead {
		return nil, refuse(fault.New(fault.Conflict, `container is marked for removal and cannot be "update"`))
	}
	host := *c.Record().HostConfig
	if err := changeLimits(&host.Resources, &wanted.Resources); err != nil {
		return nil, refuse(err)
	}
	if wanted.RestartPolicy.Name != "" {
		if host.AutoRemove && !wanted.RestartPolicy.IsNone() {
			return nil, refuse(fault.New(fault.Conflict,
				"Restart policy cannot be updated because AutoRemove is enabled for the container"))
		}
		host.RestartPolicy = wanted.RestartPolicy
	}
	if warnings, err = complete(&container.Config{}, &host); err != nil {
		return nil, err
	}
	if c.isRunning() {
		if err := applyLimits(cgroupOf(host.CgroupParent, c.ID), &host.Resources); err != nil {
			return nil, refuse(err)
		}
	}
	if err := c.setRecord(func(record *Record) { record.HostConfig = &host }); err != nil {
		return nil, refuse(err)
	}
	m.Events.Publish("container", "update", c.ID, c.attributes())
	return warnings, nil
}

// changeLimits has Docker's rules for limits that depend on each other.
func changeLimits(limits, wanted *container.Resources) error {
	conflict := func(text string) error { return fault.New(fault.Conflict, "%s", text) }
	switch {
	case wanted.NanoCPUs > 0 && limits.CPUPeriod > 0:
		return conflict("Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set")
	case wanted.NanoCPUs > 0 && limits.CPUQuota > 0:
		return conflict("Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set")
	case wanted.CPUPeriod > 0 && limits.NanoCPUs > 0:
		return conflict("Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set")
	case wanted.CPUQuota > 0 && limits.NanoCPUs > 0:
		return conflict("Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set")
	case wanted.Memory > 0 && limits.MemorySwap != 0 && wanted.Memory > limits.MemorySwap && wanted.MemorySwap == 0 &&
		limits.MemorySwap != -1:
		return conflict("Memory limit should be smaller than already set memoryswap limit, " +
			"update the memoryswap at the same time")
	}
	for _, number := range []struct{ now, wanted *int64 }{
		{&limits.CPUShares, &wanted.CPUShares}, {&limits.NanoCPUs, &wanted.NanoCPUs},
		{&limits.CPUPeriod, &wanted.CPUPeriod}, {&limits.CPUQuota, &wanted.CPUQuota},
		{&limits.Memory, &wanted.Memory}, {&limits.MemorySwap, &wanted.MemorySwap},
		{&limits.MemoryReservation, &wanted.MemoryReservation},
	} {
		if *number.wanted != 0 {
			*number.now = *number.wanted
		}
	}
	if wanted.CpusetCpus != "" {
		limits.CpusetCpus = wanted.CpusetCpus
	}
	if wanted.CpusetMems != "" {
		limits.CpusetMems = wanted.CpusetMems
	}
	if wanted.PidsLimit != nil {
		limit := max(0, *wanted.PidsLimit)
		limits.PidsLimit = &limit
	}
	return nil
}

// applyLimits writes what `runtime update` would. hullrun has no such command, and these files are the whole of it.
func applyLimits(group cgroup, limits *container.Resources) error {
	resources := runtime.Resources(limits)
	if memory := resources.Memory; memory != nil {
		if memory.Limit != nil {
			if err := group.write("memory.max", limitText(*memory.Limit)); err != nil {
				return err
			}
		}
		if memory.Reservation != nil {
			if err := group.write("memory.low", limitText(*memory.Reservation)); err != nil {
				return err
			}
		}
	}
	if limit := limits.PidsLimit; limit != nil {
		if err := group.write("pids.max", limitText(*limit)); err != nil {
			return err
		}
	}
	if cpu := resources.CPU; cpu != nil {
		if cpu.Shares != nil {
			// The same scale as the runtime's: 2 to 262144 becomes 1 to 10000.
			shares := min(max(*cpu.Shares, 2), 262144)
			if err := group.write("cpu.weight", strconv.FormatUint(1+(shares-2)*9999/262142, 10)); err != nil {
				return err
			}
		}
		if cpu.Quota != nil || cpu.Period != nil {
			if err := group.write("cpu.max", cpuMax(cpu.Quota, cpu.Period)); err != nil {
				return err
			}
		}
	}
	return applySets(group, limits)
}

func applySets(group cgroup, limits *container.Resources) error {
	if limits.CpusetCpus == "" && limits.CpusetMems == "" {
		return nil
	}
	if err := group.handDown("+cpuset"); err != nil {
		return err
	}
	for file, list := range map[string]string{"cpuset.cpus": limits.CpusetCpus, "cpuset.mems": limits.CpusetMems} {
		if list == "" {
			continue
		}
		if err := group.write(file, list); err != nil {
			return err
		}
	}
	return nil
}

func cpuMax(quota *int64, period *uint64) string {
	text := "max"
	if quota != nil {
		text = limitText(*quota)
	}
	if period != nil {
		text += " " + strconv.FormatUint(*period, 10)
	}
	return text
}

// limitText is a limit as cgroup v2 has it: what is not positive is none.
func limitText(limit int64) string {
	if limit <= 0 {
		return "max"
	}
	return strconv.FormatInt(limit, 10)
}
