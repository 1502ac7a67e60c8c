package options

import (
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/docker/go-units"

	"twinhull/engine/client/flag"
)

func parseLimits(request *Request, values *flag.Values) error {
	limits := &request.HostConfig.Resources
	limits.CgroupParent = values.String("cgroup-parent")
	request.HostConfig.ShmSize = Bytes(values, "shm-size")
	limits.OomKillDisable = values.Bool("oom-kill-disable")
	if swappiness := values.Int("memory-swappiness"); swappiness != -1 {
		limits.MemorySwappiness = &swappiness
	}
	limits.CPUCount, limits.CPUPercent = values.Int("cpu-count"), values.Int("cpu-percent")
	limits.IOMaximumIOps = uint64(values.Int("io-maxiops"))
	limits.IOMaximumBandwidth = uint64(Bytes(values, "io-maxbandwidth"))
	for _, word := range values.List("blkio-weight-device") {
		device, err := parseWeightDevice(word)
		if err != nil {
			return err
		}
		limits.BlkioWeightDevice = append(limits.BlkioWeightDevice, device)
	}
	for name, list := range map[string]*[]RateDevice{
		"device-read-bps": &limits.BlkioDeviceReadBps, "device-write-bps": &limits.BlkioDeviceWriteBps,
		"device-read-iops": &limits.BlkioDeviceReadIOps, "device-write-iops": &limits.BlkioDeviceWriteIOps,
	} {
		parse := parseRate
		if strings.HasSuffix(name, "iops") {
			parse = parseOperations
		}
		for _, word := range values.List(name) {
			device, err := parse(word)
			if err != nil {
				return err
			}
			*list = append(*list, device)
		}
	}
	ulimits, err := ParseUlimits(values.List("ulimit"))
	if err != nil {
		return err
	}
	limits.Ulimits = ulimits
	return ParseCommonLimits(limits, values)
}

// ParseCommonLimits reads the limits that `docker update` has too.
func ParseCommonLimits(limits *Resources, values *flag.Values) (err error) {
	limits.BlkioWeight = values.Int("blkio-weight")
	limits.CPUPeriod, limits.CPUQuota = values.Int("cpu-period"), values.Int("cpu-quota")
	limits.CPURealtimePeriod, limits.CPURealtimeRuntime = values.Int("cpu-rt-period"), values.Int("cpu-rt-runtime")
	limits.CPUShares = values.Int("cpu-shares")
	limits.CpusetCpus, limits.CpusetMems = values.String("cpuset-cpus"), values.String("cpuset-mems")
	limits.Memory, limits.MemoryReservation = Bytes(values, "memory"), Bytes(values, "memory-reservation")
	limits.MemorySwap = Bytes(values, "memory-swap")
	limits.PidsLimit = values.Int("pids-limit")
	if text := values.String("cpus"); text != "" {
		limits.NanoCPUs, err = parseCPUs(text)
	}
	return err
}

// ParseUlimits keeps the last limit of each name, by name.
func ParseUlimits(words []string) ([]Ulimit, error) {
	byName := map[string]Ulimit{}
	for _, word := range words {
		limit, err := units.ParseUlimit(word)
		if err != nil {
			return nil, err
		}
		byName[limit.Name] = Ulimit{limit.Name, limit.Hard, limit.Soft}
	}
	var list []Ulimit
	for _, limit := range byName {
		list = append(list, limit)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list, nil
}

func checkUlimit(word string) error {
	_, err := units.ParseUlimit(word)
	return err
}

// Bytes reads a size that has been checked; -1 is no limit.
func Bytes(values *flag.Values, name string) int64 {
	text := values.String(name)
	if text == "" {
		return 0
	}
	if text == "-1" {
		return -1
	}
	size, _ := units.RAMInBytes(text)
	return size
}

// CheckBytes refuses what is not a size like 64m.
func CheckBytes(word string) error {
	_, err := units.RAMInBytes(word)
	return err
}

// CheckSwap is CheckBytes, and knows -1.
func CheckSwap(word string) error {
	if word == "-1" {
		return nil
	}
	return CheckBytes(word)
}

// CheckCPUs refuses what is not a number of processors.
func CheckCPUs(word string) error {
	_, err := parseCPUs(word)
	return err
}

// parseCPUs makes billionths of a decimal number or a fraction.
func parseCPUs(text string) (int64, error) {
	bad := fmt.Errorf("failed to parse %v as a rational number", text)
	if above, below, found := strings.Cut(text, "/"); found {
		numerator, err := strconv.ParseInt(above, 10, 32)
		divisor, err2 := strconv.ParseInt(below, 10, 32)
		if err != nil || err2 != nil || divisor == 0 {
			return 0, bad
		}
		if numerator*1e9%divisor != 0 {
			return 0, errors.New("value is too precise")
		}
		return numerator * 1e9 / divisor, nil
	}
	if mantissa, exponent, found := strings.Cut(strings.ToLower(text), "e"); found {
		power, err := strconv.Atoi(exponent)
		if err != nil || power < 0 || power > 9 {
			return 0, bad
		}
		nano, err := parseCPUs(mantissa)
		for range power {
			nano *= 10
		}
		return nano, err
	}
	whole, fraction, _ := strings.Cut(text, ".")
	digits := strings.TrimRight(fraction, "0")
	if whole+fraction == "" || strings.Trim(fraction, "0123456789") != "" {
		return 0, bad
	}
	if len(digits) > 9 {
		return 0, errors.New("value is too precise")
	}
	if whole == "" || whole == "+" || whole == "-" {
		whole += "0"
	}
	// "-0.5" has its sign in the whole part.
	number, err := strconv.ParseInt(whole+digits+strings.Repeat("0", 9-len(digits)), 10, 64)
	if err != nil {
		return 0, bad
	}
	return number, nil
}
