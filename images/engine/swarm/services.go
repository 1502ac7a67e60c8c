package swarm

import (
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/api/types/swarm"

	"twinhull/engine/fault"
)

var serviceName = regexp.MustCompile(`^[a-zA-Z0-9]+(?:[a-zA-Z0-9_-]*?[a-zA-Z0-9]+)?$`)

// Ports that a swarm chooses from for services that publish one without saying which, as Docker's.
const (
	firstPort = 30000
	lastPort  = 32767
)

func invalid(format string, arguments ...any) error {
	return fault.New(fault.Invalid, "rpc error: code = InvalidArgument desc = "+format, arguments...)
}

// check refuses what no service can have, and what this engine's cannot.
func (s *state) check(spec *swarm.ServiceSpec, own string) error {
	if len(spec.Name) > 63 || !serviceName.MatchString(spec.Name) {
		return invalid("name must be valid as a DNS name component")
	}
	for _, other := range s.Services {
		if other.Spec.Name == spec.Name && other.ID != own {
			return fault.New(fault.Conflict, "rpc error: code = AlreadyExists desc = name conflicts with an existing object: "+
				"service %s already exists", spec.Name)
		}
	}
	container := spec.TaskTemplate.ContainerSpec
	switch {
	case container == nil:
		return fault.New(fault.NotImplemented, "tasks of this engine are containers: it has neither plugins nor network attachments as services")
	case container.Image == "":
		return invalid("ContainerSpec: image reference must be provided")
	case len(container.Secrets) > 0 || len(container.Configs) > 0:
		return fault.New(fault.NotImplemented, "this engine's swarms keep neither secrets nor configs: use --mount or --env")
	case spec.Mode.ReplicatedJob != nil || spec.Mode.GlobalJob != nil:
		return fault.New(fault.NotImplemented, "this engine's swarms have no jobs: services are replicated or global")
	case spec.UpdateConfig != nil && spec.UpdateConfig.Order == swarm.UpdateOrderStartFirst:
		return fault.New(fault.NotImplemented, "updates of this engine stop a task before they start the next: --update-order start-first is not done")
	}
	if placement := spec.TaskTemplate.Placement; placement != nil {
		for _, constraint := range placement.Constraints {
			if _, err := parseConstraint(constraint); err != nil {
				return err
			}
		}
	}
	if spec.Mode.Replicated == nil && spec.Mode.Global == nil {
		spec.Mode.Replicated = &swarm.ReplicatedService{}
	}
	if replicated := spec.Mode.Replicated; replicated != nil {
		if replicated.Replicas == nil {
			replicated.Replicas = new(uint64(1))
		}
		if *replicated.Replicas > maxTasks {
			return invalid("a service of this engine has at most %d replicas", maxTasks)
		}
	}
	for at, used := range spec.TaskTemplate.Networks {
		if used.Target == "host" || used.Target == "none" || used.Target == "bridge" {
			continue
		}
		n, err := s.network(used.Target)
		if err != nil {
			return fault.New(fault.NotFound, "network %s not found", used.Target)
		}
		if n.Ingress {
			return invalid("Service cannot be explicitly attached to the ingress network %q", n.Name)
		}
		spec.TaskTemplate.Networks[at].Target = n.ID
	}
	return s.checkPorts(spec, own)
}

func (s *state) checkPorts(spec *swarm.ServiceSpec, own string) error {
	if spec.EndpointSpec == nil {
		return nil
	}
	seen := map[string]bool{}
	for _, port := range spec.EndpointSpec.Ports {
		if port.TargetPort == 0 || port.TargetPort > 65535 || port.PublishedPort > 65535 {
			return invalid("EndpointSpec: ports are 1 to 65535")
		}
		if port.Protocol != "tcp" && port.Protocol != "udp" {
			return fault.New(fault.NotImplemented, "ports of this engine are of tcp or udp, not %s", port.Protocol)
		}
		if isMesh(port) && spec.EndpointSpec.Mode == swarm.ResolutionModeDNSRR {
			return invalid("EndpointSpec: port published with ingress mode can't be used with dnsrr mode")
		}
		if port.PublishedPort == 0 {
			continue
		}
		key := portKey(port)
		if seen[key] {
			return invalid("EndpointSpec: duplicate published ports provided")
		}
		seen[key] = true
		for _, other := range s.Services {
			for _, taken := range other.Endpoint.Ports {
				if other.ID != own && portKey(taken) == key && isMesh(taken) && isMesh(port) {
					return invalid("port '%d' is already in use by service '%s' (%s) as an ingress port", port.PublishedPort, other.Spec.Name, other.ID)
				}
			}
		}
	}
	return nil
}

