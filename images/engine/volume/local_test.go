package volume

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"twinhull/engine/fault"
)

// privateMounts gives the rest of the test mounts of its own. They end with the test's thread.
func privateMounts(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root may mount")
	}
	runtime.LockOSThread() // Never unlocked: the thread ends with the test.
	if err := unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_FS); err != nil {
		t.Skipf("this computer lets nobody mount: %v", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
		t.Fatal(err)
	}
}

func TestTmpfsVolumeIsMountedWhileItIsUsed(t *testing.T) {
	privateMounts(t)
	store, _ := openStore(t)
	ctx := t.Context()
	volume := create(t, store, CreateOptions{Name: "scratch", Options: map[string]string{
		"type": "tmpfs", "device": "tmpfs", "o": "size=64k,mode=0710,noexec",
	}})
	for _, container := range []string{"c1", "c2", "c1"} {
		path, err := store.Mount(ctx, "scratch", container)
		if err != nil || path != volume.Mountpoint {
			t.Fatalf("mounted at %q: %v", path, err)
		}
	}
	var statistics unix.Statfs_t
	if err := unix.Statfs(volume.Mountpoint, &statistics); err != nil {
		t.Fatal(err)
	}
	if statistics.Type != unix.TMPFS_MAGIC || uint64(statistics.Blocks)*uint64(statistics.Bsize) != 64<<10 ||
		statistics.Flags&unix.ST_NOEXEC == 0 {
		t.Errorf("statistics %+v", statistics)
	}
	if err := store.Unmount(ctx, "scratch", "c1"); err != nil {
		t.Fatal(err)
	}
	wantError(t, store.Remove(ctx, "scratch", false), fault.Conflict, "remove scratch: volume has active mounts")
	if mounted, _ := isMountPoint(volume.Mountpoint); !mounted {
		t.Error("one container still has it")
	}
	if err := store.Unmount(ctx, "scratch", "c2"); err != nil {
		t.Fatal(err)
	}
	if mounted, _ := isMountPoint(volume.Mountpoint); mounted {
		t.Error("nobody has it any more")
	}
}

func TestBindVolumeKeepsWhatIsBound(t *testing.T) {
	privateMounts(t)
	store, bus := openStore(t)
	ctx := t.Context()
	bound := t.TempDir()
	precious := filepath.Join(bound, "precious")
	if err := os.WriteFile(precious, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	options := map[string]string{"type": "none", "device": bound, "o": "bind,ro"}
	volume := create(t, store, CreateOptions{Name: "bound", Options: options})
	if _, err := store.Mount(ctx, "bound", "c1"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(volume.Mountpoint, "new"), nil, 0o600); !strings.Contains(err.Error(), "read-only") {
		t.Errorf("writing: %v", err)
	}
	// The engine ends, and the machine's mounts are still there for the next one.
	again, err := Open(store.local.root, t.TempDir(), bus)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Remove(ctx, "bound", false); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(precious); err != nil {
		t.Errorf("what was bound: %v", err)
	}
}

func TestRestoredContainerKeepsItsMount(t *testing.T) {
	privateMounts(t)
	store, bus := openStore(t)
	create(t, store, CreateOptions{Name: "scratch", Options: map[string]string{"type": "tmpfs", "device": "tmpfs"}})
	path, err := store.Mount(t.Context(), "scratch", "c1")
	if err != nil {
		t.Fatal(err)
	}
	again, err := Open(store.local.root, t.TempDir(), bus)
	if err != nil {
		t.Fatal(err)
	}
	again.Restore("scratch", "c1")
	if _, err := again.Mount(t.Context(), "scratch", "c2"); err != nil {
		t.Fatal(err)
	}
	if err := again.Unmount(t.Context(), "scratch", "c2"); err != nil {
		t.Fatal(err)
	}
	if mounted, _ := isMountPoint(path); !mounted {
		t.Error("the restored container lost its volume")
	}
	if err := again.Unmount(t.Context(), "scratch", "c1"); err != nil {
		t.Fatal(err)
	}
}

func TestFailedMountIsTold(t *testing.T) {
	privateMounts(t)
	store, _ := openStore(t)
	volume := create(t, store, CreateOptions{Name: "bad", Options: map[string]string{
		"type": "nosuch", "device": "nothing", "o": "ro,password=secret",
	}})
	_, err := store.Mount(t.Context(), "bad", "c1")
	want := "error while mounting volume '" + volume.Mountpoint + "': failed to mount local volume: mount nothing:" +
		volume.Mountpoint + ", flags: 0x1, data: password=********: no such device"
	wantError(t, err, fault.Internal, want)
}

func TestLocalOptions(t *testing.T) {
	store, _ := openStore(t)
	for _, tried := range []struct {
		options map[string]string
		text    string
	}{
		{map[string]string{"colour": "red"}, `create v1: invalid option: "colour"`},
		{map[string]string{"type": "tmpfs"}, `create v1: missing required option: "device"`},
		{map[string]string{"device": "tmpfs"}, `create v1: missing required option: "type"`},
		{map[string]string{"o": "bind"}, `create v1: missing required option: "device"`},
		{map[string]string{"size": "1g"}, `create v1: quota size requested but no quota support`},
	} {
		_, err := store.Create(t.Context(), CreateOptions{Name: "v1", Options: tried.options})
		wantError(t, err, fault.Invalid, tried.text)
	}
}

func TestMountOptions(t *testing.T) {
	for text, want := range map[string]struct {
		flags uintptr
		data  string
	}{
		"":                          {0, ""},
		"bind":                      {unix.MS_BIND, ""},
		"ro,size=1m,,rw,uid=1":      {0, "size=1m,uid=1"},
		"rbind,nosuid,rshared,addr": {unix.MS_BIND | unix.MS_REC | unix.MS_NOSUID | unix.MS_SHARED, "addr"},
	} {
		if flags, data := parseMountOptions(text); flags != want.flags || data != want.data {
			t.Errorf("%q: %#x %q, want %#x %q", text, flags, data, want.flags, want.data)
		}
	}
}
