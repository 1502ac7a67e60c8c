package options

import (
	"encoding/csv"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"twinhull/engine/client/flag"
)

// attachment is one --network.
type attachment struct {
	name string
	Endpoint
	address, address6 string
	linkLocal         []string
}

func checkNetwork(word string) error {
	_, err := parseAttachment(word)
	return err
}

// parseAttachment reads a network's name, or name=,alias=,ip=,... as fields of CSV.
func parseAttachment(word string) (attachment, error) {
	if !longSyntax(word) {
		return attachment{name: word}, nil
	}
	var a attachment
	fields, err := csv.NewReader(strings.NewReader(word)).Read()
	if err != nil {
		return a, err
	}
	for _, field := range fields {
		key, value, found := strings.Cut(strings.ToLower(field), "=")
		if !found || key == "" {
			return a, fmt.Errorf("invalid field %s", field)
		}
		if err := a.set(strings.TrimSpace(key), strings.TrimSpace(value)); err != nil {
			return a, err
		}
	}
	if a.name == "" {
		return a, errors.New("network name/id is not specified")
	}
	return a, nil
}

// longSyntax tells whether there is a key with a value: a letter or digit on both sides of an equals sign.
func longSyntax(word string) bool {
	for i := 1; i < len(word)-1; i++ {
		if word[i] == '=' && wordByte(word[i-1]) && wordByte(word[i+1]) {
			return true
		}
	}
	return false
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func (a *attachment) set(key, value string) error {
	switch key {
	case "name":
		a.name = value
	case "alias":
		a.Aliases = append(a.Aliases, value)
	case "ip":
		a.address = value
	case "ip6":
		a.address6 = value
	case "mac-address":
		a.MacAddress = value
	case "link-local-ip":
		a.linkLocal = append(a.linkLocal, value)
	case "driver-opt":
		name, setting, found := strings.Cut(value, "=")
		if !found || name == "" {
			return errors.New("invalid key value pair format in driver options")
		}
		if a.DriverOpts == nil {
			a.DriverOpts = map[string]string{}
		}
		a.DriverOpts[strings.TrimSpace(name)] = strings.TrimSpace(setting)
	case "gw-priority":
		priority, err := strconv.Atoi(value)
		if err != nil {
			var wrong *strconv.NumError
			if errors.As(err, &wrong) {
				err = wrong.Err
			}
			return fmt.Errorf("invalid gw-priority (%s): %w", value, err)
		}
		a.GwPriority = priority
	default:
		return errors.New("invalid field key " + key)
	}
	return nil
}

// userDefined tells a network that somebody made from the engine's own.
func userDefined(name string) bool {
	switch name {
	case "default", "bridge", "host", "none", "nat":
		return false
	}
	return !strings.HasPrefix(name, "container:")
}

func parseNetworks(request *Request, values *flag.Values) error {
	words := values.List("network")
	attachments := []attachment{{name: "default"}}
	if len(words) > 0 {
		attachments = nil
	}
	for _, word := range words {
		one, err := parseAttachment(word)
		if err != nil {
			return err
		}
		attachments = append(attachments, one)
	}
	request.HostConfig.NetworkMode = attachments[0].name
	if err := attachments[0].apply(values); err != nil {
		return err
	}
	endpoints := map[string]*Endpoint{}
	theirs, ours := false, false
	for i := range attachments {
		a := &attachments[i]
		if userDefined(a.name) {
			theirs = true
		} else {
			ours = true
		}
		endpoint, err := a.endpoint()
		if err != nil {
			return err
		}
		if _, twice := endpoints[a.name]; twice {
			return fmt.Errorf("network %q is specified multiple times", a.name)
		}
		// The engine makes the endpoint of a single network by itself.
		if len(attachments) > 1 || !endpoint.isZero() {
			endpoints[a.name] = endpoint
		}
	}
	if theirs && ours {
		return errors.New("conflicting options: cannot attach both user-defined and non-user-defined network-modes")
	}
	request.NetworkingConfig.EndpointsConfig = endpoints
	return nil
}
