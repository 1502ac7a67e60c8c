package options

import (
	"sort"

	"twinhull/engine/client/jsonlite"
)

// WriteJSON writes the body of POST /containers/create. What a container does not ask for is left out: the engine takes
// absent for its default.
func (r *Request) WriteJSON(w *jsonlite.Writer) {
	w.Object("", func() {
		w.String("Hostname", r.Hostname)
		w.String("Domainname", r.Domainname)
		w.String("User", r.User)
		w.Bool("AttachStdin", r.AttachStdin)
		w.Bool("AttachStdout", r.AttachStdout)
		w.Bool("AttachStderr", r.AttachStderr)
		w.Set("ExposedPorts", r.ExposedPorts)
		w.Bool("Tty", r.Tty)
		w.Bool("OpenStdin", r.OpenStdin)
		w.Bool("StdinOnce", r.StdinOnce)
		w.Strings("Env", r.Env)
		w.Strings("Cmd", r.Cmd)
		if r.Healthcheck != nil {
			w.Object("Healthcheck", func() { r.Healthcheck.write(w) })
		}
		w.Text("Image", r.Image)
		w.Set("Volumes", r.Volumes)
		w.String("WorkingDir", r.WorkingDir)
		w.Strings("Entrypoint", r.Entrypoint)
		w.Map("Labels", r.Labels)
		w.String("StopSignal", r.StopSignal)
		if r.StopTimeout != nil {
			w.Number("StopTimeout", *r.StopTimeout)
		}
		w.Object("HostConfig", func() { r.HostConfig.write(w) })
		w.Object("NetworkingConfig", func() { r.NetworkingConfig.write(w) })
	})
}

func (h *Health) write(w *jsonlite.Writer) {
	w.Strings("Test", h.Test)
	w.Int("Interval", h.Interval)
	w.Int("Timeout", h.Timeout)
	w.Int("StartPeriod", h.StartPeriod)
	w.Int("StartInterval", h.StartInterval)
	w.Int("Retries", h.Retries)
}

func (h *HostConfig) write(w *jsonlite.Writer) {
	w.Strings("Binds", h.Binds)
	w.String("ContainerIDFile", h.ContainerIDFile)
	w.Object("LogConfig", func() {
		w.String("Type", h.LogConfig.Type)
		w.Map("Config", h.LogConfig.Config)
	})
	w.String("NetworkMode", h.NetworkMode)
	h.writePorts(w)
	w.Object("RestartPolicy", func() { h.RestartPolicy.Write(w) })
	w.Bool("AutoRemove", h.AutoRemove)
	w.String("VolumeDriver", h.VolumeDriver)
	w.Strings("VolumesFrom", h.VolumesFrom)
	if size := h.ConsoleSize; size != nil {
		w.List("ConsoleSize", len(size), func(i int) { w.Number("", int64(size[i])) })
	}
	w.Map("Annotations", h.Annotations)
	w.Strings("CapAdd", h.CapAdd)
	w.Strings("CapDrop", h.CapDrop)
	w.String("CgroupnsMode", h.CgroupnsMode)
	w.Strings("Dns", h.DNS)
	w.Strings("DnsOptions", h.DNSOptions)
	w.Strings("DnsSearch", h.DNSSearch)
	w.Strings("ExtraHosts", h.ExtraHosts)
	w.Strings("GroupAdd", h.GroupAdd)
	w.String("IpcMode", h.IpcMode)
	w.Strings("Links", h.Links)
	w.Int("OomScoreAdj", h.OomScoreAdj)
	w.String("PidMode", h.PidMode)
	w.Bool("Privileged", h.Privileged)
	w.Bool("PublishAllPorts", h.PublishAllPorts)
	w.Bool("ReadonlyRootfs", h.ReadonlyRootfs)
	w.Strings("SecurityOpt", h.SecurityOpt)
	w.Map("StorageOpt", h.StorageOpt)
	w.Map("Tmpfs", h.Tmpfs)
	w.String("UTSMode", h.UTSMode)
	w.String("UsernsMode", h.UsernsMode)
	w.Int("ShmSize", h.ShmSize)
	w.Map("Sysctls", h.Sysctls)
	w.String("Runtime", h.Runtime)
	w.String("Isolation", h.Isolation)
	w.List("Mounts", len(h.Mounts), func(i int) { w.Object("", func() { h.Mounts[i].write(w) }) })
	if h.Unmasked {
		w.Array("MaskedPaths", 0, nil)
		w.Array("ReadonlyPaths", 0, nil)
	}
	if h.Init != nil {
		w.Flag("Init", *h.Init)
	}
	h.Resources.Write(w)
}

