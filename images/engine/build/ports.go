package build

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"twinhull/engine/fault"
)

// parsePorts reads a word of EXPOSE, 80, 80/udp or 8000-8010/tcp, into the keys of ExposedPorts.
func parsePorts(word string) ([]string, error) {
	ports, protocol, hasProtocol := strings.Cut(word, "/")
	if !hasProtocol || protocol == "" {
		protocol = "tcp"
	}
	protocol = strings.ToLower(protocol)
	if protocol != "tcp" && protocol != "udp" && protocol != "sctp" {
		return nil, fault.New(fault.Invalid, "Invalid proto: %s", protocol)
	}
	// What stands before the last colon is an address of the machine, which EXPOSE has no use for.
	ports = ports[strings.LastIndex(ports, ":")+1:]
	from, to, isRange := strings.Cut(ports, "-")
	first, err := strconv.ParseUint(from, 10, 16)
	last := first
	if err == nil && isRange {
		last, err = strconv.ParseUint(to, 10, 16)
	}
	if err != nil || last < first {
		return nil, fault.New(fault.Invalid, "Invalid containerPort: %s", ports)
	}
	var list []string
	for port := first; port <= last; port++ {
		list = append(list, strconv.FormatUint(port, 10)+"/"+protocol)
	}
	return list, nil
}

// knownSignal tells whether STOPSIGNAL can mean something: a number, or a name with or without SIG.
func knownSignal(signal string) bool {
	if number, err := strconv.Atoi(signal); err == nil {
		return number > 0 && number <= 64
	}
	name := "SIG" + strings.TrimPrefix(strings.ToUpper(signal), "SIG")
	return unix.SignalNum(name) != 0 || strings.HasPrefix(name, "SIGRTMIN") || strings.HasPrefix(name, "SIGRTMAX")
}
