package image

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"twinhull/engine/fault"
)

// sandbox is a directory to unpack into, beside one that nothing may touch.
func sandbox(t testing.TB) (inside, outside string) {
	t.Helper()
	above := t.TempDir()
	inside, outside = filepath.Join(above, "inside"), filepath.Join(above, "outside")
	for _, directory := range []string{inside, outside} {
		if err := os.Mkdir(directory, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	return inside, outside
}

func TestUnpackRefuses(t *testing.T) {
	outside := "/tmp/of-somebody-else"
	for name, test := range map[string]struct {
		entries []entry
		says    string
	}{
		"dots":                    {[]entry{file("../outside/new", "x")}, `"../outside/new": paths with ".."`},
		"dots in the middle":      {[]entry{file("a/../../outside/new", "x")}, `paths with ".."`},
		"absolute":                {[]entry{file("/etc/passwd", "x")}, `"/etc/passwd": absolute paths`},
		"through a link":          {[]entry{link(tar.TypeSymlink, "a", "../outside"), file("a/new", "x")}, `"a/new": its path leads through a symbolic link out`},
		"through an absolute one": {[]entry{link(tar.TypeSymlink, "a", outside), file("a/new", "x")}, "symbolic link out"},
		"through two":             {[]entry{link(tar.TypeSymlink, "b", ".."), link(tar.TypeSymlink, "a", "b/outside"), file("a/new", "x")}, "symbolic link out"},
		"links without end":       {[]entry{link(tar.TypeSymlink, "a", "b"), link(tar.TypeSymlink, "b", "a"), file("a/new", "x")}, "never end"},
		"hard link out":           {[]entry{link(tar.TypeLink, "a", "../outside/secret")}, `hard link to "../outside/secret": paths with ".."`},
		"hard link to the root":   {[]entry{link(tar.TypeLink, "a", "/etc/passwd")}, "absolute paths"},
		"hard link by a link":     {[]entry{link(tar.TypeSymlink, "a", "../outside"), link(tar.TypeLink, "b", "a/secret")}, "symbolic link out"},
		"hard link to nothing":    {[]entry{link(tar.TypeLink, "a", "b")}, `"b", which is no file of this archive`},
		"hard link to directory":  {[]entry{dir("d"), link(tar.TypeLink, "a", "d")}, "which is no file"},
		"character device":        {[]entry{{Header: tar.Header{Typeflag: tar.TypeChar, Name: "dev/mem", Devmajor: 1, Devminor: 1}}}, `"dev/mem": device nodes`},
		"block device":            {[]entry{{Header: tar.Header{Typeflag: tar.TypeBlock, Name: "sda", Devmajor: 8}}}, "device nodes"},
		"below a file":            {[]entry{file("a", "x"), file("a/b", "x")}, "not a directory"},
		"over a full directory":   {[]entry{dir("a"), file("a/b", "x"), file("a", "x")}, "directory that has files"},
		"long name":               {[]entry{file(strings.Repeat("a", 300), "x")}, "longer than the file system allows"},
		"whiteout of nothing":     {[]entry{file("d/.wh.", "")}, "names no file"},
		"whiteout of the parent":  {[]entry{file("d/.wh...", "")}, "names no file"},
		"root as a file":          {[]entry{file(".", "x")}, "can only be a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			inside, outside := sandbox(t)
			_, err := Unpack(inside, bytes.NewReader(archive(t, test.entries...)), UnpackOptions{Layer: true})
			if err == nil || !strings.Contains(err.Error(), test.says) || !fault.Is(err, fault.Invalid) {
				t.Errorf("the error is %v, it should say %q", err, test.says)
			}
			if names, _ := os.ReadDir(outside); len(names) != 1 {
				t.Errorf("outside are %v", names)
			}
		})
	}
}

func TestUnpackKeepsLimits(t *testing.T) {
	inside, _ := sandbox(t)
	small := archive(t, file("a", "12345"), file("b", "12345"), file("c", "12345"))
	for says, limits := range map[string]Limits{
		`"c": the files of this archive have more than 10 bytes`: {Bytes: 10},
		`"b": an archive may have 1 entries at most`:             {Entries: 1},
	} {
		_, err := Unpack(inside, bytes.NewReader(small), UnpackOptions{Limits: limits})
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("the error is %v, it should say %q", err, says)
		}
	}
	if _, err := Unpack(inside, bytes.NewReader(small[:1500]), UnpackOptions{}); err == nil || !strings.Contains(err.Error(), "unexpected EOF") {
		t.Errorf("a truncated archive gives %v", err)
	}
}