func (h *HostConfig) writePorts(w *jsonlite.Writer) {
	ports := make([]string, 0, len(h.PortBindings))
	for port := range h.PortBindings {
		ports = append(ports, port)
	}
	sort.Strings(ports)
	w.Object("PortBindings", func() {
		for _, port := range ports {
			bindings := h.PortBindings[port]
			w.List(port, len(bindings), func(i int) {
				w.Object("", func() {
					w.Text("HostIp", bindings[i].HostIP)
					w.Text("HostPort", bindings[i].HostPort)
				})
			})
		}
	})
}

// Write writes the fields of a restart policy.
func (p *RestartPolicy) Write(w *jsonlite.Writer) {
	w.String("Name", p.Name)
	w.Int("MaximumRetryCount", int64(p.MaximumRetryCount))
}

// Write writes the limits that are set.
func (r *Resources) Write(w *jsonlite.Writer) {
	w.Int("CpuShares", r.CPUShares)
	w.Int("Memory", r.Memory)
	w.Int("NanoCpus", r.NanoCPUs)
	w.String("CgroupParent", r.CgroupParent)
	w.Int("BlkioWeight", r.BlkioWeight)
	w.List("BlkioWeightDevice", len(r.BlkioWeightDevice), func(i int) {
		w.Object("", func() {
			w.String("Path", r.BlkioWeightDevice[i].Path)
			w.Int("Weight", r.BlkioWeightDevice[i].Weight)
		})
	})
	writeRates(w, "BlkioDeviceReadBps", r.BlkioDeviceReadBps)
	writeRates(w, "BlkioDeviceWriteBps", r.BlkioDeviceWriteBps)
	writeRates(w, "BlkioDeviceReadIOps", r.BlkioDeviceReadIOps)
	writeRates(w, "BlkioDeviceWriteIOps", r.BlkioDeviceWriteIOps)
	w.Int("CpuPeriod", r.CPUPeriod)
	w.Int("CpuQuota", r.CPUQuota)
	w.Int("CpuRealtimePeriod", r.CPURealtimePeriod)
	w.Int("CpuRealtimeRuntime", r.CPURealtimeRuntime)
	w.String("CpusetCpus", r.CpusetCpus)
	w.String("CpusetMems", r.CpusetMems)
	w.List("Devices", len(r.Devices), func(i int) {
		w.Object("", func() {
			w.String("PathOnHost", r.Devices[i].PathOnHost)
			w.String("PathInContainer", r.Devices[i].PathInContainer)
			w.String("CgroupPermissions", r.Devices[i].CgroupPermissions)
		})
	})
	w.Strings("DeviceCgroupRules", r.DeviceCgroupRules)
	w.List("DeviceRequests", len(r.DeviceRequests), func(i int) {
		w.Object("", func() { r.DeviceRequests[i].write(w) })
	})
	w.Int("MemoryReservation", r.MemoryReservation)
	w.Int("MemorySwap", r.MemorySwap)
	if r.MemorySwappiness != nil {
		w.Number("MemorySwappiness", *r.MemorySwappiness)
	}
	w.Bool("OomKillDisable", r.OomKillDisable)
	w.Int("PidsLimit", r.PidsLimit)
	w.List("Ulimits", len(r.Ulimits), func(i int) { w.Object("", func() { r.Ulimits[i].write(w) }) })
	w.Int("CpuCount", r.CPUCount)
	w.Int("CpuPercent", r.CPUPercent)
	w.Int("IOMaximumIOps", int64(r.IOMaximumIOps))
	w.Int("IOMaximumBandwidth", int64(r.IOMaximumBandwidth))
}