func isMesh(port swarm.PortConfig) bool { return port.PublishMode != swarm.PortConfigPublishModeHost }

func portKey(port swarm.PortConfig) string {
	return fmt.Sprintf("%d/%s", port.PublishedPort, port.Protocol)
}

func (s *state) createService(now time.Time, spec swarm.ServiceSpec) (*service, error) {
	fillSpec(&spec)
	if err := s.check(&spec, ""); err != nil {
		return nil, err
	}
	v := &service{Service: swarm.Service{ID: newID(), Meta: s.meta(now), Spec: spec}}
	v.Generation = v.Version.Index
	if err := s.allocate(v); err != nil {
		return nil, err
	}
	s.Services[v.ID] = v
	return v, nil
}

// fillSpec gives what clients may leave out its default.
func fillSpec(spec *swarm.ServiceSpec) {
	if spec.Labels == nil {
		spec.Labels = map[string]string{}
	}
	if spec.EndpointSpec != nil {
		for at := range spec.EndpointSpec.Ports {
			port := &spec.EndpointSpec.Ports[at]
			if port.Protocol == "" {
				port.Protocol = "tcp"
			}
			if port.PublishMode == "" {
				port.PublishMode = swarm.PortConfigPublishModeIngress
			}
		}
	}
	// What older clients say.
	if spec.TaskTemplate.Runtime == "" && spec.TaskTemplate.ContainerSpec != nil {
		spec.TaskTemplate.Runtime = swarm.RuntimeContainer
	}
}

// networksOf are the networks of a service's tasks, without addresses.
func (s *state) networksOf(v *service) []taskNetwork {
	var all []taskNetwork
	for _, used := range v.Spec.TaskTemplate.Networks {
		all = append(all, taskNetwork{ID: used.Target, Aliases: used.Aliases})
	}
	if ingress := s.ingress(); ingress != nil && slices.ContainsFunc(v.Endpoint.Ports, isMesh) {
		all = append(all, taskNetwork{ID: ingress.ID})
	}
	return all
}

// allocate gives a service its ports and its virtual addresses.
func (s *state) allocate(v *service) error {
	spec := swarm.EndpointSpec{Mode: swarm.ResolutionModeVIP}
	if v.Spec.EndpointSpec != nil {
		spec = *v.Spec.EndpointSpec
		if spec.Mode == "" {
			spec.Mode = swarm.ResolutionModeVIP
		}
	}
	old := v.Endpoint
	v.Endpoint = swarm.Endpoint{Spec: spec, Ports: slices.Clone(spec.Ports)}
	for at := range v.Endpoint.Ports {
		if port := &v.Endpoint.Ports[at]; port.PublishedPort == 0 && isMesh(*port) {
			if err := s.choosePort(port, old.Ports); err != nil {
				return err
			}
		}
	}
	if spec.Mode != swarm.ResolutionModeVIP {
		return nil
	}
	for _, used := range s.networksOf(v) {
		n, ok := s.Networks[used.ID]
		if !ok {
			continue // one of the node's own
		}
		at := slices.IndexFunc(old.VirtualIPs, func(virtual swarm.EndpointVirtualIP) bool { return virtual.NetworkID == n.ID })
		if at >= 0 {
			v.Endpoint.VirtualIPs = append(v.Endpoint.VirtualIPs, old.VirtualIPs[at])
			continue
		}
		address, err := s.take(n, netip.Addr{})
		if err != nil {
			return err
		}
		v.Endpoint.VirtualIPs = append(v.Endpoint.VirtualIPs, swarm.EndpointVirtualIP{
			NetworkID: n.ID, Addr: netip.PrefixFrom(address, n.IPAM.Subnets[0].Subnet.Bits()),
		})
	}
	return nil
}

func (s *state) choosePort(port *swarm.PortConfig, old []swarm.PortConfig) error {
	for _, before := range old {
		if before.TargetPort == port.TargetPort && before.Protocol == port.Protocol && before.PublishedPort >= firstPort {
			port.PublishedPort = before.PublishedPort
			return nil
		}
	}
	taken := map[string]bool{}
	for _, other := range s.Services {
		for _, used := range other.Endpoint.Ports {
			taken[portKey(used)] = true
		}
	}
	for port.PublishedPort = firstPort; port.PublishedPort <= lastPort; port.PublishedPort++ {
		if !taken[portKey(*port)] {
			return nil
		}
	}
	return fault.New(fault.Forbidden, "all ports that services can be given are published")
}

