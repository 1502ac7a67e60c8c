// Package options turns the flags of `docker run` and `docker create` into the body of POST /containers/create.
package options

// Request is the body. What a container does not ask for is left out: the engine takes absent for its default.
type Request struct {
	Hostname     string              `json:",omitempty"`
	Domainname   string              `json:",omitempty"`
	User         string              `json:",omitempty"`
	AttachStdin  bool                `json:",omitempty"`
	AttachStdout bool                `json:",omitempty"`
	AttachStderr bool                `json:",omitempty"`
	ExposedPorts map[string]struct{} `json:",omitempty"`
	Tty          bool                `json:",omitempty"`
	OpenStdin    bool                `json:",omitempty"`
	StdinOnce    bool                `json:",omitempty"`
	Env          []string            `json:",omitempty"`
	Cmd          []string            `json:",omitempty"`
	Healthcheck  *Health             `json:",omitempty"`
	Image        string
	Volumes      map[string]struct{} `json:",omitempty"`
	WorkingDir   string              `json:",omitempty"`
	Entrypoint   []string            `json:",omitempty"`
	Labels       map[string]string   `json:",omitempty"`
	StopSignal   string              `json:",omitempty"`
	StopTimeout  *int64              `json:",omitempty"`

	HostConfig       HostConfig
	NetworkingConfig NetworkingConfig
}

// Health is a container's health check.
type Health struct {
	Test          []string `json:",omitempty"`
	Interval      int64    `json:",omitempty"`
	Timeout       int64    `json:",omitempty"`
	StartPeriod   int64    `json:",omitempty"`
	StartInterval int64    `json:",omitempty"`
	Retries       int64    `json:",omitempty"`
}

// HostConfig is what a container gets of the machine.
type HostConfig struct {
	Binds           []string                 `json:",omitempty"`
	ContainerIDFile string                   `json:",omitempty"`
	LogConfig       LogConfig                `json:",omitzero"`
	NetworkMode     string                   `json:",omitempty"`
	PortBindings    map[string][]PortBinding `json:",omitempty"`
	RestartPolicy   RestartPolicy            `json:",omitzero"`
	AutoRemove      bool                     `json:",omitempty"`
	VolumeDriver    string                   `json:",omitempty"`
	VolumesFrom     []string                 `json:",omitempty"`
	ConsoleSize     *[2]int                  `json:",omitempty"`
	Annotations     map[string]string        `json:",omitempty"`
	CapAdd          []string                 `json:",omitempty"`
	CapDrop         []string                 `json:",omitempty"`
	CgroupnsMode    string                   `json:",omitempty"`
	DNS             []string                 `json:"Dns,omitempty"`
	DNSOptions      []string                 `json:"DnsOptions,omitempty"`
	DNSSearch       []string                 `json:"DnsSearch,omitempty"`
	ExtraHosts      []string                 `json:",omitempty"`
	GroupAdd        []string                 `json:",omitempty"`
	IpcMode         string                   `json:",omitempty"`
	Links           []string                 `json:",omitempty"`
	OomScoreAdj     int64                    `json:",omitempty"`
	PidMode         string                   `json:",omitempty"`
	Privileged      bool                     `json:",omitempty"`
	PublishAllPorts bool                     `json:",omitempty"`
	ReadonlyRootfs  bool                     `json:",omitempty"`
	SecurityOpt     []string                 `json:",omitempty"`
	StorageOpt      map[string]string        `json:",omitempty"`
	Tmpfs           map[string]string        `json:",omitempty"`
	UTSMode         string                   `json:",omitempty"`
	UsernsMode      string                   `json:",omitempty"`
	ShmSize         int64                    `json:",omitempty"`
	Sysctls         map[string]string        `json:",omitempty"`
	Runtime         string                   `json:",omitempty"`
	Isolation       string                   `json:",omitempty"`
	Mounts          []Mount                  `json:",omitempty"`
	// An empty list unmasks; an absent one means the engine's own.
	MaskedPaths   *[]string `json:",omitempty"`
	ReadonlyPaths *[]string `json:",omitempty"`
	Init          *bool     `json:",omitempty"`

	Resources
}

