package compose

import (
	"maps"
	"slices"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/docker/go-units"
	containertypes "github.com/moby/moby/api/types/container"
)

// nano is how many units of NanoCPUs a processor has.
const nano = 1e9

// resources reads a service's limits, in the old fields and in `deploy.resources`.
func resources(service types.ServiceConfig) containertypes.Resources {
	limits := containertypes.Resources{
		CgroupParent: service.CgroupParent, CPUPeriod: service.CPUPeriod, CPUQuota: service.CPUQuota,
		CPURealtimePeriod: service.CPURTPeriod, CPURealtimeRuntime: service.CPURTRuntime, CPUShares: service.CPUShares,
		NanoCPUs: int64(service.CPUS * nano), CpusetCpus: service.CPUSet, DeviceCgroupRules: service.DeviceCgroupRules,
		Memory: int64(service.MemLimit), MemoryReservation: int64(service.MemReservation), MemorySwap: int64(service.MemSwapLimit),
	}
	if service.MemSwappiness != 0 {
		swappiness := int64(service.MemSwappiness)
		limits.MemorySwappiness = &swappiness
	}
	if service.OomKillDisable {
		limits.OomKillDisable = &service.OomKillDisable
	}
	if service.PidsLimit != 0 {
		limits.PidsLimit = &service.PidsLimit
	}
	for _, device := range service.Devices {
		mapping := containertypes.DeviceMapping{PathOnHost: device.Source, PathInContainer: device.Target, CgroupPermissions: device.Permissions}
		if mapping.CgroupPermissions == "" {
			mapping.CgroupPermissions = "rwm"
		}
		limits.Devices = append(limits.Devices, mapping)
	}
	for _, name := range slices.Sorted(maps.Keys(service.Ulimits)) {
		limit := service.Ulimits[name]
		soft, hard := limit.Soft, limit.Hard
		if limit.Single != 0 {
			soft, hard = limit.Single, limit.Single
		}
		limits.Ulimits = append(limits.Ulimits, &units.Ulimit{Name: name, Soft: int64(soft), Hard: int64(hard)})
	}
	if service.Deploy != nil {
		deployed(&limits, service.Deploy.Resources)
	}
	return limits
}

func deployed(limits *containertypes.Resources, from types.Resources) {
	if most := from.Limits; most != nil {
		if most.NanoCPUs != 0 {
			limits.NanoCPUs = int64(most.NanoCPUs.Value() * nano)
		}
		if most.MemoryBytes != 0 {
			limits.Memory = int64(most.MemoryBytes)
		}
		if most.Pids != 0 {
			limits.PidsLimit = &most.Pids
		}
	}
	if least := from.Reservations; least != nil && least.MemoryBytes != 0 {
		limits.MemoryReservation = int64(least.MemoryBytes)
	}
}
