package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"twinhull/engine/client/command"
)

// Docker's own client is the specification of this one: both are run with the same words against an engine that records
// what it is asked, and everything that can be seen of them is compared.

// hull is this program, built for the tests.
var hull string

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "hull")
	if err != nil {
		panic(err)
	}
	hull = filepath.Join(folder, "docker")
	build := exec.Command("go", "build", "-o", hull, ".")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		panic(err)
	}
	status := m.Run()
	os.RemoveAll(folder)
	os.Exit(status)
}

// stock returns the path of Docker's client, of the version whose texts this client has.
func stock(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("docker")
	if err != nil {
		t.Skip("Docker's client is not on this computer's PATH")
	}
	version, err := exec.Command(path, "--version").Output()
	if err != nil || !strings.HasPrefix(string(version), "Docker version 28.") {
		t.Skipf("texts are compared with those of Docker's client 28, and this computer has %s", version)
	}
	return path
}

// outcomeOf is what can be seen of a run.
type outcomeOf struct {
	status         int
	stdout, stderr string
	requests       []string
}

// try runs a client with a line of words against a recording engine, in a folder of its own. The words {dir} and {home}
// stand for the folder and the configuration's.
func try(t *testing.T, client string, engine *recorder, line, input string) outcomeOf {
	t.Helper()
	folder := t.TempDir()
	fixtures(t, folder)
	home := filepath.Join(folder, "home")
	words := strings.Fields(line)
	for i, word := range words {
		word = strings.ReplaceAll(word, "{dir}", folder)
		words[i] = strings.NewReplacer("␣", " ", "␤", "\n", "\\t", "\t").Replace(word)
	}
	program := exec.Command(client, words...)
	program.Dir = folder
	program.Env = []string{"HOME=" + home, "DOCKER_HOST=" + engine.start(t), "DOCKER_BUILDKIT=0", "PATH=" + os.Getenv("PATH"),
		"TZ=UTC", "SHELL_VALUE=of the shell"}
	var stdout, stderr bytes.Buffer
	program.Stdin, program.Stdout, program.Stderr = strings.NewReader(input), &stdout, &stderr
	err := program.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	hide := strings.NewReplacer("Version:    28.2.2", "Version:    {version}", "Version:    "+command.ClientVersion, "Version:    {version}", folder, "{dir}", engine.address, "{engine}")
	requests := engine.stop()
	for i := range requests {
		requests[i] = hide.Replace(requests[i])
	}
	if strings.Contains(line, " -f ") {
		// With a Dockerfile from outside, Docker's client prints a size from before the end of the context.
		stdout = *bytes.NewBuffer(contextSize.ReplaceAll(stdout.Bytes(), nil))
	}
	return outcomeOf{program.ProcessState.ExitCode(), hide.Replace(stdout.String()), withoutNote(hide.Replace(stderr.String())), requests}
}

var contextSize = regexp.MustCompile(`[0-9.]+kB`)

// withoutNote leaves out what Docker's client says of its own classic builder, which is the only one here.
func withoutNote(stderr string) string {
	if note, rest, found := strings.Cut(stderr, "environment-variable.\n\n"); found && strings.HasPrefix(note, "DEPRECATED: The legacy builder") {
		return rest
	}
	return stderr
}

// fixtures are the files that command lines name.
func fixtures(t *testing.T, folder string) {
	t.Helper()
	for name, text := range map[string]string{
		"env":              "# variables\nA=1\n  B=two words\nSHELL_VALUE\nMISSING_VALUE\n",
		"labels":           "one=1\ntwo\n",
		"profile.json":     "{ \"defaultAction\": \"SCMP_ACT_ALLOW\" }\n",
		"Dockerfile":       "FROM busybox\nCOPY . /\n",
		"other/Dockerfile": "FROM scratch\n",
		".dockerignore":    "# not these\n*.log\nsecret\n!keep.log\n**/tmp\nDockerfile\n",
		"a.log":            "a", "keep.log": "kept", "secret/key": "k", "src/main.c": "int main;", "src/tmp/x": "x", "src/b.log": "b",
		"archive.tar": "not really an archive",
		"file":        "content\n",
		"home/empty":  "",
	} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// unlike tells how two runs differ; "" if they do not. The engine may be asked in another order when a command does
// several things at once.
func unlike(ours, theirs outcomeOf) string {
	slices.Sort(ours.requests)
	slices.Sort(theirs.requests)
	var text strings.Builder
	compare := func(what, ours, theirs string) {
		if ours != theirs {
			text.WriteString("\n" + what + ":\n" + onlyIn(ours, theirs, "  hull:   ") + onlyIn(theirs, ours, "  docker: "))
		}
	}
	compare("requests", strings.Join(ours.requests, "\n"), strings.Join(theirs.requests, "\n"))
	compare("stdout", ours.stdout, theirs.stdout)
	compare("stderr", ours.stderr, theirs.stderr)
	compare("status", strconv.Itoa(ours.status), strconv.Itoa(theirs.status))
	return text.String()
}

// onlyIn lists the lines that only one of two texts has; all, if they have the same in another order.
func onlyIn(one, other, mark string) string {
	var text strings.Builder
	lines := strings.Split(other, "\n")
	for _, line := range strings.Split(one, "\n") {
		if !slices.Contains(lines, line) {
			fmt.Fprintf(&text, "%s%q\n", mark, line)
		}
	}
	if text.Len() == 0 {
		fmt.Fprintf(&text, "%s%q\n", mark, one)
	}
	return text.String()
}

// compareAll runs lines with both clients. Of a line that begins with ~ only what is printed is compared, because this
// client asks less.
func compareAll(t *testing.T, lines []string) {
	docker := stock(t)
	for _, line := range lines {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			words, printed := strings.CutPrefix(line, "~ ")
			line, input, _ := strings.Cut(words, " < ")
			input = strings.ReplaceAll(input, "␣", " ")
			ours := try(t, hull, newRecorder(), line, input)
			theirs := try(t, docker, newRecorder(), line, input)
			if printed {
				ours.requests, theirs.requests = nil, nil
			}
			if difference := unlike(ours, theirs); difference != "" {
				t.Error(difference)
			}
		})
	}
}
