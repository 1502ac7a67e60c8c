// Package runtime starts containers: it writes the OCI configuration, and talks to the shim, which calls the OCI runtime.
package runtime

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Runner knows the programs that make containers.
type Runner struct {
	// Shim is hull-shim's path.
	Shim string
	// Runtime is an OCI runtime: hullrun, crun, runc.
	Runtime string
	// RuntimeArgs come before the runtime's subcommand.
	RuntimeArgs []string
	// Patience is how long the shim and the runtime may take for one step, hooks included. Zero is 2 minutes.
	Patience time.Duration
}

const defaultPatience = 2 * time.Minute

func (r *Runner) patience() time.Duration {
	if r.Patience > 0 {
		return r.Patience
	}
	return defaultPatience
}

// Log is where a container's output is kept. The zero value keeps none.
type Log struct {
	Path     string
	MaxBytes int64
	MaxFiles int
}

// Launch is what the shim is told of a process.
type Launch struct {
	// Dir holds the bundle, and gets the shim's socket. An exec has a directory of its own, without a bundle.
	Dir string
	// ID is the container's.
	ID                             string
	Terminal, OpenStdin, StdinOnce bool
	Log                            Log
	// Trace is where the runtime writes its steps, if it is one that can; empty for nowhere.
	Trace string
	// Exec is the file that describes a further process in a running container, empty for the container's first.
	Exec string
}

// Exit is how a process ended: 128+n for signal n.
type Exit struct {
	Status int
	At     time.Time
}

// Shim is the connection to the program that holds one process. It outlives the engine.
type Shim struct {
	dir     string
	control *net.UnixConn
	// program is the shim's own process, nil if an earlier engine started it.
	program  *os.Process
	patience time.Duration
	replies  chan reply
	exited   chan struct{}

	mutex sync.Mutex
	pid   int
	pidfd int
	exit  Exit
}

type reply struct {
	verb, rest string
}

// ErrGone is told of a shim that ended without saying how its process did.
var ErrGone = errors.New("the container's shim is gone")

// Launch starts a shim. It returns when the process can be attached to; Start makes and starts it.
func (r *Runner) Launch(launch Launch) (*Shim, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket pair for the shim: %w", err)
	}
	theirs := os.NewFile(uintptr(pair[1]), "shim")
	control, err := connectionOf(pair[0])
	if err != nil {
		theirs.Close()
		return nil, err
	}
	command := exec.Command(r.Shim, r.arguments(launch)...)
	command.ExtraFiles = []*os.File{theirs}
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = command.Start()
	// At once: while this end is open here too, a shim that ends without a word is not noticed.
	theirs.Close()
	if err != nil {
		control.Close()
		return nil, fmt.Errorf("start the shim: %w", err)
	}
	go command.Wait() // so that it does not stay a zombie; how the process ended is told on the connection
	shim := newShim(launch.Dir, control, r.patience())
	shim.program = command.Process
	if err := shim.await("ready"); err != nil {
		shim.Close()
		return nil, err
	}
	return shim, nil
}

func (r *Runner) arguments(launch Launch) []string {
	arguments := []string{"--runtime", r.Runtime}
	for _, argument := range r.RuntimeArgs {
		arguments = append(arguments, "--runtime-arg", argument)
	}
	for _, option := range []struct {
		name  string
		given bool
	}{{"--tty", launch.Terminal}, {"--stdin", launch.OpenStdin}, {"--stdin-once", launch.StdinOnce}} {
		if option.given {
			arguments = append(arguments, option.name)
		}
	}
	if launch.Log.Path != "" {
		arguments = append(arguments, "--log", launch.Log.Path,
			"--log-size", strconv.FormatInt(launch.Log.MaxBytes, 10), "--log-files", strconv.Itoa(launch.Log.MaxFiles))
	}
	if launch.Exec != "" {
		arguments = append(arguments, "--exec", launch.Exec)
	}
	if launch.Trace != "" && filepath.Base(r.Runtime) == "hullrun" {
		arguments = append(arguments, "--trace", launch.Trace)
	}
	// One call of the runtime is a million instructions cheaper than create and start, and nothing has to come between:
	// the network namespace is made before, and clients attach to the shim.
	if launch.Exec == "" {
		arguments = append(arguments, "--run")
	}
	return append(arguments, launch.Dir, launch.ID)
}

