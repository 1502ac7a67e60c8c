package volume

import (
	"context"
	"fmt"
	"strconv"
)

// Use notes that a container was made with a volume, which therefore cannot be removed. Containers that the engine finds
// when it starts count as well; whoever starts the engine calls Use for them.
func (s *Store) Use(name, containerID string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.users[name] == nil {
		s.users[name] = map[string]struct{}{}
	}
	s.users[name][containerID] = struct{}{}
}

// Release notes that a container is gone. The volume stays.
func (s *Store) Release(name, containerID string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.users[name], containerID)
	if len(s.users[name]) == 0 {
		delete(s.users, name)
	}
}

// Mount makes a volume's files available for a container that starts, and returns where they are. A container that has
// the volume twice mounts it once.
func (s *Store) Mount(ctx context.Context, name, containerID string) (path string, err error) {
	defer s.names.lock(name)()
	volume, err := s.get(ctx, name)
	if err != nil {
		return "", fmt.Errorf("get %s: %w", name, err)
	}
	driver, err := s.driver(ctx, volume.Driver)
	if err != nil {
		return "", fmt.Errorf("mount %s: %w", name, err)
	}
	path, err = driver.mount(ctx, name, containerID)
	if err != nil {
		return "", fmt.Errorf("error while mounting volume '%s': %w", volume.Mountpoint, err)
	}
	return path, nil
}

// Unmount is Mount's counterpart, for a container that has ended.
func (s *Store) Unmount(ctx context.Context, name, containerID string) error {
	defer s.names.lock(name)()
	known, ok := s.known(name)
	if !ok {
		return fmt.Errorf("unmount %s: %w", name, errNoSuchVolume)
	}
	driver, err := s.driver(ctx, known.Driver)
	if err != nil {
		return fmt.Errorf("unmount %s: %w", name, err)
	}
	if err := driver.unmount(ctx, name, containerID); err != nil {
		return fmt.Errorf("unmount %s: %w", name, err)
	}
	s.publish("unmount", name, map[string]string{"driver": known.Driver, "container": containerID})
	return nil
}

// Restore notes that a container which went on while the engine did not has a volume mounted.
func (s *Store) Restore(name, containerID string) {
	s.Use(name, containerID)
	if known, ok := s.known(name); ok && known.Driver == LocalDriver {
		s.local.restore(name, containerID)
	}
}

// Announce publishes the event of a volume that appears in a container. Propagation is "" for volumes.
func (s *Store) Announce(name, containerID, destination string, writable bool) {
	known, _ := s.known(name)
	s.publish("mount", name, map[string]string{
		"driver": known.Driver, "container": containerID, "destination": destination,
		"read/write": strconv.FormatBool(writable), "propagation": "",
	})
}