// everything is an archive with all that a layer can have, apart from whiteouts.
func everything(t testing.TB) []byte {
	odd := file("etc/owned", "of somebody")
	odd.Uid, odd.Gid, odd.Mode = 1000, 3_000_000, 0o4750
	capable := file("bin/ping", "program")
	capable.Mode = 0o755
	capable.PAXRecords = map[string]string{
		paxXattr + "security.capability": "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		paxXattr + "user.note":           "kept",
	}
	old := file("etc/old", "from before")
	old.ModTime = time.Unix(-86400, 0)
	sticky := dir("tmp")
	sticky.Mode = 0o1777
	long := strings.Repeat("long", 40)
	pipe := link(tar.TypeFifo, "run/pipe", "")
	return archive(t, dir("bin"), capable, dir("etc"), odd, old, link(tar.TypeLink, "etc/same", "etc/owned"), sticky,
		link(tar.TypeSymlink, "etc/link", "../../../beyond"), dir(long), file(long+"/"+strings.Repeat("n", 200), "deep"),
		file("holes", "start"+strings.Repeat("\x00", 1<<20)+"end"), file("empty", ""), file("zeros", strings.Repeat("\x00", 9000)), dir("run"), pipe)
}

func TestUnpackAndPackAreInverse(t *testing.T) {
	needsMounts(t)
	inside, _ := sandbox(t)
	done, err := Unpack(inside, bytes.NewReader(everything(t)), UnpackOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if want := int64(11 + 7 + 11 + 4 + 1<<20 + 8 + 9000); done.Bytes != want {
		t.Errorf("%d bytes are counted, not %d", done.Bytes, want)
	}
	var stat syscall.Stat_t
	if err := syscall.Stat(filepath.Join(inside, "holes"), &stat); err != nil || stat.Blocks*512 > 16<<10 {
		t.Errorf("a file with a hole of a megabyte has %d bytes on disk: %v", stat.Blocks*512, err)
	}
	if err := syscall.Lstat(filepath.Join(inside, "etc/same"), &stat); err != nil || stat.Nlink != 2 || stat.Mode&0o7777 != 0o4750 || stat.Gid != 3_000_000 {
		t.Errorf("etc/same is %+v: %v", stat, err)
	}
	if info, err := os.Stat(filepath.Join(inside, "tmp")); err != nil || !info.ModTime().Equal(epoch) {
		t.Errorf("a directory's time is %v: %v", info.ModTime(), err)
	}
	var packed bytes.Buffer
	if err := Pack(&packed, inside, PackOptions{}); err != nil {
		t.Fatal(err)
	}
	want, got := describe(t, everything(t)), describe(t, packed.Bytes())
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		t.Errorf("packed again it is\n%s\nnot\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var again bytes.Buffer
	if err := Pack(&again, inside, PackOptions{}); err != nil || !bytes.Equal(again.Bytes(), packed.Bytes()) {
		t.Errorf("packed twice it differs: %v", err)
	}
}

// describe lists an archive's entries, one line each, with what tells them apart.
func describe(t testing.TB, raw []byte) []string {
	t.Helper()
	var lines []string
	reader := tar.NewReader(bytes.NewReader(raw))
	for {
		header, err := reader.Next()
		if err == io.EOF {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		mode := header.Mode
		if header.Typeflag == tar.TypeLink || header.Typeflag == tar.TypeSymlink {
			mode, header.Uid, header.Gid = 0, 0, 0
		}
		if len(content) > 40 {
			content = []byte(strings.Repeat("…", len(content)%7))
		}
		xattr := strings.ToUpper(header.PAXRecords[paxXattr+"security.capability"] + header.PAXRecords[paxXattr+"user.note"])
		lines = append(lines, strings.Join([]string{
			header.Name, string(header.Typeflag), header.Linkname, os.FileMode(mode).String(), header.ModTime.UTC().Format(time.DateTime),
			string(rune('0' + header.Uid/1000)), string(content), xattr,
		}, "|"))
	}
}

func TestUnpackDirectoryByDirectory(t *testing.T) {
	inside, _ := sandbox(t)
	raw := archive(t, file("app/new", "x"))
	if err := os.Symlink("/real", filepath.Join(inside, "way")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(inside, "real"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Unpack(inside, bytes.NewReader(raw), UnpackOptions{InRoot: true, Prefix: "way"}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(filepath.Join(inside, "real/app/new")); err != nil {
		t.Errorf("an absolute link was not followed within the root: %v", err)
	}
}

func TestUnpackReplaces(t *testing.T) {
	inside, _ := sandbox(t)
	unpack := func(options UnpackOptions, entries ...entry) error {
		_, err := Unpack(inside, bytes.NewReader(archive(t, entries...)), options)
		return err
	}
	if err := unpack(UnpackOptions{}, dir("a"), file("a/b", "x"), dir("a/c"), file("a/c/d", "x"), file("e", "old")); err != nil {
		t.Fatal(err)
	}
	if err := unpack(UnpackOptions{KeepTypes: true}, file("a", "x")); err == nil || !strings.Contains(err.Error(), "cannot overwrite directory") {
		t.Errorf("a file over a directory gives %v", err)
	}
	if err := unpack(UnpackOptions{KeepTypes: true}, dir("e")); err == nil || !strings.Contains(err.Error(), "cannot overwrite non-directory") {
		t.Errorf("a directory over a file gives %v", err)
	}
	if err := unpack(UnpackOptions{}, file("a", "file now"), file("e", "new")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": "file now", "e": "new"} {
		if got, err := os.ReadFile(filepath.Join(inside, name)); string(got) != want {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
}

func TestUnpackMapsOwners(t *testing.T) {
	needsMounts(t)
	inside, _ := sandbox(t)
	owned := file("f", "x")
	owned.Uid, owned.Gid = 5, 6
	ids := &IDMap{UID: 100000, GID: 200000, Size: 65536}
	if _, err := Unpack(inside, bytes.NewReader(archive(t, owned)), UnpackOptions{IDs: ids}); err != nil {
		t.Fatal(err)
	}
	var stat unix.Stat_t
	if err := unix.Stat(filepath.Join(inside, "f"), &stat); err != nil || stat.Uid != 100005 || stat.Gid != 200006 {
		t.Errorf("the owner is %d:%d, %v", stat.Uid, stat.Gid, err)
	}
	var packed bytes.Buffer
	if err := Pack(&packed, inside, PackOptions{IDs: ids}); err != nil {
		t.Fatal(err)
	}
	header, err := tar.NewReader(&packed).Next()
	if err != nil || header.Uid != 5 || header.Gid != 6 {
		t.Errorf("packed it is %+v, %v", header, err)
	}
	owned.Uid = 70000
	_, err = Unpack(inside, bytes.NewReader(archive(t, owned)), UnpackOptions{IDs: ids})
	if err == nil || !strings.Contains(err.Error(), "not among the container's 65536 users") {
		t.Errorf("an owner outside the map gives %v", err)
	}
}

// FuzzUnpack unpacks whatever comes and looks whether anything outside has changed.
func FuzzUnpack(f *testing.F) {
	f.Add(archive(f, dir("a"), file("a/b", "x"), link(tar.TypeSymlink, "c", "../outside"), file("c/d", "x")))
	f.Add(archive(f, file("a", "x"), link(tar.TypeLink, "b", "a"), file("a", "y"), file(".wh.a", ""), file("d/.wh..wh..opq", "")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		inside, outside := sandbox(t)
		limits := Limits{Bytes: 1 << 20, Entries: 100}
		var journal bytes.Buffer
		shadows, err := openTree(t.TempDir(), unix.RESOLVE_BENEATH)
		if err != nil {
			t.Fatal(err)
		}
		defer shadows.close()
		recorded := newRecorder(bytes.NewReader(raw), &journal, shadows.root)
		_, _ = Unpack(inside, recorded, UnpackOptions{Layer: true, Limits: limits, recorder: recorded})
		names, err := os.ReadDir(outside)
		if err != nil || len(names) != 1 {
			t.Fatalf("outside are %v, %v", names, err)
		}
		if secret, err := os.ReadFile(filepath.Join(outside, "secret")); string(secret) != "secret" {
			t.Fatalf("the secret is %q, %v", secret, err)
		}
		var stat unix.Stat_t
		if err := unix.Stat(filepath.Join(outside, "secret"), &stat); err != nil || stat.Nlink != 1 || stat.Mode&0o777 != 0o600 {
			t.Fatalf("the secret is %+v, %v", stat, err)
		}
		_ = filepath.WalkDir(inside, func(path string, entry os.DirEntry, err error) error {
			if err == nil && entry.Type()&os.ModeDevice != 0 {
				info, err := entry.Info()
				if err != nil || info.Sys().(*syscall.Stat_t).Rdev != 0 {
					t.Fatalf("%s is a device", path)
				}
			}
			return nil
		})
	})
}
