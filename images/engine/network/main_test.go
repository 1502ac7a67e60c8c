package network

import (
	"errors"
	"fmt"
	"net"
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
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
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

// serve answers every connection to a port with the caller's address, until the test ends.
func (m *machine) serve(s *Sandbox, port int) {
	m.t.Helper()
	var listener net.Listener
	err := m.in(s, func() (err error) {
		listener, err = net.Listen("tcp4", fmt.Sprintf(":%d", port))
		return err
	})
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(connection, connection.RemoteAddr().(*net.TCPAddr).IP)
			connection.Close()
		}
	}()
}

// refusal is how long a connection that the rules drop is waited for. One that works takes microseconds.
const refusal = 300 * time.Millisecond

// call connects to an address and returns what is said there. It is for a function that runs in a sandbox.
func call(address string, patience time.Duration) (string, error) {
	connection, err := net.DialTimeout("tcp4", address, patience)
	if err != nil {
		return "", err
	}
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(10 * time.Second))
	said := make([]byte, 64)
	count, err := connection.Read(said)
	return string(said[:count]), err
}

// mustCall calls from a sandbox, or from the machine if it is nil.
func (m *machine) mustCall(from *Sandbox, address string) string {
	m.t.Helper()
	said, err := m.callFrom(from, address, 10*time.Second)
	if err != nil {
		m.t.Fatal(err)
	}
	return said
}

// mustNotCall checks that a connection cannot be made.
func (m *machine) mustNotCall(from *Sandbox, address string) {
	m.t.Helper()
	if said, err := m.callFrom(from, address, refusal); err == nil {
		m.t.Errorf("%s answered: %s", address, said)
	}
}

func (m *machine) callFrom(from *Sandbox, address string, patience time.Duration) (said string, err error) {
	do := func() (err error) {
		said, err = call(address, patience)
		return err
	}
	if from == nil {
		err = do()
		return said, err
	}
	err = m.in(from, do)
	return said, err
}
