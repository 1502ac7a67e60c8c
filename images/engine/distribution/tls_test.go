package distribution_test

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"twinhull/engine/distribution"
	"twinhull/engine/registry"
)

// serveTLS starts a registry with a certificate, and returns its host and the folder of certificates in which it is.
func serveTLS(t *testing.T, wrap func(http.Handler) http.Handler) (host, certificates string) {
	t.Helper()
	store, err := registry.Open(t.TempDir(), registry.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	server := httptest.NewTLSServer(wrap(registry.NewServer(store)))
	t.Cleanup(server.Close)
	host, certificates = strings.TrimPrefix(server.URL, "https://"), t.TempDir()
	if err := os.Mkdir(filepath.Join(certificates, host), 0o755); err != nil {
		t.Fatal(err)
	}
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(filepath.Join(certificates, host, "ca.crt"), authority, 0o600); err != nil {
		t.Fatal(err)
	}
	return host, certificates
}

func TestARegistryWithACertificate(t *testing.T) {
	host, certificates := serveTLS(t, func(next http.Handler) http.Handler { return next })
	client := distribution.New(distribution.Options{Certificates: certificates, Retry: time.Millisecond})
	here, there := newMemory(), newMemory()
	here.put(t, host+"/app:latest", layer)
	mustPush(t, client, host+"/app:latest", here)
	if _, err := pull(t, client, host+"/app:latest", there); err != nil {
		t.Error(err)
	}
	if _, err := pull(t, newClient(), host+"/app:latest", newMemory()); err == nil {
		t.Error("it was pulled without TLS")
	}
	broken := filepath.Join(certificates, host, "ca.crt")
	if err := os.WriteFile(broken, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := pull(t, client, host+"/app:latest", newMemory()); err == nil || !strings.Contains(err.Error(), broken+" has no certificate") {
		t.Errorf("got %v", err)
	}
}

func TestTLSIsNotLeftByARedirect(t *testing.T) {
	var reached atomic.Bool
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	defer plain.Close()
	host, certificates := serveTLS(t, tamper(func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, plain.URL, http.StatusTemporaryRedirect)
		return true
	}))
	client := distribution.New(distribution.Options{Certificates: certificates, Retry: time.Millisecond})
	_, err := pull(t, client, host+"/app:latest", newMemory())
	if err == nil || !strings.Contains(err.Error(), "refusing a redirect from https to http") || reached.Load() {
		t.Errorf("got %v", err)
	}
}