// Resources are limits. `docker update` changes them.
type Resources struct {
	CPUShares            int64           `json:"CpuShares,omitempty"`
	Memory               int64           `json:",omitempty"`
	NanoCPUs             int64           `json:"NanoCpus,omitempty"`
	CgroupParent         string          `json:",omitempty"`
	BlkioWeight          int64           `json:",omitempty"`
	BlkioWeightDevice    []WeightDevice  `json:",omitempty"`
	BlkioDeviceReadBps   []RateDevice    `json:",omitempty"`
	BlkioDeviceWriteBps  []RateDevice    `json:",omitempty"`
	BlkioDeviceReadIOps  []RateDevice    `json:",omitempty"`
	BlkioDeviceWriteIOps []RateDevice    `json:",omitempty"`
	CPUPeriod            int64           `json:"CpuPeriod,omitempty"`
	CPUQuota             int64           `json:"CpuQuota,omitempty"`
	CPURealtimePeriod    int64           `json:"CpuRealtimePeriod,omitempty"`
	CPURealtimeRuntime   int64           `json:"CpuRealtimeRuntime,omitempty"`
	CpusetCpus           string          `json:",omitempty"`
	CpusetMems           string          `json:",omitempty"`
	Devices              []Device        `json:",omitempty"`
	DeviceCgroupRules    []string        `json:",omitempty"`
	DeviceRequests       []DeviceRequest `json:",omitempty"`
	MemoryReservation    int64           `json:",omitempty"`
	MemorySwap           int64           `json:",omitempty"`
	MemorySwappiness     *int64          `json:",omitempty"`
	OomKillDisable       bool            `json:",omitempty"`
	PidsLimit            int64           `json:",omitempty"`
	Ulimits              []Ulimit        `json:",omitempty"`
	CPUCount             int64           `json:"CpuCount,omitempty"`
	CPUPercent           int64           `json:"CpuPercent,omitempty"`
	IOMaximumIOps        uint64          `json:",omitempty"`
	IOMaximumBandwidth   uint64          `json:",omitempty"`
}

// LogConfig says where output is logged.
type LogConfig struct {
	Type   string            `json:",omitempty"`
	Config map[string]string `json:",omitempty"`
}

// PortBinding is where a port is published.
type PortBinding struct {
	HostIP   string `json:"HostIp"`
	HostPort string
}

// RestartPolicy says when a container is started again.
type RestartPolicy struct {
	Name              string
	MaximumRetryCount int `json:",omitempty"`
}

// WeightDevice is a share of a device's time.
type WeightDevice struct {
	Path   string
	Weight int64
}

// RateDevice is a limit on a device's traffic.
type RateDevice struct {
	Path string
	Rate uint64
}

// Device is one of the machine's devices in the container.
type Device struct {
	PathOnHost, PathInContainer, CgroupPermissions string
}

// DeviceRequest asks for devices that the engine chooses.
type DeviceRequest struct {
	Driver       string            `json:",omitempty"`
	Count        int               `json:",omitempty"`
	DeviceIDs    []string          `json:",omitempty"`
	Capabilities [][]string        `json:",omitempty"`
	Options      map[string]string `json:",omitempty"`
}

// Ulimit is a limit of a container's processes.
type Ulimit struct {
	Name string
	Hard int64
	Soft int64
}

// NetworkingConfig holds the container's addresses and names, by network.
type NetworkingConfig struct {
	EndpointsConfig map[string]*Endpoint `json:",omitempty"`
}

// Endpoint is a container's place in a network.
type Endpoint struct {
	IPAMConfig *AddressConfig    `json:",omitempty"`
	Links      []string          `json:",omitempty"`
	Aliases    []string          `json:",omitempty"`
	MacAddress string            `json:",omitempty"`
	DriverOpts map[string]string `json:",omitempty"`
	GwPriority int               `json:",omitempty"`
}

// AddressConfig are addresses that were asked for.
type AddressConfig struct {
	IPv4Address  string   `json:",omitempty"`
	IPv6Address  string   `json:",omitempty"`
	LinkLocalIPs []string `json:",omitempty"`
}
