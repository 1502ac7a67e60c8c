package options

import (
	"encoding/csv"
	"errors"
	"fmt"
	"net"
	"net/netip"

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

// apply gives the first network what older flags say.
func (a *attachment) apply(values *flag.Values) error {
	aliases := values.List("network-alias")
	links, linkLocal := values.List("link"), values.List("link-local-ip")
	address, address6, mac := values.String("ip"), values.String("ip6"), values.String("mac-address")
	switch {
	case len(a.Aliases) > 0 && len(aliases) > 0:
		return errors.New("conflicting options: cannot specify both --network-alias and per-network alias")
	case a.address != "" && address != "":
		return errors.New("conflicting options: cannot specify both --ip and per-network IPv4 address")
	case a.address6 != "" && address6 != "":
		return errors.New("conflicting options: cannot specify both --ip6 and per-network IPv6 address")
	case a.MacAddress != "" && mac != "":
		return errors.New("conflicting options: cannot specify both --mac-address and per-network MAC address")
	case len(a.linkLocal) > 0 && len(linkLocal) > 0:
		return errors.New("conflicting options: cannot specify both --link-local-ip and per-network link-local IP addresses")
	}
	a.Aliases = append(a.Aliases, aliases...)
	// In networks that somebody made, a link is another name for the other container; elsewhere it is the container's.
	if userDefined(a.name) {
		a.Links = append(a.Links, links...)
	}
	a.linkLocal = append(a.linkLocal, linkLocal...)
	a.address, a.address6, a.MacAddress = a.address+address, a.address6+address6, a.MacAddress+mac
	return nil
}

func (a *attachment) endpoint() (*Endpoint, error) {
	if strings.TrimSpace(a.name) == "" {
		return nil, errors.New("no name set for network")
	}
	if !userDefined(a.name) {
		if len(a.Aliases) > 0 {
			return nil, errors.New("network-scoped aliases are only supported for user-defined networks")
		}
		if len(a.Links) > 0 {
			return nil, errors.New("links are only supported for user-defined networks")
		}
	}
	if err := checkMAC(a.MacAddress); err != nil {
		return nil, err
	}
	a.MacAddress = strings.TrimSpace(a.MacAddress)
	if a.address != "" || a.address6 != "" || len(a.linkLocal) > 0 {
		a.IPAMConfig = &AddressConfig{a.address, a.address6, a.linkLocal}
	}
	return &a.Endpoint, nil
}

func (e *Endpoint) isZero() bool {
	return e.IPAMConfig == nil && e.Links == nil && e.Aliases == nil && e.MacAddress == "" && e.DriverOpts == nil && e.GwPriority == 0
}

func checkIP(word string) error {
	if net.ParseIP(strings.TrimSpace(word)) == nil {
		return fmt.Errorf("failed to parse IP: %q", word)
	}
	return nil
}

func checkAddress(word string) error {
	if net.ParseIP(strings.TrimSpace(word)) == nil {
		return fmt.Errorf("IP address is not correctly formatted: %s", word)
	}
	return nil
}

func checkLink(word string) error {
	if word == "" {
		return errors.New("empty string specified for links")
	}
	if strings.Count(word, ":") > 1 {
		return errors.New("bad format for links: " + word)
	}
	return nil
}

// checkDomain refuses what is not a domain's name; "." is no domain at all.
func checkDomain(word string) error {
	name := domainOf(word)
	if name == "." {
		return nil
	}
	bad := fmt.Errorf("%s is not a valid domain", name)
	if len(name) >= 255 || strings.Trim(strings.ToLower(name), "0123456789.-") == "" {
		return bad
	}
	for _, label := range strings.Split(name, ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' {
			return bad
		}
		for i := range len(label) {
			if label[i] == '_' || label[i] != '-' && !wordByte(label[i]) {
				return bad
			}
		}
	}
	return nil
}

func domainOf(word string) string {
	word = strings.Trim(word, " ")
	if word == "." {
		return word
	}
	return strings.TrimSuffix(word, ".")
}

// checkExtraHost refuses what is not HOST:ADDRESS or HOST=ADDRESS.
func checkExtraHost(word string) error {
	name, address, found := cutExtraHost(word)
	if !found || name == "" {
		return fmt.Errorf("bad format for add-host: %q", word)
	}
	if address == "host-gateway" {
		return nil
	}
	if _, err := netip.ParseAddr(address); err != nil {
		return fmt.Errorf("invalid IP address in add-host: %q", address)
	}
	return nil
}

func cutExtraHost(word string) (name, address string, found bool) {
	name, address, found = strings.Cut(word, "=")
	if !found {
		name, address, found = strings.Cut(word, ":")
	}
	if len(address) > 2 && address[0] == '[' && address[len(address)-1] == ']' {
		address = address[1 : len(address)-1]
	}
	return name, address, found
}

func extraHostOf(word string) string {
	name, address, _ := cutExtraHost(word)
	return name + ":" + address
}

func checkAttach(word string) error {
	switch strings.ToLower(word) {
	case "stdin", "stdout", "stderr":
		return nil
	}
	return errors.New("valid streams are STDIN, STDOUT and STDERR")
}

// checkSysctl refuses settings that are the whole machine's.
func checkSysctl(word string) error {
	name, _, found := strings.Cut(word, "=")
	switch name {
	case "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem",
		"kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced":
		if found {
			return nil
		}
	}
	if found && (strings.HasPrefix(name, "net.") || strings.HasPrefix(name, "fs.mqueue.")) {
		return nil
	}
	return fmt.Errorf("sysctl '%s' is not allowed", word)
}
