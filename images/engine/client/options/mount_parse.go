package options

import (
	"encoding/csv"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/docker/go-units"
)

func checkMount(word string) error {
	_, err := ParseMount(word)
	return err
}

// ParseMount reads type=TYPE,source=SOURCE,target=TARGET,... : fields of CSV.
func ParseMount(word string) (Mount, error) {
	mount := Mount{Type: "volume"}
	word = strings.TrimSpace(word)
	if word == "" {
		return mount, errors.New("value is empty")
	}
	fields, err := csv.NewReader(strings.NewReader(word)).Read()
	if err != nil {
		return mount, err
	}
	for _, field := range fields {
		key, value, valued := strings.Cut(field, "=")
		if err := checkField(field, key, value, valued); err != nil {
			return mount, err
		}
		if err := mount.set(field, strings.ToLower(key), value, valued); err != nil {
			return mount, err
		}
	}
	return mount, mount.check()
}

func checkField(field, key, value string, valued bool) error {
	if trimmed := strings.TrimSpace(key); trimmed != key {
		return fmt.Errorf("invalid option '%s' in '%s': option should not have whitespace", trimmed, field)
	}
	if valued {
		switch strings.TrimSpace(value) {
		case "":
			return fmt.Errorf("invalid value for '%s': value is empty", key)
		case value:
			return nil
		}
		return fmt.Errorf("invalid value for '%s' in '%s': value should not have whitespace", key, field)
	}
	switch strings.ToLower(key) {
	case "readonly", "ro", "volume-nocopy", "bind-nonrecursive", "bind-create-src":
		return nil
	}
	return fmt.Errorf("invalid field '%s' must be a key=value pair", field)
}

func (m *Mount) set(field, key, value string, valued bool) (err error) {
	switch key {
	case "type":
		m.Type = strings.ToLower(value)
	case "source", "src":
		m.Source = value
		if strings.HasPrefix(value, ".") {
			if absolute, err := filepath.Abs(value); err == nil {
				m.Source = absolute
			}
		}
	case "target", "dst", "destination":
		m.Target = value
	case "readonly", "ro":
		m.ReadOnly, err = truth(key, value, valued)
	case "consistency":
		m.Consistency = strings.ToLower(value)
	default:
		return m.setOption(field, key, value, valued)
	}
	return err
}

func (m *Mount) setOption(field, key, value string, valued bool) (err error) {
	kind, option, _ := strings.Cut(key, "-")
	switch kind {
	case "bind":
		if m.BindOptions == nil {
			m.BindOptions = &BindOptions{}
		}
		return m.BindOptions.set(field, key, value, valued)
	case "volume":
		if m.VolumeOptions == nil {
			m.VolumeOptions = &VolumeOptions{}
		}
		return m.VolumeOptions.set(field, key, value, valued)
	case "image":
		if option == "subpath" {
			m.ImageOptions = &ImageOptions{value}
			return nil
		}
	case "tmpfs":
		if m.TmpfsOptions == nil {
			m.TmpfsOptions = &TmpfsOptions{}
		}
		return m.TmpfsOptions.set(field, key, value)
	}
	return unexpectedKey(field, key)
}

func unexpectedKey(field, key string) error {
	return fmt.Errorf("unexpected key '%s' in '%s'", key, field)
}

func (o *BindOptions) set(field, key, value string, valued bool) (err error) {
	switch key {
	case "bind-propagation":
		o.Propagation = strings.ToLower(value)
	case "bind-nonrecursive":
		o.NonRecursive, err = truth(key, value, valued)
	case "bind-create-src":
		o.CreateMountpoint, err = truth(key, value, valued)
	case "bind-recursive":
		switch value {
		case "enabled":
		case "disabled":
			o.NonRecursive = true
		case "writable":
			o.ReadOnlyNonRecursive = true
		case "readonly":
			o.ReadOnlyForceRecursive = true
		default:
			return fmt.Errorf(`invalid value for %s: %s (must be "enabled", "disabled", "writable", or "readonly")`, key, value)
		}
	default:
		return unexpectedKey(field, key)
	}
	return err
}

func (o *VolumeOptions) set(field, key, value string, valued bool) (err error) {
	switch key {
	case "volume-subpath":
		o.Subpath = value
	case "volume-nocopy":
		o.NoCopy, err = truth(key, value, valued)
	case "volume-label":
		o.Labels = addPair(o.Labels, value)
	case "volume-driver", "volume-opt":
		if o.DriverConfig == nil {
			o.DriverConfig = &VolumeDriver{}
		}
		if key == "volume-driver" {
			o.DriverConfig.Name = value
		} else {
			o.DriverConfig.Options = addPair(o.DriverConfig.Options, value)
		}
	default:
		return unexpectedKey(field, key)
	}
	return err
}

func (o *TmpfsOptions) set(field, key, value string) error {
	switch key {
	case "tmpfs-size":
		size, err := units.RAMInBytes(value)
		if err != nil {
			return fmt.Errorf("invalid value for %s: %s", key, value)
		}
		o.SizeBytes = size
	case "tmpfs-mode":
		mode, err := strconv.ParseUint(value, 8, 32)
		if err != nil {
			return fmt.Errorf("invalid value for %s: %s", key, value)
		}
		o.Mode = uint32(mode)
	default:
		return unexpectedKey(field, key)
	}
	return nil
}

func truth(key, value string, valued bool) (bool, error) {
	if !valued {
		return true, nil
	}
	yes, err := strconv.ParseBool(value)
	if err != nil {
		return false, fmt.Errorf("invalid value for %s: %s", key, value)
	}
	return yes, nil
}

func addPair(pairs map[string]string, word string) map[string]string {
	if pairs == nil {
		pairs = map[string]string{}
	}
	key, value, _ := strings.Cut(word, "=")
	pairs[key] = value
	return pairs
}

// check refuses options of another type than the mount's.
func (m *Mount) check() error {
	switch {
	case m.Type == "":
		return errors.New("type is required")
	case m.Target == "":
		return errors.New("target is required")
	case m.VolumeOptions != nil && m.Type != "volume":
		return fmt.Errorf("cannot mix 'volume-*' options with mount type '%s'", m.Type)
	case m.ImageOptions != nil && m.Type != "image":
		return fmt.Errorf("cannot mix 'image-*' options with mount type '%s'", m.Type)
	case m.BindOptions != nil && m.Type != "bind":
		return fmt.Errorf("cannot mix 'bind-*' options with mount type '%s'", m.Type)
	case m.TmpfsOptions != nil && m.Type != "tmpfs":
		return fmt.Errorf("cannot mix 'tmpfs-*' options with mount type '%s'", m.Type)
	}
	if bind := m.BindOptions; bind != nil && !m.ReadOnly {
		if bind.ReadOnlyNonRecursive {
			return errors.New("option 'bind-recursive=writable' requires 'readonly' to be specified in conjunction")
		}
		if bind.ReadOnlyForceRecursive {
			return errors.New("option 'bind-recursive=readonly' requires 'readonly' to be specified in conjunction")
		}
	}
	if bind := m.BindOptions; bind != nil && bind.ReadOnlyForceRecursive && bind.Propagation != "rprivate" {
		return errors.New("option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be specified in conjunction")
	}
	return nil
}