func connectionOf(fd int) (*net.UnixConn, error) {
	file := os.NewFile(uintptr(fd), "shim")
	defer file.Close()
	connection, err := net.FileConn(file)
	if err != nil {
		return nil, fmt.Errorf("connection to the shim: %w", err)
	}
	return connection.(*net.UnixConn), nil
}

// Reconnect finds the shim of a process that an earlier engine started. If it has ended meanwhile, its exit is known
// at once. ErrGone if nobody knows.
func Reconnect(dir string) (*Shim, error) {
	control, err := dial(dir, "control")
	if err == nil {
		shim := newShim(dir, control, defaultPatience)
		if err := shim.await("created"); err == nil {
			return shim, nil
		}
		select {
		case <-shim.exited:
			if _, err := shim.Exit(); err == nil {
				return shim, nil
			}
		default:
		}
		control.Close()
	}
	exit, err := readExit(dir)
	if err != nil {
		return nil, ErrGone
	}
	shim := &Shim{dir: dir, exited: make(chan struct{}), exit: exit, pidfd: -1}
	close(shim.exited)
	return shim, nil
}

func readExit(dir string) (Exit, error) {
	text, err := os.ReadFile(filepath.Join(dir, "exit"))
	if err != nil {
		return Exit{}, err
	}
	return parseExit(strings.TrimSpace(string(text)))
}

func parseExit(text string) (Exit, error) {
	var status int
	var ns int64
	if _, err := fmt.Sscanf(text, "%d %d", &status, &ns); err != nil {
		return Exit{}, fmt.Errorf("the shim's exit line %q: %w", text, err)
	}
	return Exit{Status: status, At: time.Unix(0, ns)}, nil
}

func dial(dir, greeting string) (*net.UnixConn, error) {
	address := &net.UnixAddr{Name: filepath.Join(dir, "shim.sock"), Net: "unix"}
	connection, err := net.DialUnix("unix", nil, address)
	if err != nil {
		return nil, fmt.Errorf("connect to the shim: %w", err)
	}
	if _, err := io.WriteString(connection, greeting+"\n"); err != nil {
		connection.Close()
		return nil, fmt.Errorf("greet the shim: %w", err)
	}
	return connection, nil
}

func newShim(dir string, control *net.UnixConn, patience time.Duration) *Shim {
	shim := &Shim{
		dir: dir, control: control, patience: patience, replies: make(chan reply, 4), exited: make(chan struct{}), pidfd: -1,
	}
	go shim.listen()
	return shim
}

// listen ends when the shim does.
func (s *Shim) listen() {
	defer close(s.exited)
	defer s.control.Close()
	defer close(s.replies)
	s.exit.Status = -1
	lines := bufio.NewScanner(s.control)
	lines.Buffer(make([]byte, 0, 512), 64<<10)
	for lines.Scan() {
		verb, rest, _ := strings.Cut(lines.Text(), " ")
		switch verb {
		case "created":
			s.opened(rest)
		case "exited":
			if exit, err := parseExit(rest); err == nil {
				s.exit = exit
			}
			return
		case "log-error":
			continue
		}
		select {
		case s.replies <- reply{verb, rest}:
		default: // nobody waits for so many: a shim that talks more than the protocol says
		}
	}
	if exit, err := readExit(s.dir); err == nil {
		s.exit = exit
	}
}

