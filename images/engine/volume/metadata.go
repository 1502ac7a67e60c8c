package volume

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// metadataDirectory stands beside the volumes' directories. No volume can have its name.
const metadataDirectory = ".metadata"

// metadata is what the engine itself remembers of a volume.
type metadata struct {
	Name      string            `json:"name"`
	Driver    string            `json:"driver"`
	Labels    map[string]string `json:"labels"`
	Options   map[string]string `json:"options"`
	CreatedAt time.Time         `json:"createdAt"`
}

// shelf is the directory in which each volume's metadata has a file.
type shelf string

func (s shelf) file(name string) string {
	return filepath.Join(string(s), url.PathEscape(name)+".json")
}

// write replaces a volume's metadata, whole or not at all.
func (s shelf) write(data metadata) error {
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encoding the metadata of volume %s: %w", data.Name, err)
	}
	place := s.file(data.Name)
	if err := os.WriteFile(place+".new", text, 0o600); err != nil {
		return fmt.Errorf("writing the metadata of volume %s: %w", data.Name, err)
	}
	if err := os.Rename(place+".new", place); err != nil {
		return fmt.Errorf("writing the metadata of volume %s: %w", data.Name, err)
	}
	return nil
}

func (s shelf) remove(name string) error {
	if err := os.Remove(s.file(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the metadata of volume %s: %w", name, err)
	}
	return nil
}

// readAll returns the metadata of all volumes. What cannot be read is left out and told of in problems.
func (s shelf) readAll() (all []metadata, problems []error, err error) {
	files, err := os.ReadDir(string(s))
	if err != nil {
		return nil, nil, fmt.Errorf("reading the volumes' metadata: %w", err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".json") {
			continue // What a write left behind that the machine's end interrupted.
		}
		data, err := s.read(file.Name())
		if err != nil {
			problems = append(problems, err)
			continue
		}
		all = append(all, data)
	}
	return all, problems, nil
}

func (s shelf) read(file string) (metadata, error) {
	var data metadata
	text, err := os.ReadFile(filepath.Join(string(s), file))
	if err != nil {
		return data, fmt.Errorf("reading a volume's metadata: %w", err)
	}
	if err := json.Unmarshal(text, &data); err != nil {
		return data, fmt.Errorf("reading a volume's metadata in %s: %w", file, err)
	}
	if data.Name == "" || filepath.Base(s.file(data.Name)) != file || data.Driver == "" {
		return data, fmt.Errorf("reading a volume's metadata in %s: it is of %q with driver %q", file, data.Name, data.Driver)
	}
	return data, nil
}
