// Package options turns the flags of `docker run` and `docker create` into the body of POST /containers/create.
package options

// Request is the body: see WriteJSON.
type Request struct {
	Hostname     string
	Domainname   string
	User         string
	AttachStdin  bool
	AttachStdout bool
	AttachStderr bool
	ExposedPorts map[string]struct{}
	Tty          bool
	OpenStdin    bool
	StdinOnce    bool
	Env          []string
	Cmd          []string
	Healthcheck  *Health
	Image        string
	Volumes      map[string]struct{}
	WorkingDir   string
	Entrypoint   []string
	Labels       map[string]string
	StopSignal   string
	StopTimeout  *int64

	HostConfig       HostConfig
	NetworkingConfig NetworkingConfig
}

// Health is a container's health check.
type Health struct {
	Test          []string
	Interval      int64
	Timeout       int64
	StartPeriod   int64
	StartInterval int64
	Retries       int64
}

// HostConfig is what a container gets of the machine.
type HostConfig struct {
	Binds           []string
	ContainerIDFile string
	LogConfig       LogConfig
	NetworkMode     string
	PortBindings    map[string][]PortBinding
	RestartPolicy   RestartPolicy
	AutoRemove      bool
	VolumeDriver    string
	VolumesFrom     []string
	ConsoleSize     *[2]int
	Annotations     map[string]string
	CapAdd          []string
	CapDrop         []string
	CgroupnsMode    string
	DNS             []string
	DNSOptions      []string
	DNSSearch       []string
	ExtraHosts      []string
	GroupAdd        []string
	IpcMode         string
	Links           []string
	OomScoreAdj     int64
	PidMode         string
	Privileged      bool
	PublishAllPorts bool
	ReadonlyRootfs  bool
	SecurityOpt     []string
	StorageOpt      map[string]string
	Tmpfs           map[string]string
	UTSMode         string
	UsernsMode      string
	ShmSize         int64
	Sysctls         map[string]string
	Runtime         string
	Isolation       string
	Mounts          []Mount
	// Unmasked shows all of /proc and /sys, writable.
	Unmasked bool
	Init     *bool

	Resources
}

// Resources are limits. `docker update` changes them.
type Resources struct {
	CPUShares            int64
	Memory               int64
	NanoCPUs             int64
	CgroupParent         string
	BlkioWeight          int64
	BlkioWeightDevice    []WeightDevice
	BlkioDeviceReadBps   []RateDevice
	BlkioDeviceWriteBps  []RateDevice
	BlkioDeviceReadIOps  []RateDevice
	BlkioDeviceWriteIOps []RateDevice
	CPUPeriod            int64
	CPUQuota             int64
	CPURealtimePeriod    int64
	CPURealtimeRuntime   int64
	CpusetCpus           string
	CpusetMems           string
	Devices              []Device
	DeviceCgroupRules    []string
	DeviceRequests       []DeviceRequest
	MemoryReservation    int64
	MemorySwap           int64
	MemorySwappiness     *int64
	OomKillDisable       bool
	PidsLimit            int64
	Ulimits              []Ulimit
	CPUCount             int64
	CPUPercent           int64
	IOMaximumIOps        uint64
	IOMaximumBandwidth   uint64
}

// LogConfig says where output is logged.
type LogConfig struct {
	Type   string
	Config map[string]string
}

// PortBinding is where a port is published.
type PortBinding struct {
	HostIP   string
	HostPort string
}

// RestartPolicy says when a container is started again.
type RestartPolicy struct {
	Name              string
	MaximumRetryCount int
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
	Driver       string
	Count        int
	DeviceIDs    []string
	Capabilities [][]string
	Options      map[string]string
}

// Ulimit is a limit of a container's processes.
type Ulimit struct {
	Name string
	Hard int64
	Soft int64
}

// NetworkingConfig holds the container's addresses and names, by network.
type NetworkingConfig struct {
	EndpointsConfig map[string]*Endpoint
}

// Endpoint is a container's place in a network.
type Endpoint struct {
	IPAMConfig *AddressConfig
	Links      []string
	Aliases    []string
	MacAddress string
	DriverOpts map[string]string
	GwPriority int
}

// AddressConfig are addresses that were asked for.
type AddressConfig struct {
	IPv4Address  string
	IPv6Address  string
	LinkLocalIPs []string
}
