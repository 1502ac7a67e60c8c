package network

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"twinhull/engine/events"
)

// ownNamespaces says to the test program that it was started again in a network and a mount namespace of its own.
const ownNamespaces = "NETWORK_TEST_NAMESPACES"

// TestMain runs the tests as root of a machine of their own, as far as networks and mounts go.
func TestMain(m *testing.M) {
	if os.Getenv(ownNamespaces) != "" {
		err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
		if err == nil {
			// A machine that has nobody to ask for names.
			err = ignoreMissing(unix.Mount(os.DevNull, machineResolvers, "", unix.MS_BIND, ""))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if os.Getenv(secondMachine) != "" {
			os.Exit(playSecond())
		}
		os.Exit(m.Run())
	}
	again := exec.Command("/proc/self/exe", os.Args[1:]...)
	again.Env = append(os.Environ(), ownNamespaces+"=1")
	again.Stdin, again.Stdout, again.Stderr = os.Stdin, os.Stdout, os.Stderr
	again.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS}
	err := again.Run()
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended):
		os.Exit(ended.ExitCode())
	case errors.Is(err, os.ErrPermission):
		fmt.Println("skipped: network namespaces need root:", err)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// machine is a controller that is closed, with all of its sandboxes and networks, when the test ends.
type machine struct {
	*Controller
	t        *testing.T
	bus      *events.Bus
	state    string
	run      string
	received <-chan events.Message
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{t: t, bus: &events.Bus{}, state: filepath.Join(t.TempDir(), "network"), run: t.TempDir()}
	_, later, end := m.bus.Subscribe(time.Time{})
	m.received = later
	m.open()
	t.Cleanup(func() {
		end()
		if err := m.Sweep(func(string) bool { return false }); err != nil {
			t.Error(err)
		}
		for _, n := range m.List() {
			if err := n.driver.Remove(n); err != nil {
				t.Error(err)
			}
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// open starts the daemon's part, a second time if it was closed.
func (m *machine) open() {
	m.t.Helper()
	controller, err := Open(m.state, m.run, m.bus)
	if err != nil {
		m.t.Fatal(err)
	}
	m.Controller = controller
	if err := controller.links.Do(raiseLoopback); err != nil {
		m.t.Fatal(err)
	}
}

// container makes a sandbox that is connected to networks.
func (m *machine) container(name string, networks ...string) *Sandbox {
	m.t.Helper()
	s, err := m.NewSandbox(name + newID()[len(name):])
	if err != nil {
		m.t.Fatal(err)
	}
	for _, network := range networks {
		m.connect(s, network, EndpointSpec{ContainerName: name})
	}
	return s
}

func (m *machine) connect(s *Sandbox, network string, spec EndpointSpec) *Endpoint {
	m.t.Helper()
	endpoint, err := m.Connect(s, network, spec)
	if err != nil {
		m.t.Fatal(err)
	}
	return endpoint
}

func (m *machine) create(config Config) *Network {
	m.t.Helper()
	n, err := m.Create(config)
	if err != nil {
		m.t.Fatal(err)
	}
	return n
}

// within runs a function in a sandbox's namespace, or in the machine's if it is nil.
func (m *machine) within(s *Sandbox, do func() error) error {
	m.t.Helper()
	if s == nil {
		return do()
	}
	return m.in(s, do)
}

// in runs a function in a sandbox's namespace.
func (m *machine) in(s *Sandbox, do func() error) error {
	m.t.Helper()
	namespace, err := openNamespace(s.path)
	if err != nil {
		m.t.Fatal(err)
	}
	defer unix.Close(namespace)
	return inside(m.home, namespace, do)
}
