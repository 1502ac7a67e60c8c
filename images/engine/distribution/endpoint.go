package distribution

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// hub is Docker Hub's name in references; hubHost is where it answers.
	hub     = "docker.io"
	hubHost = "registry-1.docker.io"
	// privateDomain has the names of machines of one lab, which have no certificates.
	privateDomain = ".twinhull"
	// patience is for a registry that accepts a request and says nothing. Bodies may take longer.
	patience = 60 * time.Second
)

// endpoint is a registry's address and how to speak to it.
type endpoint struct {
	base *url.URL
	http *http.Client
}

func (c *Client) endpoint(host string) (*endpoint, error) {
	roots, err := c.authorities(host)
	if err != nil {
		return nil, err
	}
	scheme := "https"
	if roots == nil && (c.insecure(host) || local(host)) {
		scheme = "http"
	}
	if host == hub {
		host = hubHost
	}
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 30 * time.Second}).DialContext,
		TLSClientConfig:       &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   30 * time.Second,
		ResponseHeaderTimeout: patience,
		MaxIdleConnsPerHost:   atOnce,
		// A layer's transfer encoding must not be undone: its digest is that of the bytes as they are.
		DisableCompression: true,
	}
	return &endpoint{
		base: &url.URL{Scheme: scheme, Host: host},
		http: &http.Client{Transport: transport, CheckRedirect: checkRedirect},
	}, nil
}

// authorities are what a registry's certificate is checked by; nil for the system's.
func (c *Client) authorities(host string) (*x509.CertPool, error) {
	if c.options.Certificates == "" {
		return nil, nil
	}
	file := filepath.Join(c.options.Certificates, host, "ca.crt")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the certificate authority of %s: %w", host, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificate", file)
	}
	return pool, nil
}

// insecure tells whether a registry may be spoken to without TLS.
func (c *Client) insecure(host string) bool {
	name := hostname(host)
	address, err := netip.ParseAddr(name)
	return slices.ContainsFunc(c.options.Insecure, func(each string) bool {
		network, notNetwork := netip.ParsePrefix(each)
		return each == host || each == name || err == nil && notNetwork == nil && network.Contains(address)
	})
}

// local tells whether a registry is this machine's or one of its lab's.
func local(host string) bool {
	name := hostname(host)
	address, err := netip.ParseAddr(name)
	return name == "localhost" || strings.HasSuffix(name, privateDomain) || err == nil && address.IsLoopback()
}

func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}
