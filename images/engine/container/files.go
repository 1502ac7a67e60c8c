package container

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// writeFiles makes the three files that belong to the engine and not to the image, and says how they are mounted.
func (m *Manager) writeFiles(c *Container, record *Record) ([]specs.Mount, error) {
	from := c
	if record.HostConfig.NetworkMode.IsContainer() {
		other, err := m.Get(record.HostConfig.NetworkMode.ConnectedContainer())
		if err != nil {
			return nil, err
		}
		from = other
	} else {
		files := map[string]string{
			"hosts":       m.hosts(c, record),
			"resolv.conf": m.resolvConf(c, record),
			"hostname":    record.Config.Hostname + "\n",
		}
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(c.stateDir, name), []byte(text), 0o644); err != nil {
				return nil, fmt.Errorf("write the container's %s: %w", name, err)
			}
		}
	}
	var mounts []specs.Mount
	for _, name := range []string{"resolv.conf", "hostname", "hosts"} {
		destination := "/etc/" + name
		taken := slices.ContainsFunc(record.Mounts, func(mounted Mount) bool { return mounted.Destination == destination })
		if taken {
			continue
		}
		access := "rw"
		if record.HostConfig.ReadonlyRootfs {
			access = "ro"
		}
		mounts = append(mounts, specs.Mount{
			Destination: destination, Type: "bind", Source: filepath.Join(from.stateDir, name),
			Options: []string{"rbind", access, "rprivate"},
		})
	}
	return mounts, nil
}

func (m *Manager) hosts(c *Container, record *Record) string {
	var text strings.Builder
	text.WriteString("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\n" +
		"ff00::\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n")
	for _, extra := range record.HostConfig.ExtraHosts {
		name, address, found := strings.Cut(extra, ":")
		if found && address == "host-gateway" {
			address = m.hostGateway()
		}
		fmt.Fprintf(&text, "%s\t%s\n", address, name)
	}
	names := record.Config.Hostname
	if record.Config.Domainname != "" {
		names = record.Config.Hostname + "." + record.Config.Domainname + " " + names
	}
	for _, endpoint := range c.endpoints() {
		if endpoint.Address.IsValid() {
			fmt.Fprintf(&text, "%s\t%s\n", endpoint.Address.Addr(), names)
		}
	}
	m.writeLinks(&text, record)
	return text.String()
}

// writeLinks adds the other ends of --link on the default bridge, where there is no server for names.
func (m *Manager) writeLinks(text *strings.Builder, record *Record) {
	if !record.HostConfig.NetworkMode.IsBridge() {
		return
	}
	for _, link := range record.HostConfig.Links {
		name, alias, found := strings.Cut(link, ":")
		other, err := m.Get(name)
		if err != nil {
			continue
		}
		if !found {
			alias = other.Name()
		}
		for _, endpoint := range other.endpoints() {
			if endpoint.NetworkName == "bridge" {
				fmt.Fprintf(text, "%s\t%s %s %s\n", endpoint.Address.Addr(), alias, other.ID[:12], other.Name())
			}
		}
	}
}

// hostGateway is the machine as containers reach it.
func (m *Manager) hostGateway() string {
	if bridge, err := m.Networks.Get("bridge"); err == nil && len(bridge.IPAM.Subnets) > 0 {
		return bridge.IPAM.Subnets[0].Gateway.String()
	}
	return "127.0.0.1"
}

// embeddedDNS is where containers on user-defined networks ask for names.
func (c *Container) embeddedDNS() (address netip.Addr, ok bool) {
	c.mutex.Lock()
	sandbox := c.sandbox
	c.mutex.Unlock()
	if sandbox == nil {
		return netip.Addr{}, false
	}
	return sandbox.Resolver()
}

// resolvConf names the embedded server on networks that have one, and the machine's servers otherwise.
func (m *Manager) resolvConf(c *Container, record *Record) string {
	machine, _ := os.ReadFile("/etc/resolv.conf")
	host := record.HostConfig
	var servers, search, options []string
	for line := range strings.Lines(string(machine)) {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		switch words[0] {
		case "nameserver":
			servers = append(servers, words[1])
		case "search":
			search = words[1:]
		case "options":
			options = words[1:]
		}
	}
	if len(host.DNS) > 0 {
		servers = nil
		for _, server := range host.DNS {
			servers = append(servers, server.String())
		}
	}
	if len(host.DNSSearch) > 0 {
		search = host.DNSSearch
	}
	if len(host.DNSOptions) > 0 {
		options = host.DNSOptions
	}
	if embedded, ok := c.embeddedDNS(); ok {
		servers, options = []string{embedded.String()}, append(slices.Clone(options), "ndots:0")
	}
	var text strings.Builder
	for _, server := range servers {
		fmt.Fprintf(&text, "nameserver %s\n", server)
	}
	if len(search) > 0 && !slices.Equal(search, []string{"."}) {
		fmt.Fprintf(&text, "search %s\n", strings.Join(search, " "))
	}
	if len(options) > 0 {
		fmt.Fprintf(&text, "options %s\n", strings.Join(options, " "))
	}
	return text.String()
}
