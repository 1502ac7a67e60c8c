package volume

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"twinhull/engine/fault"
)

const (
	// pluginType is the media type of https://docs.docker.com/engine/extend/plugin_api/.
	pluginType = "application/vnd.docker.plugins.v1.2+json"
	// maxReply bounds a plugin's reply, in bytes: a list of some ten thousand volumes.
	maxReply = 4 << 20
	// A plugin that makes or mounts a volume may have much to do; everything else is quick. As in moby.
	longTimeout, shortTimeout = 2 * time.Minute, time.Minute
)

// patience is how long to wait for a plugin that does not answer: pauses that double from the first, until another one
// would go beyond the whole.
type patience struct{ first, whole time.Duration }

var dockersPatience = patience{first: time.Second, whole: 30 * time.Second}

// pause waits before the next try. Its error says that there shall be none.
func (p patience) pause(ctx context.Context, started time.Time, try int) error {
	wait := min(p.first<<min(try, 16), p.whole)
	if time.Since(started)+wait >= p.whole {
		return context.DeadlineExceeded
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(wait):
		return nil
	}
}

// pluginClient calls one plugin.
type pluginClient struct {
	address pluginAddress
	base    string
	http    http.Client
	patience
}

func newPluginClient(address pluginAddress, patience patience) (*pluginClient, error) {
	parsed, err := url.Parse(address.url)
	if err != nil {
		return nil, err
	}
	// Calls are rare, and a connection that waits for the next one costs two goroutines.
	transport := &http.Transport{DisableKeepAlives: true}
	client := &pluginClient{address: address, http: http.Client{Transport: transport}, patience: patience}
	if parsed.Scheme == "unix" {
		var dialer net.Dialer
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", parsed.Path)
		}
		client.base = "http://plugin.moby.localhost/"
		return client, nil
	}
	scheme := "http"
	if parsed.Scheme == "https" || address.tls != (pluginTLS{}) {
		scheme = "https"
		if transport.TLSClientConfig, err = address.tls.config(); err != nil {
			return nil, err
		}
	}
	client.base = scheme + "://" + parsed.Host + "/"
	return client, nil
}

func (t pluginTLS) config() (*tls.Config, error) {
	config := &tls.Config{InsecureSkipVerify: t.InsecureSkipVerify}
	if t.CAFile != "" {
		text, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s has no certificate", t.CAFile)
		}
	}
	if t.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// call sends a request and reads the reply into a value. A plugin that cannot be reached is tried again for a while if
// retry is set; what a plugin answers is final.
func (c *pluginClient) call(ctx context.Context, method string, timeout time.Duration, retry bool, request, reply any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	started := time.Now()
	for try := 0; ; try++ {
		response, err := c.post(ctx, method, timeout, body)
		if err == nil {
			return decodeReply(method, response, reply)
		}
		if _, answered := err.(refusal); answered || !retry || ctx.Err() != nil || c.pause(ctx, started, try) != nil {
			return err
		}
	}
}

// refusal is a plugin's answer that something did not work.
type refusal struct{ text string }

func (r refusal) Error() string { return r.text }

func (c *pluginClient) post(ctx context.Context, method string, timeout time.Duration, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+method, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", pluginType)
	request.Header.Set("Content-Type", pluginType)
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxReply+1))
	if err != nil {
		return nil, fmt.Errorf("%s: reading the plugin's reply: %w", method, err)
	}
	if len(text) > maxReply {
		return nil, refusal{fmt.Sprintf("%s: the plugin's reply has more than %d bytes", method, maxReply)}
	}
	if response.StatusCode != http.StatusOK {
		var told struct{ Err string }
		if json.Unmarshal(text, &told) != nil || told.Err == "" {
			told.Err = strings.TrimSpace(string(text[:min(len(text), 1024)]))
		}
		return nil, refusal{method + ": " + told.Err}
	}
	return text, nil
}

func decodeReply(method string, text []byte, reply any) error {
	var told struct{ Err string }
	if err := json.Unmarshal(text, &told); err != nil {
		return fault.New(fault.Internal, "%s: the plugin's reply is not what it should be: %w", method, err)
	}
	if told.Err != "" {
		return refusal{told.Err}
	}
	if reply == nil {
		return nil
	}
	if err := json.Unmarshal(text, reply); err != nil {
		return fault.New(fault.Internal, "%s: the plugin's reply is not what it should be: %w", method, err)
	}
	return nil
}
