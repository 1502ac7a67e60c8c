package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asProgram makes the test binary be the program itself.
const asProgram = "HULL_REGISTRY_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestServeReadsItsEnvironmentAndEndsOnASignal(t *testing.T) {
	root := filepath.Join(t.TempDir(), "registry")
	command := exec.CommandContext(t.Context(), os.Args[0], "serve")
	command.Env = append(os.Environ(), asProgram+"=1", "REGISTRY_HTTP_ADDR=127.0.0.1:0",
		"REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY="+root, "REGISTRY_STORAGE_DELETE_ENABLED=true")
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 500)
	n, err := output.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	told, address, _ := strings.Cut(strings.TrimSpace(string(line[:n])), " on ")
	if told != "serving "+root {
		t.Errorf("it says %q", line[:n])
	}
	answer, err := http.Get("http://" + address + "/v2/")
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	request, _ := http.NewRequest(http.MethodDelete, "http://"+address+"/v2/a/manifests/x", nil)
	if answer, err := http.DefaultClient.Do(request); err != nil || answer.StatusCode != http.StatusNotFound {
		t.Errorf("with deletion enabled, a manifest that is not there answers %v: %v", answer, err)
	}
	n, err = output.Read(line)
	if lines := string(line[:n]); err != nil || !strings.HasPrefix(lines, "127.0.0.1 - - [") || !strings.Contains(lines, `"GET /v2/ HTTP/1.1" 200 2 "Go-http-client`) {
		t.Errorf("the log has %q: %v", lines, err)
	}
	if err := command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

func TestCommandLines(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, line := range []string{"", "unknown", "serve extra", "serve --unknown", "layout", "layout only-a-folder"} {
		if err := run(ctx, strings.Fields(line)); !errors.Is(err, errUsage) {
			t.Errorf("hull-registry %s: %v", line, err)
		}
	}
	if err := run(ctx, []string{"garbage-collect", "--root", t.TempDir()}); err != nil {
		t.Error(err)
	}
	if err := run(ctx, []string{"serve", "--root", t.TempDir(), "--listen", "127.0.0.1:none"}); err == nil || !strings.Contains(err.Error(), "127.0.0.1:none") {
		t.Errorf("an address that is none: %v", err)
	}
}
