package stats

import "strings"

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
