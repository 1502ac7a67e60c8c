package volume

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"twinhull/engine/fault"
)

// plugin is a driver behind https://docs.docker.com/engine/extend/plugins_volume/.
type plugin struct {
	client *pluginClient

	mutex    sync.Mutex
	scopeSet string
}

// named and withID are the requests about one volume; pluginVolume is how plugins describe one.
type (
	named        struct{ Name string }
	withID       struct{ Name, ID string }
	pluginVolume struct {
		Name       string
		Mountpoint string
		CreatedAt  time.Time
		Status     map[string]any
	}
)

func (v pluginVolume) placed() placed {
	return placed{name: v.Name, mountpoint: v.Mountpoint, createdAt: v.CreatedAt, status: v.Status}
}

func (p *plugin) activate(ctx context.Context, retry bool) error {
	var reply struct{ Implements []string }
	if err := p.client.call(ctx, "Plugin.Activate", shortTimeout, retry, struct{}{}, &reply); err != nil {
		return err
	}
	if !slices.Contains(reply.Implements, "VolumeDriver") {
		return fault.New(fault.Invalid, "it is not a volume driver: it implements %q", reply.Implements)
	}
	return nil
}

func (p *plugin) create(ctx context.Context, name string, options map[string]string) error {
	request := struct {
		Name string
		Opts map[string]string
	}{name, options}
	return p.client.call(ctx, "VolumeDriver.Create", longTimeout, true, request, nil)
}

func (p *plugin) get(ctx context.Context, name string) (*placed, error) {
	var reply struct{ Volume *pluginVolume }
	err := p.client.call(ctx, "VolumeDriver.Get", shortTimeout, true, named{name}, &reply)
	if _, answered := err.(refusal); answered {
		return nil, nil // Plugins say «no such volume» in words of their own.
	}
	if err != nil || reply.Volume == nil {
		return nil, err
	}
	found := reply.Volume.placed()
	return &found, nil
}

func (p *plugin) list(ctx context.Context) ([]placed, error) {
	var reply struct{ Volumes []pluginVolume }
	if err := p.client.call(ctx, "VolumeDriver.List", shortTimeout, false, struct{}{}, &reply); err != nil {
		return nil, err
	}
	all := make([]placed, len(reply.Volumes))
	for i, volume := range reply.Volumes {
		all[i] = volume.placed()
	}
	return all, nil
}

func (p *plugin) remove(ctx context.Context, name string) error {
	return p.client.call(ctx, "VolumeDriver.Remove", shortTimeout, true, named{name}, nil)
}

func (p *plugin) mount(ctx context.Context, name, containerID string) (string, error) {
	var reply struct{ Mountpoint string }
	if err := p.client.call(ctx, "VolumeDriver.Mount", longTimeout, true, withID{name, containerID}, &reply); err != nil {
		return "", err
	}
	if !strings.HasPrefix(reply.Mountpoint, "/") {
		return "", fault.New(fault.Internal, "VolumeDriver.Mount: the plugin's mountpoint %q is not an absolute path",
			reply.Mountpoint)
	}
	return reply.Mountpoint, nil
}

func (p *plugin) unmount(ctx context.Context, name, containerID string) error {
	return p.client.call(ctx, "VolumeDriver.Unmount", shortTimeout, true, withID{name, containerID}, nil)
}

// scope asks once. A plugin that does not know the question, or answers something else, has local volumes.
func (p *plugin) scope(ctx context.Context) string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.scopeSet != "" {
		return p.scopeSet
	}
	var reply struct{ Capabilities struct{ Scope string } }
	err := p.client.call(ctx, "VolumeDriver.Capabilities", shortTimeout, false, struct{}{}, &reply)
	if _, answered := err.(refusal); err != nil && !answered {
		return "local"
	}
	p.scopeSet = "local"
	if strings.ToLower(reply.Capabilities.Scope) == "global" {
		p.scopeSet = "global"
	}
	return p.scopeSet
}
