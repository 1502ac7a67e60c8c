package container

import (
	"cmp"
	"fmt"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	apinetwork "github.com/moby/moby/api/types/network"

	"twinhull/engine/fault"
	"twinhull/engine/filters"
	"twinhull/engine/network"
)

// ListOptions of GET /containers/json.
type ListOptions struct {
	All     bool
	Limit   int
	Size    bool
	Filters filters.Filters
}

// ListFilters are the names that --filter knows for containers.
var ListFilters = []string{
	"ancestor", "before", "expose", "exited", "health", "id", "isolation", "is-task", "label", "name", "network",
	"publish", "since", "status", "volume",
}

// List returns the containers that pass the filters, newest first.
func (m *Manager) List(options ListOptions) ([]container.Summary, error) {
	passes, err := m.filter(options)
	if err != nil {
		return nil, err
	}
	list, now := []container.Summary{}, time.Now()
	for _, c := range m.All() {
		if options.Limit > 0 && len(list) >= options.Limit {
			break
		}
		record, state := c.Record(), c.State()
		if passes(c, &record, &state) {
			list = append(list, m.summarize(c, &record, &state, now, options.Size))
		}
	}
	return list, nil
}

func (m *Manager) summarize(c *Container, record *Record, state *State, now time.Time, sizes bool) container.Summary {
	summary := container.Summary{
		ID: c.ID, Names: []string{"/" + record.Name}, Image: record.Config.Image, ImageID: record.Image.String(),
		Command: commandText(record), Created: record.Created.Unix(), Ports: c.portSummaries(record),
		Labels: record.Config.Labels, State: state.Status, Status: state.Describe(now), Mounts: mountPoints(record.Mounts),
		NetworkSettings: &container.NetworkSettingsSummary{Networks: c.endpointSettings(record)},
		Health:          &container.HealthSummary{Status: state.HealthStatus()},
	}
	if summary.Labels == nil {
		summary.Labels = map[string]string{}
	}
	summary.HostConfig.NetworkMode = string(record.HostConfig.NetworkMode)
	if sizes {
		if root, err := m.Images.OpenRoot(c.ID); err == nil {
			summary.SizeRw, summary.SizeRootFs, _ = root.Sizes()
		}
	}
	// A tag may have moved on to another image since: then only the ID still names this one.
	if img, err := m.Images.Get(record.Config.Image); err != nil || img.ID != record.Image {
		summary.Image = record.Image.String()
	}
	return summary
}

func commandText(record *Record) string {
	var words []string
	for _, argument := range record.Args {
		if strings.Contains(argument, " ") {
			argument = "'" + argument + "'"
		}
		words = append(words, argument)
	}
	return strings.TrimSpace(record.Path + " " + strings.Join(words, " "))
}

func decimal(port uint16) string { return strconv.Itoa(int(port)) }

func (c *Container) portSummaries(record *Record) []container.PortSummary {
	ports, bound := []container.PortSummary{}, c.published()
	if state := c.State(); !state.Running() {
		return ports
	}
	for _, port := range bound {
		address := port.HostIP
		if !address.IsValid() {
			address = netip.IPv4Unspecified()
		}
		ports = append(ports, container.PortSummary{
			IP: address, PrivatePort: port.ContainerPort, PublicPort: port.HostPort, Type: port.Protocol,
		})
	}
	for port := range record.Config.ExposedPorts {
		same := func(found network.PortBinding) bool {
			return found.ContainerPort == port.Num() && found.Protocol == string(port.Proto())
		}
		if !slices.ContainsFunc(bound, same) {
			ports = append(ports, container.PortSummary{PrivatePort: port.Num(), Type: string(port.Proto())})
		}
	}
	slices.SortFunc(ports, func(a, b container.PortSummary) int {
		return cmp.Or(cmp.Compare(a.PrivatePort, b.PrivatePort), cmp.Compare(a.Type, b.Type))
	})
	return ports
}

