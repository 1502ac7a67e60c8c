package build

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"twinhull/engine/events"
	"twinhull/engine/image"
)

const inNamespace = "TWINHULL_TEST_MOUNT_NAMESPACE"

// TestMain runs the tests again in a mount namespace of their own, with a tmpfs like the machines' root for their files.
func TestMain(m *testing.M) {
	if os.Getenv(inNamespace) != "" || os.Getuid() != 0 {
		if err := privateTmp(); err != nil {
			fmt.Fprintln(os.Stderr, "these tests mount file systems, and this user may not:", err)
			os.Unsetenv(inNamespace)
		}
		os.Exit(m.Run())
	}
	place, err := os.MkdirTemp("", "build-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	command := exec.Command("/proc/self/exe", os.Args[1:]...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	command.Env = append(os.Environ(), inNamespace+"=yes", "TMPDIR="+place)
	command.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	err = command.Run()
	_ = os.RemoveAll(place)
	if err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

func privateTmp() error {
	if os.Getenv(inNamespace) == "" {
		return errors.New("not root")
	}
	if slices.Contains(os.Args, "-test.fuzzworker") {
		return nil // It is in the namespace of the process that started it, and shares files with that.
	}
	if err := syscall.Mount("", "/", "", syscall.MS_PRIVATE|syscall.MS_REC, ""); err != nil {
		return err
	}
	return syscall.Mount("tmpfs", os.TempDir(), "tmpfs", 0, "mode=1777,size=512m")
}

// chroots runs commands in a container's file system with nothing but chroot around them: what a build sees of a
// container is its files, its output and its exit code.
type chroots struct {
	images  *image.Store
	configs map[string]*container.Config
	created int
	// present are those that were not removed.
	present map[string]bool
}

func (c *chroots) Create(_ context.Context, config *container.Config, _ *container.HostConfig) (string, []string, error) {
	base, err := c.images.Get(config.Image)
	if err != nil {
		return "", nil, err
	}
	id := newID()
	if _, err := c.images.CreateRoot(id, base, nil); err != nil {
		return "", nil, err
	}
	c.created++
	c.configs[id], c.present[id] = config, true
	return id, nil, nil
}

func (c *chroots) Run(ctx context.Context, id string, stdout, stderr io.Writer) (int, error) {
	root, err := c.images.OpenRoot(id)
	if err != nil {
		return 0, err
	}
	mounted, err := root.Mount()
	if err != nil {
		return 0, err
	}
	defer root.Unmount()
	config := c.configs[id]
	command := exec.CommandContext(ctx, filepath.Join("/bin", filepath.Base(config.Cmd[0])), config.Cmd[1:]...)
	command.Dir, command.Env, command.Stdout, command.Stderr = "/"+config.WorkingDir, config.Env, stdout, stderr
	command.SysProcAttr = &syscall.SysProcAttr{Chroot: mounted}
	err = command.Run()
	var exited *exec.ExitError
	if errors.As(err, &exited) {
		return exited.ExitCode(), nil
	}
	return 0, err
}

func (c *chroots) Remove(_ context.Context, id string) error {
	delete(c.present, id)
	root, err := c.images.OpenRoot(id)
	if err != nil {
		return err
	}
	return root.Remove()
}

// workshop is a builder with the image busybox.
type workshop struct {
	*Builder
	t     testing.TB
	boxes *chroots
	bus   *events.Bus
}

func newWorkshop(t testing.TB) *workshop {
	t.Helper()
	if os.Getenv(inNamespace) == "" {
		t.Skip("needs a mount namespace of its own: run it as root")
	}
	program, err := os.ReadFile("/bin/busybox")
	if err != nil {
		t.Skip("needs a static busybox: install busybox-static")
	}
	directory, bus := t.TempDir(), &events.Bus{}
	images, err := image.Open(directory, bus)
	if err != nil {
		t.Fatal(err)
	}
	boxes := &chroots{images: images, configs: map[string]*container.Config{}, present: map[string]bool{}}
	w := &workshop{
		Builder: &Builder{Images: images, Containers: boxes, Scratch: filepath.Join(directory, "tmp")}, t: t, boxes: boxes, bus: bus,
	}
	files := map[string]string{
		"bin/busybox": string(program), "etc/passwd": "root:x:0:0::/root:/bin/sh\nweb:x:33:34::/:/bin/sh\n",
		"etc/group": "root:x:0:\nweb:x:34:\nstaff:x:50:\n",
	}
	for _, name := range []string{"sh", "cat", "echo", "ls", "rm", "mkdir", "touch", "stat", "pwd", "env", "true", "false", "ln"} {
		files["bin/"+name] = "-> busybox"
	}
	ingest := images.Ingest()
	defer ingest.Close()
	layer, err := ingest.AddLayer("", ocispec.Descriptor{}, archive(t, files))
	if err != nil {
		t.Fatal(err)
	}
	base := image.Config{Config: image.RunConfig{}}
	base.Config.Cmd = []string{"sh"}
	made, err := ingest.Derive(nil, base, ocispec.History{CreatedBy: "by hand"}, layer)
	if err != nil {
		t.Fatal(err)
	}
	w.tag(made, "busybox")
	return w
}

func (w *workshop) tag(img *image.Image, name string) {
	w.t.Helper()
	tags, err := parseTags([]string{name})
	if err == nil {
		err = w.Images.Tag(img, tags[0])
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// archive makes a tar archive. A name with a slash at its end is a directory, and a file that begins with "-> " a link.
func archive(t testing.TB, files map[string]string) *bytes.Buffer {
	t.Helper()
	var buffer bytes.Buffer
	writer := tar.NewWriter(&buffer)
	for name, text := range files {
		header := tar.Header{Name: name, Mode: 0o644, Size: int64(len(text)), Typeflag: tar.TypeReg}
		if strings.HasPrefix(name, "bin/") || strings.HasSuffix(name, "/") {
			header.Mode = 0o755
		}
		target, isLink := strings.CutPrefix(text, "-> ")
		switch {
		case isLink:
			header.Typeflag, header.Linkname, header.Size, text = tar.TypeSymlink, target, 0, ""
		case strings.HasSuffix(name, "/"):
			header.Typeflag = tar.TypeDir
		}
		if err := writer.WriteHeader(&header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(writer, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return &buffer
}

// told is what a build has said.
type told struct {
	id, text string
	err      error
}

func (w *workshop) build(files map[string]string, options Options) told {
	w.t.Helper()
	var written bytes.Buffer
	output := NewOutput(&written)
	id, err := w.Build(context.Background(), options, archive(w.t, files), output)
	if err != nil && output.Begun() {
		_ = output.Error(err)
	}
	var text strings.Builder
	decoder := json.NewDecoder(&written)
	for decoder.More() {
		var line struct{ Stream, Error string }
		if err := decoder.Decode(&line); err != nil {
			w.t.Fatal(err)
		}
		text.WriteString(line.Stream)
		if line.Error != "" {
			text.WriteString("ERROR " + line.Error + "\n")
		}
	}
	return told{id, text.String(), err}
}

// must is build for what has to succeed.
func (w *workshop) must(dockerfile string, files ...map[string]string) told {
	w.t.Helper()
	all := map[string]string{"Dockerfile": dockerfile}
	for _, some := range files {
		for name, text := range some {
			all[name] = text
		}
	}
	result := w.build(all, Options{})
	if result.err != nil {
		w.t.Fatalf("%v\n%s", result.err, result.text)
	}
	return result
}

func (w *workshop) image(id string) *image.Image {
	w.t.Helper()
	found, err := w.Images.Get(digest.Digest(id).Encoded())
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

// inside mounts an image and hands its root file system to a look.
func (w *workshop) inside(id string, look func(root string)) {
	w.t.Helper()
	root, err := w.Images.CreateRoot(newID(), w.image(id), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	defer root.Remove()
	mounted, err := root.Mount()
	if err != nil {
		w.t.Fatal(err)
	}
	look(mounted)
}

func (w *workshop) file(id, name string) string {
	w.t.Helper()
	var text []byte
	w.inside(id, func(root string) {
		var err error
		if text, err = os.ReadFile(filepath.Join(root, name)); err != nil {
			w.t.Error(err)
		}
	})
	return string(text)
}

var hexadecimal = regexp.MustCompile(`\b[0-9a-f]{12}\b`)

// masked replaces IDs, which differ each time.
func masked(text string) string { return hexadecimal.ReplaceAllString(text, "ID") }
