package options

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"twinhull/engine/client/flag"
)

func parsePorts(request *Request, values *flag.Values) error {
	host := &request.HostConfig
	expose := func(port string) {
		if request.ExposedPorts == nil {
			request.ExposedPorts = map[string]struct{}{}
		}
		request.ExposedPorts[port] = struct{}{}
	}
	for _, word := range values.List("publish") {
		spec, err := shortSpec(word)
		if err != nil {
			return err
		}
		published, err := parsePublish(spec)
		if err != nil {
			return err
		}
		for _, one := range published {
			expose(one.port)
			if host.PortBindings == nil {
				host.PortBindings = map[string][]PortBinding{}
			}
			host.PortBindings[one.port] = append(host.PortBindings[one.port], one.binding)
		}
	}
	for _, word := range values.List("expose") {
		ports, protocol, _ := strings.Cut(word, "/")
		if protocol == "" {
			protocol = "tcp"
		}
		first, last, err := portRange(ports)
		if err != nil {
			return fmt.Errorf("invalid range format for --expose: %s, error: %w", word, err)
		}
		if !knownProtocol(protocol) {
			return fmt.Errorf("invalid range format for --expose: %s, error: invalid proto: %s", word, protocol)
		}
		for port := first; port <= last; port++ {
			expose(strconv.Itoa(port) + "/" + strings.ToLower(protocol))
		}
	}
	return nil
}

// shortSpec turns target=80,published=8080,protocol=tcp into 8080:80/tcp.
func shortSpec(word string) (string, error) {
	if !strings.Contains(word, "=") {
		return word, nil
	}
	fields := map[string]string{"protocol": "tcp"}
	for _, field := range strings.Split(word, ",") {
		key, value, found := strings.Cut(field, "=")
		if !found || key == "" {
			return "", fmt.Errorf("invalid publish opts format (should be name=value but got '%s')", field)
		}
		fields[key] = value
	}
	return fields["published"] + ":" + fields["target"] + "/" + fields["protocol"], nil
}

type published struct {
	port    string
	binding PortBinding
}

// parsePublish reads [ADDRESS:][HOSTPORT[-END]:]PORT[-END][/PROTOCOL].
func parsePublish(spec string) ([]published, error) {
	raw := spec
	spec, protocol, found := cutLast(spec, "/")
	if !found || protocol == "" {
		protocol = "tcp"
	}
	address, hostPort, port := splitPublish(spec)
	if strings.HasPrefix(address, "[") {
		inside, _, err := net.SplitHostPort(address + ":")
		if err != nil {
			return nil, fmt.Errorf("invalid IP address %v: %w", address, err)
		}
		address = inside
	}
	if address != "" && net.ParseIP(address) == nil {
		return nil, errors.New("invalid IP address: " + address)
	}
	if port == "" {
		return nil, fmt.Errorf("no port specified: %s<empty>", raw)
	}
	first, last, err := portRange(port)
	if err != nil {
		return nil, errors.New("invalid containerPort: " + port)
	}
	hostFirst, hostLast := 0, 0
	if hostPort != "" {
		if hostFirst, hostLast, err = portRange(hostPort); err != nil {
			return nil, errors.New("invalid hostPort: " + hostPort)
		}
		// One port may be published under any of a range of ports; several need as many.
		if hostLast-hostFirst != last-first && first != last {
			return nil, fmt.Errorf("invalid ranges specified for container and host Ports: %s and %s", port, hostPort)
		}
	}
	if !knownProtocol(protocol) {
		return nil, errors.New("invalid proto: " + protocol)
	}
	var list []published
	for i := 0; i <= last-first; i++ {
		binding := PortBinding{HostIP: address}
		switch {
		case hostPort == "":
		case first == last && hostFirst != hostLast:
			binding.HostPort = fmt.Sprintf("%d-%d", hostFirst, hostLast)
		default:
			binding.HostPort = strconv.Itoa(hostFirst + i)
		}
		list = append(list, published{strconv.Itoa(first+i) + "/" + strings.ToLower(protocol), binding})
	}
	return list, nil
}

func splitPublish(spec string) (address, hostPort, port string) {
	rest, port, found := cutLast(spec, ":")
	if !found {
		return "", "", spec
	}
	address, hostPort, found = cutLast(rest, ":")
	if !found {
		return "", rest, port
	}
	return address, hostPort, port
}

func cutLast(text, separator string) (before, after string, found bool) {
	if at := strings.LastIndex(text, separator); at >= 0 {
		return text[:at], text[at+1:], true
	}
	return text, "", false
}

// portRange reads "80" and "80-90".
func portRange(text string) (first, last int, err error) {
	if text == "" {
		return 0, 0, errors.New("empty string specified for ports")
	}
	from, to, found := strings.Cut(text, "-")
	start, err := strconv.ParseUint(from, 10, 16)
	if err != nil {
		return 0, 0, err
	}
	if !found {
		return int(start), int(start), nil
	}
	end, err := strconv.ParseUint(to, 10, 16)
	if err != nil {
		return 0, 0, err
	}
	if end < start {
		return 0, 0, errors.New("invalid range specified for port: " + text)
	}
	return int(start), int(end), nil
}

func knownProtocol(name string) bool {
	switch strings.ToLower(name) {
	case "tcp", "udp", "sctp":
		return true
	}
	return false
}
