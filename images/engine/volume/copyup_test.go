package volume

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestCopyUp(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root may give files away")
	}
	root, target := t.TempDir(), t.TempDir()
	data := filepath.Join(root, "srv/data")
	must(t, os.MkdirAll(filepath.Join(data, "sub"), 0o755))
	must(t, os.WriteFile(filepath.Join(data, "sub/program"), []byte("#!/bin/sh"), 0o600))
	must(t, os.Chown(filepath.Join(data, "sub/program"), 7, 8))
	must(t, os.Chmod(filepath.Join(data, "sub/program"), 0o755|os.ModeSetuid))
	must(t, os.Link(filepath.Join(data, "sub/program"), filepath.Join(data, "twin")))
	must(t, os.Symlink("/etc/passwd", filepath.Join(data, "link")))
	must(t, os.Lchown(filepath.Join(data, "link"), 5, 6))
	must(t, unix.Mkfifo(filepath.Join(data, "fifo"), 0o640))
	sparse, err := os.Create(filepath.Join(data, "sparse"))
	must(t, err)
	must(t, sparse.Truncate(64<<20))
	_, err = sparse.WriteAt([]byte("end"), 64<<20-3)
	must(t, err)
	must(t, sparse.Close())
	extended := unix.Setxattr(filepath.Join(data, "sub/program"), "user.colour", []byte("red"), 0)
	past := time.Unix(1234567, 89)
	must(t, os.Chmod(data, 0o2750))
	must(t, os.Chown(data, 3, 4))
	must(t, os.Chmod(data, 0o750|os.ModeSetgid))
	must(t, os.Chtimes(data, past, past))

	must(t, CopyUp(root, "/srv/data", target))

	top, err := os.Stat(target)
	must(t, err)
	status := top.Sys().(*syscall.Stat_t)
	if top.Mode() != os.ModeDir|os.ModeSetgid|0o750 || status.Uid != 3 || status.Gid != 4 || !top.ModTime().Equal(past) {
		t.Errorf("the directory: %v %+v", top.Mode(), status)
	}
	program, err := os.Stat(filepath.Join(target, "sub/program"))
	must(t, err)
	owner := program.Sys().(*syscall.Stat_t)
	if program.Mode() != 0o755|os.ModeSetuid || owner.Uid != 7 || owner.Gid != 8 {
		t.Errorf("the program: %v %+v", program.Mode(), owner)
	}
	if twin, err := os.Stat(filepath.Join(target, "twin")); err != nil || !os.SameFile(twin, program) {
		t.Errorf("the hard link: %v", err)
	}
	if text, _ := os.ReadFile(filepath.Join(target, "twin")); string(text) != "#!/bin/sh" {
		t.Errorf("the content: %q", text)
	}
	link, err := os.Lstat(filepath.Join(target, "link"))
	must(t, err)
	if text, _ := os.Readlink(filepath.Join(target, "link")); text != "/etc/passwd" || link.Sys().(*syscall.Stat_t).Uid != 5 {
		t.Errorf("the link: %q %+v", text, link.Sys())
	}
	if fifo, err := os.Lstat(filepath.Join(target, "fifo")); err != nil || fifo.Mode() != os.ModeNamedPipe|0o640 {
		t.Errorf("the pipe: %v %v", fifo, err)
	}
	hole, err := os.Stat(filepath.Join(target, "sparse"))
	must(t, err)
	if hole.Size() != 64<<20 || hole.Sys().(*syscall.Stat_t).Blocks > 2048 {
		t.Errorf("the file with a hole: %d bytes in %d blocks", hole.Size(), hole.Sys().(*syscall.Stat_t).Blocks)
	}
	if extended == nil {
		value := make([]byte, 16)
		length, err := unix.Getxattr(filepath.Join(target, "sub/program"), "user.colour", value)
		if err != nil || string(value[:length]) != "red" {
			t.Errorf("the attribute: %q %v", value, err)
		}
	}
}

func TestCopyUpLeavesFilledVolumesAlone(t *testing.T) {
	root, target := t.TempDir(), t.TempDir()
	must(t, os.WriteFile(filepath.Join(root, "new"), nil, 0o600))
	must(t, os.WriteFile(filepath.Join(target, "old"), nil, 0o600))
	must(t, CopyUp(root, "/", target))
	if _, err := os.Lstat(filepath.Join(target, "new")); !os.IsNotExist(err) {
		t.Errorf("the image's file: %v", err)
	}
}

func TestCopyUpOfNothing(t *testing.T) {
	root, target := t.TempDir(), t.TempDir()
	must(t, os.WriteFile(filepath.Join(root, "file"), nil, 0o600))
	must(t, CopyUp(root, "/missing/deeper", target))
	must(t, CopyUp(root, "/file", target))
	if empty, err := isEmpty(target); err != nil || !empty {
		t.Errorf("empty %v, %v", empty, err)
	}
}

func TestCopyUpStaysInTheRoot(t *testing.T) {
	outside, root := t.TempDir(), t.TempDir()
	must(t, os.WriteFile(filepath.Join(outside, "secret"), nil, 0o600))
	must(t, os.Symlink(outside, filepath.Join(root, "absolute")))
	climb := strings.Repeat("../", 40) + strings.TrimPrefix(outside, "/")
	must(t, os.Symlink(climb, filepath.Join(root, "relative")))
	must(t, os.MkdirAll(filepath.Join(root, "data"), 0o755))
	must(t, os.Symlink(outside, filepath.Join(root, "data/inner")))
	for _, path := range []string{"/absolute", "/relative", climb, "/data"} {
		target := t.TempDir()
		must(t, CopyUp(root, path, target))
		for _, found := range []string{"secret", "inner/secret"} {
			if info, err := os.Lstat(filepath.Join(target, "inner")); err == nil && info.Mode()&os.ModeSymlink != 0 {
				continue // A link was copied as a link.
			}
			if _, err := os.Lstat(filepath.Join(target, found)); err == nil {
				t.Errorf("%s: a file from outside the root is in the volume", path)
			}
		}
	}
}

func TestCopyUpBoundsDepth(t *testing.T) {
	root, target := t.TempDir(), t.TempDir()
	deep := filepath.Join(root, strings.Repeat("d/", maxDepth+1))
	must(t, os.MkdirAll(deep, 0o755))
	if err := CopyUp(root, "/", target); err == nil || !strings.Contains(err.Error(), "within each other") {
		t.Errorf("error %v", err)
	}
}
