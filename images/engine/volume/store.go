package volume

import (
	"context"
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"twinhull/engine/events"
	"twinhull/engine/fault"
)

// Store has all volumes of an engine.
type Store struct {
	bus     *events.Bus
	shelf   shelf
	local   *local
	plugins *plugins
	names   locks

	mutex   sync.Mutex
	volumes map[string]metadata
	users   map[string]map[string]struct{} // By volume: the containers that were made with it.
	pruning bool
}

// Open reads the volumes in root, for example /var/lib/docker/volumes. Plugins' sockets are in runDir, /run/docker.
func Open(root, runDir string, bus *events.Bus) (*Store, error) {
	store := &Store{
		bus:     bus,
		shelf:   shelf(filepath.Join(root, metadataDirectory)),
		plugins: newPlugins(filepath.Join(runDir, "plugins"), "/etc/docker/plugins", "/usr/lib/docker/plugins"),
		volumes: map[string]metadata{},
		users:   map[string]map[string]struct{}{},
	}
	store.local = newLocal(root, func(name string) map[string]string {
		data, _ := store.known(name)
		return data.Options
	})
	if err := os.MkdirAll(root, 0o701); err != nil {
		return nil, fmt.Errorf("making the volumes' directory: %w", err)
	}
	if err := os.MkdirAll(string(store.shelf), 0o700); err != nil {
		return nil, fmt.Errorf("making the volumes' directory: %w", err)
	}
	all, problems, err := store.shelf.readAll()
	if err != nil {
		return nil, err
	}
	for _, problem := range problems {
		log.Print(problem)
	}
	for _, data := range all {
		store.volumes[data.Name] = data
	}
	return store, nil
}

// Create makes a volume, or returns the one that already has the name if the driver is the same.
func (s *Store) Create(ctx context.Context, options CreateOptions) (*Volume, error) {
	if options.Name == "" {
		options.Name = anonymousName()
		if options.Driver == "" {
			options.Driver = LocalDriver
		}
		labels := map[string]string{AnonymousLabel: ""}
		maps.Copy(labels, options.Labels)
		options.Labels = labels
	}
	defer s.names.lock(options.Name)()
	volume, err := s.create(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", options.Name, err)
	}
	return volume, nil
}

func (s *Store) create(ctx context.Context, options CreateOptions) (*Volume, error) {
	name := options.Name
	if len(name) > maxName {
		return nil, fault.New(fault.Invalid, "volume name is too long: it has %d characters, and %d fit", len(name), maxName)
	}
	if existing, err := s.existing(ctx, name, options.Driver); err != nil || existing != nil {
		return existing, err
	}
	if options.Driver == "" {
		options.Driver = LocalDriver
	}
	driver, err := s.driver(ctx, options.Driver)
	if err != nil {
		return nil, err
	}
	if found, _ := driver.get(ctx, name); found == nil {
		if err := driver.create(ctx, name, options.Options); err != nil {
			return nil, err
		}
	}
	data := metadata{
		Name: name, Driver: options.Driver, Labels: options.Labels, Options: options.Options, CreatedAt: time.Now(),
	}
	if err := s.remember(data); err != nil {
		return nil, err
	}
	s.publish("create", name, map[string]string{"driver": data.Driver})
	found, err := driver.get(ctx, name)
	if err != nil {
		return nil, err
	}
	if found == nil {
		found = &placed{name: name}
	}
	return s.describe(ctx, data, driver, *found), nil
}

// existing returns the volume that a name already stands for, or nil.
func (s *Store) existing(ctx context.Context, name, driverName string) (*Volume, error) {
	known, ok := s.known(name)
	if !ok {
		if driverName != "" {
			return nil, nil
		}
		volume, err := s.probe(ctx, name)
		if fault.Is(err, fault.NotFound) {
			return nil, nil
		}
		return volume, err
	}
	volume, err := s.lookup(ctx, known)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, fault.New(fault.Conflict, "found reference to volume '%s' in driver '%s', but got an error while "+
			"checking the driver: %w: volume name must be unique", name, known.Driver, err)
	}
	if err == nil {
		if driverName != "" && driverName != known.Driver {
			return nil, fault.New(fault.Conflict, "driver '%s' already has volume '%s': volume name must be unique",
				known.Driver, name)
		}
		return volume, nil
	}
	if len(s.Users(name)) > 0 {
		return nil, fault.New(fault.Conflict, "found references to volume '%s' in driver '%s' but the volume was not found "+
			"in the driver -- you may need to remove containers referencing this volume or force remove the volume to "+
			"re-create it: volume name must be unique", name, known.Driver)
	}
	return nil, s.forget(name)
}

