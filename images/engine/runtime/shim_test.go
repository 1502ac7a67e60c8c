package runtime

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// launch starts a program in the shim's place.
func launch(t *testing.T, script string) (*Shim, error) {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "shim")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	runner := &Runner{Shim: program, Runtime: "none", Patience: 200 * time.Millisecond}
	return runner.Launch(Launch{Dir: dir, ID: "test"})
}

func gone(t *testing.T, shim *Shim) {
	t.Helper()
	<-shim.Exited()
	for !errors.Is(shim.program.Signal(syscall.Signal(0)), os.ErrProcessDone) {
		time.Sleep(time.Millisecond)
	}
	if _, err := shim.Exit(); !errors.Is(err, ErrGone) {
		t.Errorf("its exit is %v", err)
	}
}

func TestAShimThatNeverAnswersIsGivenUp(t *testing.T) {
	if shim, err := launch(t, "exec sleep 1000"); err == nil || shim != nil || !strings.Contains(err.Error(), `"ready" within`) {
		t.Errorf("a shim that is never ready is %v, %v", shim, err)
	}
	for name, script := range map[string]string{
		"is deaf":    "echo ready >&3; exec sleep 1000",
		"still ends": "echo ready >&3; while read -r line <&3; do [ \"$line\" != quit ] || exit 0; done",
	} {
		t.Run(name, func(t *testing.T) {
			shim, err := launch(t, script)
			if err != nil {
				t.Fatal(err)
			}
			if err := shim.Start(); err == nil || !strings.Contains(err.Error(), `"started" within`) {
				t.Errorf("its start says %v", err)
			}
			gone(t, shim)
			shim.Close()
		})
	}
}

func TestAShimThatEndsWithoutAWordIsNoticed(t *testing.T) {
	if _, err := launch(t, "exit 1"); !errors.Is(err, ErrGone) {
		t.Errorf("told is %v", err)
	}
	shim, err := launch(t, "echo ready >&3")
	if err != nil {
		t.Fatal(err)
	}
	if err := shim.Start(); !errors.Is(err, ErrGone) {
		t.Errorf("its start says %v", err)
	}
	gone(t, shim)
	shim.Close()
}
