package container

import (
	"context"
	"maps"

	apinetwork "github.com/moby/moby/api/types/network"

	"twinhull/engine/fault"
)

// ConnectNetwork connects a container to a further network, at once if it runs and otherwise when it starts. Settings
// may be nil.
func (m *Manager) ConnectNetwork(
	_ context.Context, nameOrID, networkName string, settings *apinetwork.EndpointSettings,
) error {
	c, err := m.Get(nameOrID)
	if err != nil {
		return err
	}
	joined, err := m.Networks.Get(networkName)
	if err != nil {
		return err
	}
	c.life.Lock()
	defer c.life.Unlock()
	record := c.Record()
	switch mode := record.HostConfig.NetworkMode; {
	case c.isRemoving():
		return fault.New(fault.Conflict, "container %s is marked for removal and cannot be connected to network %s", c.ID, networkName)
	case mode.IsHost(), joined.Name == "host":
		return fault.New(fault.Forbidden, "container cannot be disconnected from host network or connected to host network")
	case mode.IsContainer():
		return fault.New(fault.Forbidden, "container sharing network namespace with another container or host cannot be connected to any other network")
	}
	if _, found := record.Networks[joined.Name]; found {
		return fault.New(fault.Forbidden, "endpoint with name %s already exists in network %s", record.Name, joined.Name)
	}
	if settings == nil {
		settings = &apinetwork.EndpointSettings{}
	}
	record.Networks = withNetwork(record.Networks, joined.Name, settings)
	c.mutex.Lock()
	sandbox, runs := c.sandbox, c.state.Running()
	c.mutex.Unlock()
	if runs && sandbox != nil {
		if _, err := m.Networks.Connect(sandbox, joined.Name, endpointSpec(&record, joined.Name)); err != nil {
			return err
		}
	}
	return c.setRecord(func(old *Record) { old.Networks = record.Networks })
}

// DisconnectNetwork ends it. With force, what the network still has of a container that is gone goes too.
func (m *Manager) DisconnectNetwork(_ context.Context, nameOrID, networkName string, force bool) error {
	c, err := m.Get(nameOrID)
	if err != nil {
		return err
	}
	left, err := m.Networks.Get(networkName)
	if err != nil {
		return err
	}
	c.life.Lock()
	defer c.life.Unlock()
	record := c.Record()
	if record.HostConfig.NetworkMode.IsHost() || left.Name == "host" {
		return fault.New(fault.Forbidden, "container cannot be disconnected from host network or connected to host network")
	}
	_, found := record.Networks[left.Name]
	if !found && !force {
		return fault.New(fault.Forbidden, "container %s is not connected to network %s", c.ID, left.Name)
	}
	c.mutex.Lock()
	sandbox, runs := c.sandbox, c.state.Running()
	c.mutex.Unlock()
	if runs && sandbox != nil {
		if err := m.Networks.Disconnect(sandbox, left.Name); err != nil && !force {
			return err
		}
	}
	return c.setRecord(func(old *Record) { old.Networks = withNetwork(old.Networks, left.Name, nil) })
}

// withNetwork returns a changed copy: others may be reading the map. nil settings take the network out.
func withNetwork(
	networks map[string]*apinetwork.EndpointSettings, name string, settings *apinetwork.EndpointSettings,
) map[string]*apinetwork.EndpointSettings {
	changed := maps.Clone(networks)
	if changed == nil {
		changed = map[string]*apinetwork.EndpointSettings{}
	}
	delete(changed, name)
	if settings != nil {
		changed[name] = settings
	}
	return changed
}
