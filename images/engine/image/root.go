package image

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/opencontainers/go-digest"

	"twinhull/engine/fault"
)

// Root is a container's file system: the image's layers below, its own changes on top.
type Root struct {
	store *Store
	id    string
	rootRecord
}

// rootRecord is what a Root has in rootFile.
type rootRecord struct {
	// Layers are the image's, the lowest first.
	Layers []digest.Digest `json:"layers"`
	// Prepared is the image whose folder of mount points lies above the layers.
	Prepared digest.Digest `json:"prepared,omitempty"`
	IDs      *IDMap        `json:"ids,omitempty"`
}

// rootFile is in the folder of every Root, beside "diff", "work" and "merged".
const rootFile = "root.json"

var rootID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$`)

// CreateRoot makes the file system of a container with an ID. Without an image it is empty, without a map users are the
// machine's.
func (s *Store) CreateRoot(id string, img *Image, remap *IDMap) (*Root, error) {
	if !rootID.MatchString(id) {
		return nil, fault.New(fault.Invalid, "%q is no ID of a container", id)
	}
	root := &Root{store: s, id: id, rootRecord: rootRecord{Layers: []digest.Digest{}, IDs: remap}}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if img != nil {
		if s.index.Images[img.ID] == nil {
			return nil, fault.New(fault.NotFound, "No such image: %s", img.ID)
		}
		root.Layers = img.Config.RootFS.DiffIDs
		if err := s.prepare(img.ID, root.Layers); err != nil {
			return nil, err
		}
		root.Prepared = img.ID
	}
	if err := root.make(); err != nil {
		if !errors.Is(err, fs.ErrExist) {
			_ = os.RemoveAll(root.folder())
		}
		return nil, fmt.Errorf("make the file system of container %s: %w", id, err)
	}
	s.rememberRoot(root)
	return root, nil
}

func (s *Store) rememberRoot(root *Root) {
	s.rootsMutex.Lock()
	defer s.rootsMutex.Unlock()
	s.roots[root.id] = root.rootRecord
}

func (s *Store) forgetRoot(id string) {
	s.rootsMutex.Lock()
	defer s.rootsMutex.Unlock()
	delete(s.roots, id)
}

func (s *Store) knownRoot(id string) (rootRecord, bool) {
	s.rootsMutex.Lock()
	defer s.rootsMutex.Unlock()
	record, ok := s.roots[id]
	return record, ok
}

func (r *Root) make() error {
	// The container's own root passes through this folder, which nobody else needs to read.
	if err := os.Mkdir(r.folder(), 0o711); err != nil {
		return err
	}
	for _, name := range []string{"diff", "work", "merged"} {
		if err := os.Mkdir(r.place(name), 0o755); err != nil {
			return err
		}
	}
	if r.IDs != nil {
		if err := os.Chown(r.place("diff"), r.IDs.UID, r.IDs.GID); err != nil {
			return err
		}
	}
	raw, err := json.Marshal(r.rootRecord)
	if err != nil {
		return err
	}
	return os.WriteFile(r.place(rootFile), raw, 0o600)
}

// OpenRoot finds a file system that CreateRoot has made, perhaps before the engine was restarted.
func (s *Store) OpenRoot(id string) (*Root, error) {
	root := &Root{store: s, id: id}
	if !rootID.MatchString(id) {
		return nil, fault.New(fault.Invalid, "%q is no ID of a container", id)
	}
	if record, ok := s.knownRoot(id); ok {
		root.rootRecord = record
		return root, nil
	}
	raw, err := os.ReadFile(root.place(rootFile))
	if err == nil {
		err = json.Unmarshal(raw, &root.rootRecord)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.NotFound, "container %s has no file system", id)
	}
	if err != nil {
		return nil, fmt.Errorf("open the file system of container %s: %w", id, err)
	}
	s.rememberRoot(root)
	return root, nil
}

func (r *Root) folder() string           { return filepath.Join(r.store.overlay(), r.id) }
func (r *Root) place(name string) string { return filepath.Join(r.folder(), name) }

// Mount mounts the file system, if it is not mounted yet, and says where. Changes with nothing below them are all there
// is and need no mount, so that images can be built from scratch by whoever may not mount.
func (r *Root) Mount() (path string, err error) {
	if r.isBare() {
		return r.place("diff"), nil
	}
	merged := r.place("merged")
	mounted, err := isMountPoint(merged)
	if err != nil || mounted {
		return merged, err
	}
	err = r.store.mapped(r.lower(), r.IDs, func(lower []string) error {
		return mountOverlay(merged, lower, r.place("diff"), r.place("work"))
	})
	if err != nil {
		return "", fmt.Errorf("mount the file system of container %s: %w", r.id, err)
	}
	return merged, nil
}

// isBare tells whether there is nothing below the changes.
func (r *Root) isBare() bool { return len(r.Layers) == 0 && r.Prepared == "" }

// lower lists the folders below the changes, the uppermost first, as overlayfs has them.
func (r *Root) lower() []string {
	lower := make([]string, 0, len(r.Layers)+1)
	if r.Prepared != "" {
		lower = append(lower, filepath.Join(r.store.prepared(r.Prepared), "diff"))
	}
	lower = append(lower, r.store.stack(r.Layers)...)
	if len(lower) == 0 {
		// overlayfs wants one; merged is empty.
		lower = append(lower, r.place("merged"))
	}
	return lower
}

// stack lists the folders of layers, the uppermost first. overlayfs takes a folder once: of equal layers the uppermost
// stays, which hides all that the others have.
func (s *Store) stack(layers []digest.Digest) []string {
	var folders []string
	for _, diffID := range slices.Backward(layers) {
		if folder := s.files(diffID); !slices.Contains(folders, folder) {
			folders = append(folders, folder)
		}
	}
	return folders
}

// Unmount ends Mount; what is not mounted stays so.
func (r *Root) Unmount() error {
	if r.isBare() {
		return nil
	}
	if err := unmount(r.place("merged")); err != nil {
		return fmt.Errorf("unmount the file system of container %s: %w", r.id, err)
	}
	return nil
}

// Remove unmounts and deletes the file system.
func (r *Root) Remove() error {
	if err := r.Unmount(); err != nil {
		return err
	}
	r.store.forgetRoot(r.id)
	if err := os.RemoveAll(r.folder()); err != nil {
		return fmt.Errorf("remove the file system of container %s: %w", r.id, err)
	}
	s := r.store
	s.mutex.Lock()
	defer s.mutex.Unlock()
	// Its image may have been removed before it.
	return s.collect()
}

// rootNeeds lists the layers that containers need, and the images whose folders of mount points they have.
func (s *Store) rootNeeds() (layers, prepared []digest.Digest, err error) {
	entries, err := os.ReadDir(s.overlay())
	if err != nil {
		return nil, nil, err
	}
	for _, entry := range entries {
		if !rootID.MatchString(entry.Name()) {
			continue
		}
		root, err := s.OpenRoot(entry.Name())
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		layers = append(layers, root.Layers...)
		if root.Prepared != "" {
			prepared = append(prepared, root.Prepared)
		}
	}
	return layers, prepared, nil
}
