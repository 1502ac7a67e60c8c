package image

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

const inNamespace = "TWINHULL_TEST_MOUNT_NAMESPACE"

// TestMain runs the tests again in a mount namespace of their own, with a tmpfs like the machines' root for their files, so
// that mounts and whiteouts are real and none is left behind.
func TestMain(m *testing.M) {
	switch os.Getenv(inNamespace) {
	case "yes":
		if err := privateTmp(); err != nil {
			fmt.Fprintln(os.Stderr, "prepare the mount namespace:", err)
			os.Exit(1)
		}
		// A fuzzer's workers are programs of their own, in the same namespace.
		os.Setenv(inNamespace, "ready")
		os.Exit(m.Run())
	case "no", "ready":
		os.Exit(m.Run())
	}
	place, err := os.MkdirTemp("", "image-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	again := func(where string, attributes *syscall.SysProcAttr) error {
		command := exec.Command("/proc/self/exe", os.Args[1:]...)
		command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
		command.Env = append(os.Environ(), inNamespace+"="+where, "TMPDIR="+place)
		command.SysProcAttr = attributes
		return command.Run()
	}
	err = again("yes", &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS})
	if _, ran := err.(*exec.ExitError); err != nil && !ran {
		err = again("no", nil)
	}
	_ = os.RemoveAll(place)
	if err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

func privateTmp() error {
	if err := syscall.Mount("", "/", "", syscall.MS_PRIVATE|syscall.MS_REC, ""); err != nil {
		return err
	}
	return syscall.Mount("tmpfs", os.TempDir(), "tmpfs", 0, "mode=1777,size=512m")
}

// needsMounts skips a test where this user may not mount.
func needsMounts(t *testing.T) {
	t.Helper()
	if os.Getenv(inNamespace) != "ready" {
		t.Skip("needs a mount namespace of its own: run it as root")
	}
}
