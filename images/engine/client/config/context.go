package config

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// DefaultContext is the context that nobody made: DOCKER_HOST, else this machine's engine.
const DefaultContext = "default"

// Context names an engine.
type Context struct {
	Name        string
	Description string
	Host        string
	SkipTLS     bool
	// MetadataPath is where it is kept.
	MetadataPath string
}

// meta is a context's file, as Docker's clients share it.
type meta struct {
	Name     string
	Metadata struct {
		Description string `json:",omitempty"`
	}
	Endpoints map[string]endpoint
}

type endpoint struct {
	Host          string `json:",omitempty"`
	SkipTLSVerify bool
}

// Contexts are the contexts kept in a directory of configuration.
type Contexts struct{ Directory string }

func (c Contexts) folder(name string) string {
	sum := sha256.Sum256([]byte(name))
	return filepath.Join(c.Directory, "contexts", "meta", hex.EncodeToString(sum[:]))
}

// ErrNoContext is wrapped by the error for a context that does not exist.
var ErrNoContext = errors.New("context not found")

// Get reads a context.
func (c Contexts) Get(name string) (Context, error) {
	context, err := c.read(c.folder(name))
	if errors.Is(err, fs.ErrNotExist) {
		return Context{}, fmt.Errorf("context %q: %w: %w", name, ErrNoContext, err)
	}
	return context, err
}

func (c Contexts) read(folder string) (Context, error) {
	raw, err := os.ReadFile(filepath.Join(folder, "meta.json"))
	if err != nil {
		return Context{}, err
	}
	var kept meta
	if err := json.Unmarshal(raw, &kept); err != nil {
		return Context{}, fmt.Errorf("parsing %s/meta.json: %w", folder, err)
	}
	docker := kept.Endpoints["docker"]
	return Context{Name: kept.Name, Description: kept.Metadata.Description, Host: docker.Host,
		SkipTLS: docker.SkipTLSVerify, MetadataPath: folder}, nil
}

// List reads all contexts, by name.
func (c Contexts) List() ([]Context, error) {
	folder := filepath.Join(c.Directory, "contexts", "meta")
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list contexts: %w", err)
	}
	var list []Context
	for _, entry := range entries {
		context, err := c.read(filepath.Join(folder, entry.Name()))
		if err != nil {
			return nil, err
		}
		list = append(list, context)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list, nil
}

// Put keeps a context.
func (c Contexts) Put(context Context) error {
	kept := meta{Name: context.Name, Endpoints: map[string]endpoint{"docker": {context.Host, context.SkipTLS}}}
	kept.Metadata.Description = context.Description
	raw, err := json.Marshal(kept)
	if err != nil {
		return fmt.Errorf("write the context %q: %w", context.Name, err)
	}
	return write(filepath.Join(c.folder(context.Name), "meta.json"), raw)
}

// Remove forgets a context.
func (c Contexts) Remove(name string) error {
	if _, err := c.Get(name); err != nil {
		return err
	}
	if err := os.RemoveAll(c.folder(name)); err != nil {
		return fmt.Errorf("remove the context %q: %w", name, err)
	}
	return nil
}

// nameLetters are what names are made of, in small.
const nameLetters = "abcdefghijklmnopqrstuvwxyz0123456789_.+-"

// ValidName refuses what cannot be a context's name.
func ValidName(name string) error {
	if name == "" {
		return errors.New("context name cannot be empty")
	}
	if name == DefaultContext {
		return errors.New(`"default" is a reserved context name`)
	}
	if len(name) < 2 || strings.ContainsAny(name[:1], "_.+-") || strings.Trim(strings.ToLower(name), nameLetters) != "" {
		return fmt.Errorf("context name %q is invalid, names are validated against regexp %q", name, "^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$")
	}
	return nil
}