// Get returns a volume.
func (s *Store) Get(ctx context.Context, name string) (*Volume, error) {
	defer s.names.lock(name)()
	volume, err := s.get(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", name, err)
	}
	return volume, nil
}

func (s *Store) get(ctx context.Context, name string) (*Volume, error) {
	if known, ok := s.known(name); ok {
		return s.lookup(ctx, known)
	}
	return s.probe(ctx, name)
}

var errNoSuchVolume = fault.New(fault.NotFound, "no such volume")

// lookup asks a known volume's driver for it.
func (s *Store) lookup(ctx context.Context, data metadata) (*Volume, error) {
	driver, err := s.driver(ctx, data.Driver)
	if err != nil {
		return nil, fmt.Errorf("error while checking if volume %q exists in driver %q: %w", data.Name, data.Driver,
			fault.As(fault.Internal, err))
	}
	found, err := driver.get(ctx, data.Name)
	if err != nil {
		return nil, fmt.Errorf("error while checking if volume %q exists in driver %q: %w", data.Name, data.Driver, err)
	}
	if found == nil {
		return nil, errNoSuchVolume
	}
	return s.describe(ctx, data, driver, *found), nil
}

// probe asks all plugins for a volume that the engine did not make, and remembers whose it is.
func (s *Store) probe(ctx context.Context, name string) (*Volume, error) {
	for driverName, driver := range s.plugins.all(ctx) {
		if found, err := driver.get(ctx, name); err == nil && found != nil {
			data := metadata{Name: name, Driver: driverName, CreatedAt: time.Now()}
			if err := s.remember(data); err != nil {
				return nil, err
			}
			return s.describe(ctx, data, driver, *found), nil
		}
	}
	return nil, errNoSuchVolume
}

// Remove deletes a volume and its files. With force, a volume that does not exist is no error, nor is one whose driver is gone;
// one that its driver does not remove is forgotten nevertheless.
func (s *Store) Remove(ctx context.Context, name string, force bool) error {
	defer s.names.lock(name)()
	return s.remove(ctx, name, force)
}

func (s *Store) remove(ctx context.Context, name string, force bool) error {
	volume, err := s.get(ctx, name)
	if fault.Is(err, fault.NotFound) && force {
		return s.forget(name)
	}
	if err != nil && !force {
		return fmt.Errorf("get %s: %w", name, err)
	}
	if users := s.Users(name); len(users) > 0 {
		return fault.New(fault.Conflict, "remove %s: volume is in use - [%s]", name, strings.Join(users, ", "))
	}
	if err != nil {
		return s.abandon(name)
	}
	err = s.removeFrom(ctx, volume)
	if err != nil && !force {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	if forgotten := s.forget(name); err == nil {
		err = forgotten
	}
	if err != nil {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	s.publish("destroy", name, map[string]string{"driver": volume.Driver})
	return nil
}

// abandon forgets a volume that nobody can remove, because its driver is gone.
func (s *Store) abandon(name string) error {
	known, _ := s.known(name)
	if err := s.forget(name); err != nil {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	s.publish("destroy", name, map[string]string{"driver": known.Driver})
	return nil
}

func (s *Store) removeFrom(ctx context.Context, volume *Volume) error {
	driver, err := s.driver(ctx, volume.Driver)
	if err != nil {
		return err
	}
	return driver.remove(ctx, volume.Name)
}

// driver finds a driver. For a plugin that is not there yet it waits, as Docker does.
func (s *Store) driver(ctx context.Context, name string) (driver, error) {
	if name == LocalDriver {
		return s.local, nil
	}
	return s.plugins.find(ctx, name)
}

func (s *Store) describe(ctx context.Context, data metadata, driver driver, found placed) *Volume {
	created := found.createdAt
	if data.Driver == LocalDriver && !data.CreatedAt.IsZero() {
		created = data.CreatedAt
	}
	return &Volume{
		Name: data.Name, Driver: data.Driver, Mountpoint: found.mountpoint, CreatedAt: timeText(created),
		Labels: data.Labels, Options: data.Options, Scope: driver.scope(ctx), Status: found.status,
	}
}

func (s *Store) known(name string) (metadata, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	data, ok := s.volumes[name]
	return data, ok
}

func (s *Store) remember(data metadata) error {
	if err := s.shelf.write(data); err != nil {
		return err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.volumes[data.Name] = data
	return nil
}

func (s *Store) forget(name string) error {
	s.mutex.Lock()
	delete(s.volumes, name)
	s.mutex.Unlock()
	return s.shelf.remove(name)
}

func (s *Store) publish(action, name string, attributes map[string]string) {
	s.bus.Publish("volume", action, name, attributes)
}

// Users returns the containers that use a volume, sorted.
func (s *Store) Users(name string) []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Sorted(maps.Keys(s.users[name]))
}
