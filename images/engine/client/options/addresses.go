package options

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
)

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