func (s *Shim) opened(text string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.pidfd >= 0 {
		return
	}
	s.pid, _ = strconv.Atoi(text)
	// While the shim has not reaped it, this number is nobody else's.
	if fd, err := unix.PidfdOpen(s.pid, 0); err == nil {
		s.pidfd = fd
	}
}

func (s *Shim) await(verb string) error {
	late := time.NewTimer(s.patience)
	defer late.Stop()
	for {
		select {
		case got, open := <-s.replies:
			switch {
			case !open:
				return ErrGone
			case got.verb == verb:
				return nil
			case got.verb == "failed":
				var message string
				if err := json.Unmarshal([]byte(got.rest), &message); err != nil {
					message = got.rest
				}
				return &StartError{Message: message}
			}
		case <-late.C:
			s.giveUp()
			return fmt.Errorf("the container's shim did not say %q within %s: the runtime or one of its hooks hangs", verb, s.patience)
		}
	}
}

// giveUp ends a shim that does not answer: by word, or by force if it does not hear.
func (s *Shim) giveUp() {
	_ = s.Quit()
	select {
	case <-s.exited:
	case <-time.After(s.patience / 20):
		if s.program != nil {
			_ = s.program.Kill()
		}
	}
}

// StartError is why the runtime could not make or start a process.
type StartError struct{ Message string }

// Start lets the process run.
func (s *Shim) Start() error {
	if err := s.send("start"); err != nil {
		return err
	}
	return s.await("started")
}

func (s *Shim) send(line string) error {
	if s.control == nil {
		return ErrGone
	}
	if _, err := io.WriteString(s.control, line+"\n"); err != nil {
		return fmt.Errorf("tell the shim %q: %w: %w", line, ErrGone, err)
	}
	return nil
}

// Quit ends the process and the shim, whoever is still attached.
func (s *Shim) Quit() error { return s.send("quit") }

// Resize sets the terminal's size. Before the start it is remembered.
func (s *Shim) Resize(rows, columns int) error {
	return s.send(fmt.Sprintf("resize %d %d", rows, columns))
}

// Attach connects to the process's streams. What is written is its input, half-closing ends it. What is read is raw with
// a terminal and in Docker's frames without one.
func (s *Shim) Attach(stdin, stdout, stderr bool) (*net.UnixConn, error) {
	greeting := "attach"
	for name, wanted := range map[string]bool{"stdin": stdin, "stdout": stdout, "stderr": stderr} {
		if wanted {
			greeting += " " + name
		}
	}
	connection, err := dial(s.dir, greeting)
	if err != nil {
		return nil, err
	}
	var answer [3]byte
	if _, err := io.ReadFull(connection, answer[:]); err != nil || string(answer[:]) != "ok\n" {
		connection.Close()
		return nil, fmt.Errorf("the shim answered %q to an attach: %w", answer[:], err)
	}
	return connection, nil
}

// Pid is the process's number in the machine, 0 before it is created.
func (s *Shim) Pid() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.pid
}

// Signal sends a signal to the process. ErrProcessDone of package os when there is none any more.
func (s *Shim) Signal(signal syscall.Signal) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.pidfd < 0 {
		return os.ErrProcessDone
	}
	err := unix.PidfdSendSignal(s.pidfd, signal, nil, 0)
	if errors.Is(err, unix.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// Exited is closed when the process is gone and all its output has been taken.
func (s *Shim) Exited() <-chan struct{} { return s.exited }

// Exit tells how the process ended, after Exited. ErrGone if the shim was killed before it could tell.
func (s *Shim) Exit() (Exit, error) {
	<-s.exited
	if s.exit.Status < 0 {
		return Exit{Status: 255, At: time.Now()}, ErrGone
	}
	return s.exit, nil
}

// Close gives back what the engine holds. The shim goes on.
func (s *Shim) Close() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.pidfd >= 0 {
		unix.Close(s.pidfd)
		s.pidfd = -1
	}
	if s.control != nil {
		s.control.Close()
	}
}
