package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// The protocol: https://docs.docker.com/engine/extend/plugins_volume/. Every call is a POST with a JSON body, and every
// answer has Err, which is empty if all went well.

// maxRequest bounds the engine's requests, in bytes.
const maxRequest = 1 << 20

// request has the fields of all calls.
type request struct {
	Name string
	ID   string
	Opts map[string]string
}

type description struct {
	Name       string
	Mountpoint string         `json:",omitempty"`
	CreatedAt  string         `json:",omitempty"`
	Status     map[string]any `json:",omitempty"`
}

// plugin mounts volumes in a directory of this machine. One call is answered after the other: this is an example.
type plugin struct {
	remote    remote
	directory string

	mutex sync.Mutex
	users map[string]map[string]bool // By volume: the engine's ids of who has it mounted.
}

func newPlugin(storeURL, directory string, limit int64) http.Handler {
	plugin := &plugin{
		remote: remote{url: storeURL, limit: limit}, directory: directory, users: map[string]map[string]bool{},
	}
	mux := http.NewServeMux()
	for call, answer := range map[string]func(request) (any, error){
		"Plugin.Activate": func(request) (any, error) {
			return map[string]any{"Implements": []string{"VolumeDriver"}}, nil
		},
		// Every machine with this plugin and the same store sees the same volumes.
		"VolumeDriver.Capabilities": func(request) (any, error) {
			return map[string]any{"Capabilities": map[string]string{"Scope": "global"}}, nil
		},
		"VolumeDriver.Create":  plugin.create,
		"VolumeDriver.Remove":  plugin.remove,
		"VolumeDriver.Mount":   plugin.mount,
		"VolumeDriver.Unmount": plugin.unmount,
		"VolumeDriver.Path":    plugin.path,
		"VolumeDriver.Get":     plugin.get,
		"VolumeDriver.List":    plugin.list,
	} {
		mux.HandleFunc("POST /"+call, func(w http.ResponseWriter, r *http.Request) { plugin.answer(w, r, answer) })
	}
	return mux
}

func (p *plugin) answer(w http.ResponseWriter, r *http.Request, answer func(request) (any, error)) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	var asked request
	// Calls without parameters may come without a body.
	_ = json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&asked)
	reply, err := answer(asked)
	if err != nil {
		reply = map[string]string{"Err": err.Error()}
	}
	w.Header().Set("Content-Type", "application/vnd.docker.plugins.v1.2+json")
	_ = json.NewEncoder(w).Encode(reply)
}

// done is the answer of calls that return nothing.
var done = map[string]string{"Err": ""}

func (p *plugin) create(asked request) (any, error) {
	if !validName.MatchString(asked.Name) {
		return nil, fmt.Errorf("%q cannot be the name of an archive: use letters, digits, and _ . - after the first", asked.Name)
	}
	if len(asked.Opts) > 0 {
		return nil, errors.New("this driver has no options: where archives are is said when the plugin starts (--store)")
	}
	if _, err := p.remote.find(asked.Name); err == nil {
		return done, nil // Made on another machine.
	} else if !errors.Is(err, errMissing) {
		return nil, err
	}
	empty, err := os.MkdirTemp(p.directory, ".empty-")
	if err != nil {
		return nil, err
	}
	defer os.Remove(empty)
	if err := os.Chmod(empty, 0o755); err != nil {
		return nil, err
	}
	return done, p.remote.send(asked.Name, empty)
}

func (p *plugin) remove(asked request) (any, error) {
	if len(p.users[asked.Name]) > 0 {
		return nil, errors.New("a container has the volume mounted")
	}
	if err := os.RemoveAll(p.files(asked.Name)); err != nil {
		return nil, err
	}
	return done, p.remote.remove(asked.Name)
}

// files is where a volume's files are while it is mounted.
func (p *plugin) files(name string) string { return filepath.Join(p.directory, name) }

func (p *plugin) mount(asked request) (any, error) {
	if !validName.MatchString(asked.Name) {
		return nil, errMissing
	}
	_, err := os.Lstat(p.files(asked.Name))
	if errors.Is(err, fs.ErrNotExist) {
		// Not there yet. What is there was left by a plugin that ended too early, and is newer than the archive.
		err = p.remote.fetch(asked.Name, p.files(asked.Name))
	}
	if err != nil {
		return nil, err
	}
	if p.users[asked.Name] == nil {
		p.users[asked.Name] = map[string]bool{}
	}
	p.users[asked.Name][asked.ID] = true
	return map[string]string{"Mountpoint": p.files(asked.Name)}, nil
}

func (p *plugin) unmount(asked request) (any, error) {
	if !validName.MatchString(asked.Name) {
		return nil, errMissing
	}
	delete(p.users[asked.Name], asked.ID)
	if len(p.users[asked.Name]) > 0 {
		return done, nil
	}
	if _, err := os.Lstat(p.files(asked.Name)); errors.Is(err, fs.ErrNotExist) {
		return done, nil
	}
	if err := p.remote.send(asked.Name, p.files(asked.Name)); err != nil {
		return nil, err // The files stay for another try.
	}
	return done, os.RemoveAll(p.files(asked.Name))
}

func (p *plugin) path(asked request) (any, error) {
	return map[string]string{"Mountpoint": p.mountpoint(asked.Name)}, nil
}

func (p *plugin) mountpoint(name string) string {
	if len(p.users[name]) == 0 {
		return ""
	}
	return p.files(name)
}

func (p *plugin) get(asked request) (any, error) {
	found, err := p.remote.find(asked.Name)
	if err != nil {
		return nil, err
	}
	return map[string]description{"Volume": p.describe(found)}, nil
}

func (p *plugin) list(request) (any, error) {
	archives, err := p.remote.list()
	if err != nil {
		return nil, err
	}
	volumes := []description{}
	for _, archive := range archives {
		volumes = append(volumes, p.describe(archive))
	}
	return map[string][]description{"Volumes": volumes}, nil
}

func (p *plugin) describe(archive archive) description {
	return description{
		Name: archive.Name, Mountpoint: p.mountpoint(archive.Name),
		Status: map[string]any{
			"archive": p.remote.place(archive.Name), "bytes": archive.Bytes, "sent": archive.Modified.Format(time.RFC3339),
			"containers": len(p.users[archive.Name]),
		},
	}
}
