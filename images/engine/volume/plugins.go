package volume

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"twinhull/engine/fault"
)

// Plugins are found as in https://docs.docker.com/engine/extend/plugin_api/: by a socket NAME.sock, or by a file
// NAME.spec or NAME.json with an address, in a directory or in one called NAME in it.

// maxSpec bounds a file that says where a plugin is, in bytes.
const maxSpec = 64 << 10

// plugins are the volume plugins on this machine.
type plugins struct {
	sockets string
	specs   []string
	patience

	mutex  sync.Mutex
	active map[string]*plugin
}

func newPlugins(sockets string, specs ...string) *plugins {
	return &plugins{sockets: sockets, specs: specs, patience: dockersPatience, active: map[string]*plugin{}}
}

// find returns a plugin by its name. One that is not there yet gets some time, as it may be starting.
func (p *plugins) find(ctx context.Context, name string) (driver, error) {
	started := time.Now()
	for try := 0; ; try++ {
		found, err := p.load(ctx, name, true)
		if err == nil {
			return found, nil
		}
		if !fault.Is(err, fault.NotFound) || p.pause(ctx, started, try) != nil {
			return nil, fmt.Errorf("error looking up volume plugin %s: %w", name, err)
		}
	}
}

// all returns the volume plugins that answer at once.
func (p *plugins) all(ctx context.Context) iter.Seq2[string, driver] {
	return func(yield func(string, driver) bool) {
		for _, name := range p.names() {
			if plugin, err := p.load(ctx, name, false); err == nil && !yield(name, plugin) {
				return
			}
		}
	}
}

// load returns an activated plugin. The address is read again each time: a plugin may have moved.
func (p *plugins) load(ctx context.Context, name string, retry bool) (*plugin, error) {
	where, err := p.address(name)
	if err != nil {
		return nil, err
	}
	p.mutex.Lock()
	known := p.active[name]
	p.mutex.Unlock()
	if known != nil && known.client.address == where {
		return known, nil
	}
	client, err := newPluginClient(where, p.patience)
	if err != nil {
		return nil, fmt.Errorf("plugin %q: %w", name, err)
	}
	activated := &plugin{client: client}
	if err := activated.activate(ctx, retry); err != nil {
		return nil, fmt.Errorf("plugin %q: %w", name, err)
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.active[name] = activated
	return activated, nil
}

// pluginAddress is how a plugin is reached.
type pluginAddress struct {
	url string // unix:///path, tcp://host:port, http://, https://
	tls pluginTLS
}

// pluginTLS is what a NAME.json says of a plugin's certificates.
type pluginTLS struct {
	InsecureSkipVerify        bool
	CAFile, CertFile, KeyFile string
}

func (p *plugins) address(name string) (pluginAddress, error) {
	missing := fault.New(fault.NotFound, "plugin %q not found", name)
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") {
		return pluginAddress{}, missing
	}
	for _, path := range candidates(p.sockets, name, ".sock") {
		if info, err := os.Stat(path); err == nil && info.Mode()&fs.ModeSocket != 0 {
			return pluginAddress{url: "unix://" + path}, nil
		}
	}
	for _, directory := range p.specs {
		for _, path := range append(candidates(directory, name, ".spec"), candidates(directory, name, ".json")...) {
			address, err := readAddress(path)
			if !errors.Is(err, fs.ErrNotExist) {
				return address, err
			}
		}
	}
	return pluginAddress{}, missing
}

func candidates(directory, name, extension string) []string {
	return []string{filepath.Join(directory, name+extension), filepath.Join(directory, name, name+extension)}
}

func readAddress(path string) (pluginAddress, error) {
	info, err := os.Stat(path)
	if err != nil {
		return pluginAddress{}, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxSpec {
		return pluginAddress{}, fault.New(fault.Invalid, "%s is not a file of at most %d bytes", path, maxSpec)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return pluginAddress{}, err
	}
	return parseAddress(path, text)
}

// parseAddress reads a NAME.spec, which is an address, or a NAME.json.
func parseAddress(path string, text []byte) (pluginAddress, error) {
	address := pluginAddress{url: strings.TrimSpace(string(text))}
	if filepath.Ext(path) == ".json" {
		var spec struct {
			Addr      string
			TLSConfig *pluginTLS
		}
		if err := json.Unmarshal(text, &spec); err != nil {
			return pluginAddress{}, fault.New(fault.Invalid, "reading the plugin's address in %s: %w", path, err)
		}
		address.url = spec.Addr
		if spec.TLSConfig != nil {
			address.tls = *spec.TLSConfig
			address.tls.InsecureSkipVerify = address.tls.InsecureSkipVerify || address.tls.CAFile == ""
		}
	}
	parsed, err := url.Parse(address.url)
	if err != nil {
		return pluginAddress{}, fault.New(fault.Invalid, "reading the plugin's address in %s: %w", path, err)
	}
	if !slices.Contains([]string{"unix", "tcp", "http", "https"}, parsed.Scheme) {
		return pluginAddress{}, fault.New(fault.Invalid, "%s: %q is not the address of a plugin: write unix:///path/of/socket "+
			"or tcp://host:port", path, address.url)
	}
	return address, nil
}

// names returns the names of all plugins that have a socket or a file, sorted.
func (p *plugins) names() []string {
	var names []string
	for _, directory := range append([]string{p.sockets}, p.specs...) {
		entries, _ := os.ReadDir(directory) // A directory that is not there has no plugins.
		for _, entry := range entries {
			name := entry.Name()
			if !entry.IsDir() {
				extension := filepath.Ext(name)
				if extension != ".sock" && extension != ".spec" && extension != ".json" {
					continue
				}
				name = strings.TrimSuffix(name, extension)
			}
			if _, err := p.address(name); err == nil {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
