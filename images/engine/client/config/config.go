// Package config reads and writes what a user has in ~/.docker: config.json and contexts.
package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// File is config.json. What this client does not know stays in it when it is written.
type File struct {
	Path string

	CurrentContext string
	DetachKeys     string
	PsFormat       string
	ImagesFormat   string
	NetworksFormat string
	VolumesFormat  string
	StatsFormat    string
	HTTPHeaders    map[string]string
	Auths          map[string]Auth
	CredsStore     string
	Proxies        map[string]Proxy
	PluginDirs     []string

	known map[string]any
}

// Proxy is what containers get as their proxy variables.
type Proxy struct {
	HTTPProxy  string `json:"httpProxy"`
	HTTPSProxy string `json:"httpsProxy"`
	NoProxy    string `json:"noProxy"`
	FTPProxy   string `json:"ftpProxy"`
	AllProxy   string `json:"allProxy"`
}

// Directory returns where the configuration is: DOCKER_CONFIG, else ~/.docker.
func Directory() string {
	if directory := os.Getenv("DOCKER_CONFIG"); directory != "" {
		return directory
	}
	home := os.Getenv("HOME")
	if home == "" {
		home = "/root"
	}
	return filepath.Join(home, ".docker")
}

// Load reads config.json of a directory. One that does not exist is empty.
func Load(directory string) (*File, error) {
	file := &File{Path: filepath.Join(directory, "config.json")}
	raw, err := os.ReadFile(file.Path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return file, nil
	}
	if err == nil {
		err = file.read(raw)
	}
	if err != nil {
		return file, fmt.Errorf("loading config file: %s: %w", file.Path, err)
	}
	return file, nil
}

func (f *File) read(raw []byte) error {
	file := struct {
		CurrentContext      string            `json:"currentContext"`
		DetachKeys          string            `json:"detachKeys"`
		PsFormat            string            `json:"psFormat"`
		ImagesFormat        string            `json:"imagesFormat"`
		NetworksFormat      string            `json:"networksFormat"`
		VolumesFormat       string            `json:"volumesFormat"`
		StatsFormat         string            `json:"statsFormat"`
		HTTPHeaders         map[string]string `json:"HttpHeaders"`
		Auths               map[string]entry  `json:"auths"`
		CredsStore          string            `json:"credsStore"`
		Proxies             map[string]Proxy  `json:"proxies"`
		CLIPluginsExtraDirs []string          `json:"cliPluginsExtraDirs"`
	}{}
	if err := json.Unmarshal(raw, &file); err != nil {
		return err
	}
	f.CurrentContext, f.DetachKeys, f.CredsStore = file.CurrentContext, file.DetachKeys, file.CredsStore
	f.PsFormat, f.ImagesFormat, f.StatsFormat = file.PsFormat, file.ImagesFormat, file.StatsFormat
	f.NetworksFormat, f.VolumesFormat = file.NetworksFormat, file.VolumesFormat
	f.HTTPHeaders, f.Proxies, f.PluginDirs = file.HTTPHeaders, file.Proxies, file.CLIPluginsExtraDirs
	f.Auths = make(map[string]Auth, len(file.Auths))
	for server, stored := range file.Auths {
		auth, err := stored.auth(server)
		if err != nil {
			return err
		}
		f.Auths[server] = auth
	}
	return json.Unmarshal(raw, &f.known)
}

// set changes one part of the file and writes it beside its place, then renames it.
func (f *File) set(key string, value any) error {
	if f.known == nil {
		f.known = map[string]any{}
	}
	if value == nil {
		delete(f.known, key)
	} else {
		f.known[key] = value
	}
	raw, err := json.MarshalIndent(f.known, "", "\t")
	if err != nil {
		return fmt.Errorf("write %s: %w", f.Path, err)
	}
	return write(f.Path, raw)
}

func write(path string, raw []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the folder of %s: %w", path, err)
	}
	beside := path + ".new"
	if err := os.WriteFile(beside, raw, 0o600); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(beside, path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// UseContext makes a context the one that commands use; "" is the default one.
func (f *File) UseContext(name string) error {
	f.CurrentContext = name
	if name == "" {
		return f.set("currentContext", nil)
	}
	return f.set("currentContext", name)
}