func (s *state) updateService(now time.Time, wanted string, version uint64, spec swarm.ServiceSpec, rollback bool) error {
	v, err := s.service(wanted)
	if err != nil {
		return err
	}
	if version != v.Version.Index {
		return fault.New(fault.Invalid, "rpc error: code = Unknown desc = update out of sequence")
	}
	if rollback {
		if v.PreviousSpec == nil {
			return invalid("service %s does not have a previous spec", v.ID)
		}
		spec = *v.PreviousSpec
	}
	fillSpec(&spec)
	if spec.Name != v.Spec.Name {
		return fault.New(fault.NotImplemented, "rpc error: code = Unimplemented desc = renaming services is not supported")
	}
	if (spec.Mode.Global != nil) != (v.Spec.Mode.Global != nil) {
		return fault.New(fault.NotImplemented, "rpc error: code = Unimplemented desc = service mode change is not allowed")
	}
	if err := s.check(&spec, v.ID); err != nil {
		return err
	}
	before := v.Spec
	changed := !reflect.DeepEqual(before.TaskTemplate, spec.TaskTemplate) || !reflect.DeepEqual(before.EndpointSpec, spec.EndpointSpec)
	v.PreviousSpec, v.Spec = &before, spec
	if err := s.allocate(v); err != nil {
		v.Spec = before
		return err
	}
	s.touch(&v.Meta, now)
	v.UpdateStatus = nil
	if changed {
		v.Generation = v.Version.Index
		state := swarm.UpdateStateUpdating
		message := "update in progress"
		if rollback {
			state, message = swarm.UpdateStateRollbackStarted, "rollback in progress"
		}
		v.UpdateStatus = &swarm.UpdateStatus{State: state, StartedAt: new(now), Message: message}
	}
	return nil
}

func (s *state) removeService(wanted string) error {
	v, err := s.service(wanted)
	if err != nil {
		return err
	}
	delete(s.Services, v.ID)
	s.next()
	for _, t := range s.Tasks {
		if t.ServiceID == v.ID {
			t.DesiredState, t.Gone = swarm.TaskStateRemove, true
		}
	}
	return nil
}

// taskName is what its container is called, up to the task's id.
func (s *state) taskName(t *task) string {
	name := t.Name
	if name == "" {
		name = t.ServiceID
	}
	if v := s.Services[t.ServiceID]; v != nil {
		name = v.Spec.Name
	}
	if t.Slot == 0 {
		return name + "." + t.NodeID
	}
	return fmt.Sprintf("%s.%d", name, t.Slot)
}

// constraint is node.role==manager and the like.
type constraint struct {
	key   string
	value string
	not   bool
}

func parseConstraint(text string) (constraint, error) {
	for _, operator := range []string{"==", "!="} {
		key, value, ok := strings.Cut(text, operator)
		if !ok {
			continue
		}
		c := constraint{strings.TrimSpace(key), strings.TrimSpace(value), operator == "!="}
		switch {
		case slices.Contains([]string{"node.id", "node.hostname", "node.ip", "node.role", "node.platform.os", "node.platform.arch"}, c.key):
		case strings.HasPrefix(c.key, "node.labels.") || strings.HasPrefix(c.key, "engine.labels."):
		default:
			return c, invalid("unknown constraint key %q: node.id, node.hostname, node.role, node.ip, node.platform.os, node.platform.arch, "+
				"node.labels.NAME and engine.labels.NAME are known", c.key)
		}
		if c.value == "" {
			return c, invalid("value '' is invalid")
		}
		return c, nil
	}
	return constraint{}, invalid("constraint expected one operator from ==, !=")
}

func (c constraint) holds(n *node) bool {
	var value string
	switch c.key {
	case "node.id":
		value = n.ID
	case "node.hostname":
		value = n.Description.Hostname
	case "node.ip":
		value = n.Status.Addr
	case "node.role":
		value = string(n.Spec.Role)
	case "node.platform.os":
		value = n.Description.Platform.OS
	case "node.platform.arch":
		value = n.Description.Platform.Architecture
	default:
		if label, ok := strings.CutPrefix(c.key, "node.labels."); ok {
			value = n.Spec.Labels[label]
		} else if label, ok := strings.CutPrefix(c.key, "engine.labels."); ok {
			value = n.Description.Engine.Labels[label]
		}
	}
	return strings.EqualFold(value, c.value) != c.not
}
