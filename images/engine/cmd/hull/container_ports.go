package main

import (
	"net"
	"net/netip"
	"sort"
	"strconv"
	"strings"
)

// portSummary is a container's port: published if it has an address.
type portSummary struct {
	IP          string
	PrivatePort int
	PublicPort  int
	Type        string
}

// portGroup is a run of neighbouring ports that are shown as one: "8000-8002/tcp".
type portGroup struct {
	address, kind string
	first, last   int
}

func (g portGroup) String() string {
	text := strconv.Itoa(g.first)
	if g.last != g.first {
		text += "-" + strconv.Itoa(g.last)
	}
	if g.address != "" {
		text = net.JoinHostPort(g.address, text) + "->" + text
	}
	return text + "/" + g.kind
}

// displayPorts shows ports as in "0.0.0.0:8080->80/tcp, 443/tcp". Ports published under their own number come before
// those under another.
func displayPorts(ports []portSummary) string {
	sort.Slice(ports, func(i, j int) bool { return before(ports[i], ports[j]) })
	var done, mapped []string
	var open []portGroup
	for _, port := range ports {
		if port.IP != "" && port.PublicPort != port.PrivatePort {
			mapped = append(mapped, net.JoinHostPort(port.IP, strconv.Itoa(port.PublicPort))+"->"+
				strconv.Itoa(port.PrivatePort)+"/"+port.Type)
			continue
		}
		group := portGroup{port.IP, port.Type, port.PrivatePort, port.PrivatePort}
		at := groupOf(open, group)
		switch {
		case at < 0:
			open = append(open, group)
		case group.first == open[at].last+1:
			open[at].last = group.first
		default:
			done = append(done, open[at].String())
			open[at] = group
		}
	}
	for _, group := range open {
		done = append(done, group.String())
	}
	return strings.Join(append(done, mapped...), ", ")
}

func groupOf(groups []portGroup, like portGroup) int {
	for i, group := range groups {
		if group.address == like.address && group.kind == like.kind {
			return i
		}
	}
	return -1
}

func before(a, b portSummary) bool {
	switch {
	case a.PrivatePort != b.PrivatePort:
		return a.PrivatePort < b.PrivatePort
	case a.IP != b.IP:
		x, _ := netip.ParseAddr(a.IP)
		y, _ := netip.ParseAddr(b.IP)
		return x.Less(y)
	case a.PublicPort != b.PublicPort:
		return a.PublicPort < b.PublicPort
	}
	return a.Type < b.Type
}