func writeRates(w *jsonlite.Writer, name string, rates []RateDevice) {
	w.List(name, len(rates), func(i int) {
		w.Object("", func() {
			w.String("Path", rates[i].Path)
			w.Int("Rate", int64(rates[i].Rate))
		})
	})
}

func (d *DeviceRequest) write(w *jsonlite.Writer) {
	w.String("Driver", d.Driver)
	w.Int("Count", int64(d.Count))
	w.Strings("DeviceIDs", d.DeviceIDs)
	w.List("Capabilities", len(d.Capabilities), func(i int) { w.Strings("", d.Capabilities[i]) })
	w.Map("Options", d.Options)
}

func (u *Ulimit) write(w *jsonlite.Writer) {
	w.String("Name", u.Name)
	w.Number("Hard", u.Hard)
	w.Number("Soft", u.Soft)
}

func (n *NetworkingConfig) write(w *jsonlite.Writer) {
	names := make([]string, 0, len(n.EndpointsConfig))
	for name := range n.EndpointsConfig {
		names = append(names, name)
	}
	sort.Strings(names)
	w.Object("EndpointsConfig", func() {
		for _, name := range names {
			n.EndpointsConfig[name].Write(w, name)
		}
	})
}

// Write writes an endpoint, under the name of its network.
func (e *Endpoint) Write(w *jsonlite.Writer, name string) {
	w.Present(name, func() {
		if addresses := e.IPAMConfig; addresses != nil {
			w.Object("IPAMConfig", func() {
				w.String("IPv4Address", addresses.IPv4Address)
				w.String("IPv6Address", addresses.IPv6Address)
				w.Strings("LinkLocalIPs", addresses.LinkLocalIPs)
			})
		}
		w.Strings("Links", e.Links)
		w.Strings("Aliases", e.Aliases)
		w.String("MacAddress", e.MacAddress)
		w.Map("DriverOpts", e.DriverOpts)
		w.Int("GwPriority", int64(e.GwPriority))
	})
}

func (m *Mount) write(w *jsonlite.Writer) {
	w.String("Type", m.Type)
	w.String("Source", m.Source)
	w.String("Target", m.Target)
	w.Bool("ReadOnly", m.ReadOnly)
	w.String("Consistency", m.Consistency)
	if bind := m.BindOptions; bind != nil {
		w.Object("BindOptions", func() {
			w.String("Propagation", bind.Propagation)
			w.Bool("NonRecursive", bind.NonRecursive)
			w.Bool("CreateMountpoint", bind.CreateMountpoint)
			w.Bool("ReadOnlyNonRecursive", bind.ReadOnlyNonRecursive)
			w.Bool("ReadOnlyForceRecursive", bind.ReadOnlyForceRecursive)
		})
	}
	if volume := m.VolumeOptions; volume != nil {
		w.Object("VolumeOptions", func() { volume.write(w) })
	}
	if image := m.ImageOptions; image != nil {
		w.Object("ImageOptions", func() { w.String("Subpath", image.Subpath) })
	}
	if tmpfs := m.TmpfsOptions; tmpfs != nil {
		w.Object("TmpfsOptions", func() {
			w.Int("SizeBytes", tmpfs.SizeBytes)
			w.Int("Mode", int64(tmpfs.Mode))
		})
	}
}

func (o *VolumeOptions) write(w *jsonlite.Writer) {
	w.Bool("NoCopy", o.NoCopy)
	w.Map("Labels", o.Labels)
	w.String("Subpath", o.Subpath)
	if driver := o.DriverConfig; driver != nil {
		w.Object("DriverConfig", func() {
			w.String("Name", driver.Name)
			w.Map("Options", driver.Options)
		})
	}
}