// filter makes the predicate of a list. Filters that name other containers fail when there is none.
func (m *Manager) filter(options ListOptions) (func(*Container, *Record, *State) bool, error) {
	given := options.Filters
	var before, since *Container
	for name, found := range map[string]**Container{"before": &before, "since": &since} {
		for _, value := range given[name] {
			c, err := m.Get(value)
			if err != nil {
				return nil, err
			}
			*found = c
		}
	}
	for _, status := range given["status"] {
		if err := container.ValidateContainerState(container.ContainerState(status)); err != nil {
			return nil, fault.As(fault.Invalid, err)
		}
	}
	for _, code := range given["exited"] {
		if _, err := strconv.Atoi(code); err != nil {
			return nil, fault.New(fault.Invalid, "invalid filter 'exited=%s'", code)
		}
	}
	ancestors := map[string]bool{}
	for _, name := range given["ancestor"] {
		if img, err := m.Images.Get(name); err == nil {
			ancestors[img.ID.String()] = true
		}
	}
	all := options.All || options.Limit > 0 || given.Has("status") || given.Has("exited") || before != nil || since != nil
	return func(c *Container, record *Record, state *State) bool {
		switch {
		case !all && !state.Running() && state.Status != restarting:
			return false
		case before != nil && !record.Created.Before(before.record.Created):
			return false
		case since != nil && !record.Created.After(since.record.Created):
			return false
		case given.Has("ancestor") && !ancestors[record.Image.String()]:
			return false
		}
		return given.MatchLabels("label", record.Config.Labels) &&
			given.Match("id", func(value string) bool { return strings.HasPrefix(c.ID, value) }) &&
			given.Match("name", func(value string) bool { return matchesName(value, record.Name) }) &&
			given.Match("status", func(value string) bool { return value == string(state.Status) }) &&
			given.Match("health", func(value string) bool { return value == string(state.HealthStatus()) }) &&
			given.Match("exited", func(value string) bool {
				return state.Status == exited && value == strconv.Itoa(state.ExitCode)
			}) &&
			given.Match("network", func(value string) bool { return c.inNetwork(record, value) }) &&
			given.Match("volume", func(value string) bool { return hasMount(record.Mounts, value) }) &&
			given.Match("publish", func(value string) bool { return c.hasPort(record, value, true) }) &&
			given.Match("expose", func(value string) bool { return c.hasPort(record, value, false) }) &&
			given.Match("is-task", func(value string) bool { return value == "false" || value == "0" })
	}, nil
}

func matchesName(pattern, name string) bool {
	expression, err := regexp.Compile(pattern)
	if err != nil {
		return pattern == name
	}
	return expression.MatchString(name) || expression.MatchString("/"+name)
}

func (c *Container) inNetwork(record *Record, wanted string) bool {
	for name, settings := range c.endpointSettings(record) {
		if name == wanted || settings.NetworkID != "" && strings.HasPrefix(settings.NetworkID, wanted) {
			return true
		}
	}
	return false
}

func hasMount(mounts []Mount, wanted string) bool {
	return slices.ContainsFunc(mounts, func(mounted Mount) bool {
		return mounted.Name == wanted || mounted.Destination == path.Clean(wanted) || mounted.Source == wanted
	})
}

// hasPort reads PORT[-PORT][/PROTOCOL].
func (c *Container) hasPort(record *Record, wanted string, published bool) bool {
	text, protocol, _ := strings.Cut(wanted, "/")
	first, last, ranged := strings.Cut(text, "-")
	if !ranged {
		last = first
	}
	var low, high int
	if _, err := fmt.Sscanf(first+" "+last, "%d %d", &low, &high); err != nil {
		return false
	}
	matches := func(port apinetwork.Port) bool {
		return int(port.Num()) >= low && int(port.Num()) <= high && (protocol == "" || protocol == string(port.Proto()))
	}
	if published {
		for port := range record.HostConfig.PortBindings {
			if matches(port) {
				return true
			}
		}
		return false
	}
	for port := range record.Config.ExposedPorts {
		if matches(port) {
			return true
		}
	}
	return false
}
