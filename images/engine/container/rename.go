package container

import (
	"context"
	"fmt"
	"strings"

	"twinhull/engine/fault"
)

// Rename gives a container another name, by which others on its networks find it at once.
func (m *Manager) Rename(_ context.Context, c *Container, given string) error {
	if strings.Trim(given, "/ ") == "" {
		return fault.New(fault.Invalid, "Neither old nor new names may be empty")
	}
	name, err := checkName(strings.TrimSpace(given))
	if err != nil {
		return err
	}
	c.life.Lock()
	defer c.life.Unlock()
	if c.isRemoving() {
		return fault.New(fault.Conflict, "container %s is being removed", c.ID)
	}
	old := c.Name()
	if name == old {
		return fault.New(fault.Invalid, "Renaming a container with the same name as its current name")
	}
	if err := m.reserve(name, c.ID); err != nil {
		return fmt.Errorf("Error when allocating new name: %w", err)
	}
	if err := m.rename(c, name); err != nil {
		m.release(name, c.ID)
		return err
	}
	m.release(old, c.ID)
	m.Events.Publish("container", "rename", c.ID, c.attributes("oldName", "/"+old))
	return nil
}

func (m *Manager) rename(c *Container, name string) error {
	c.mutex.Lock()
	sandbox := c.sandbox
	c.mutex.Unlock()
	if sandbox != nil {
		if err := m.Networks.Rename(sandbox, name); err != nil {
			return err
		}
	}
	return c.setRecord(func(record *Record) { record.Name = name })
}
