package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// openTerminal makes a terminal of 40 rows and 120 columns: what a program has, and what is typed and seen there.
func openTerminal(t *testing.T) (program, person *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("this computer gives no terminals: %v", err)
	}
	t.Cleanup(func() { person.Close() })
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(int(person.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: 120}); err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return program, person
}

// onTerminal runs a client on a terminal, types what is to be typed once it is ready, and returns what was seen.
func onTerminal(t *testing.T, client string, engine *recorder, line string, typed map[string]string) outcomeOf {
	t.Helper()
	program, person := openTerminal(t)
	command := exec.Command(client, strings.Fields(line)...)
	command.Env = []string{"HOME=" + filepath.Join(t.TempDir(), "home"), "DOCKER_HOST=" + engine.start(t), "TERM=xterm", "PATH=" + os.Getenv("PATH")}
	command.Stdin, command.Stdout, command.Stderr = program, program, program
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	program.Close()
	var seen bytes.Buffer
	buffer := make([]byte, 4096)
	for {
		// The terminal gives EIO when the program has closed it.
		n, err := person.Read(buffer)
		seen.Write(buffer[:n])
		for sign, keys := range typed {
			if strings.Contains(seen.String(), sign) {
				io.WriteString(person, keys)
				delete(typed, sign)
			}
		}
		if err != nil {
			break
		}
	}
	_ = command.Wait()
	return outcomeOf{status: command.ProcessState.ExitCode(), stdout: seen.String(), requests: engine.stop()}
}

// TestTerminal compares what people see and type.
func TestTerminal(t *testing.T) {
	docker := stock(t)
	for _, test := range []struct {
		line  string
		typed map[string]string
	}{
		{"pull busybox", nil},
		{"load -i /dev/null", nil},
		{"ps --help", nil},
		{"run -it echo sh", map[string]string{"ready": "typed\x04"}},
		{"run -it echo sh", map[string]string{"ready": "typed", "typed": "\x10\x11"}},
		{"run -it --detach-keys a,b echo sh", map[string]string{"ready": "typed", "typed": "ab"}},
		{"exec -it X sh", map[string]string{"ready": "typed", "typed": "\x10\x11"}},
		{"run -t busybox sh", nil},
		{"create -it busybox sh", nil},
		{"volume prune", map[string]string{"[y/N]": "y\n"}},
		{"login -u me host:5000", map[string]string{"Password": "secret\n"}},
		{"save busybox", nil},
	} {
		t.Run(fmt.Sprintf("%s %q", test.line, test.typed), func(t *testing.T) {
			ours := onTerminal(t, hull, newRecorder(), test.line, clone(test.typed))
			theirs := onTerminal(t, docker, newRecorder(), test.line, clone(test.typed))
			ours.stdout, theirs.stdout = withoutHome(ours.stdout), withoutHome(theirs.stdout)
			if difference := unlike(ours, theirs); difference != "" {
				t.Error(difference)
			}
		})
	}
}

func clone(typed map[string]string) map[string]string {
	copied := map[string]string{}
	for sign, keys := range typed {
		copied[sign] = keys
	}
	return copied
}

// withoutHome hides the folder of the configuration, which differs.
func withoutHome(text string) string {
	before, after, found := strings.Cut(text, "unencrypted in '")
	if !found {
		return text
	}
	_, after, _ = strings.Cut(after, "'")
	return before + after
}
