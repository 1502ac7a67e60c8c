package image

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/opencontainers/go-digest"
	"golang.org/x/sys/unix"
)

// Between an image's layers and a container's changes lies a folder with what every container gets mounted over: Docker's
// "init" layer. It is no change of the container's, and no image's file is touched. All containers of an image share it.

// mountPoint is a path that every container has.
type mountPoint struct {
	path string
	kind uint32
	// target is a link's.
	target string
}

var mountPoints = []mountPoint{
	{path: "dev/pts", kind: unix.S_IFDIR}, {path: "dev/shm", kind: unix.S_IFDIR},
	{path: "proc", kind: unix.S_IFDIR}, {path: "sys", kind: unix.S_IFDIR},
	{path: ".dockerenv", kind: unix.S_IFREG}, {path: "dev/console", kind: unix.S_IFREG},
	{path: "etc/hosts", kind: unix.S_IFREG}, {path: "etc/hostname", kind: unix.S_IFREG},
	{path: "etc/resolv.conf", kind: unix.S_IFREG}, {path: "etc/mtab", kind: unix.S_IFLNK, target: "/proc/mounts"},
}

const preparedSuffix = "-init"

// prepared is the folder of an image's mount points.
func (p places) prepared(id digest.Digest) string { return p.layer(id) + preparedSuffix }

// findPrepared finds the folders that are complete: those without a work directory.
func (s *Store) findPrepared() error {
	entries, err := os.ReadDir(s.overlay())
	if err != nil {
		return err
	}
	for _, entry := range entries {
		encoded, isPrepared := strings.CutSuffix(entry.Name(), preparedSuffix)
		if _, err := os.Lstat(filepath.Join(s.overlay(), entry.Name(), "work")); !isPrepared || err == nil {
			continue
		}
		s.mountPoints[digest.NewDigestFromEncoded(digest.SHA256, encoded)] = true
	}
	return nil
}

// prepare makes an image's folder of mount points, if it has none. The mutex is held.
func (s *Store) prepare(id digest.Digest, layers []digest.Digest) error {
	if s.mountPoints[id] {
		return nil
	}
	folder := s.prepared(id)
	upper, work, empty := filepath.Join(folder, "diff"), filepath.Join(folder, "work"), filepath.Join(folder, "empty")
	err := os.RemoveAll(folder)
	for _, directory := range []string{folder, upper, work, empty} {
		if err == nil {
			err = os.Mkdir(directory, 0o755)
		}
	}
	// An image may have no layers, but overlayfs wants something below.
	lower := append(s.stack(layers), empty)
	if err == nil {
		err = makeMountPoints(lower, upper, work)
	}
	if err == nil {
		err = os.RemoveAll(filepath.Join(folder, "work"))
	}
	if err != nil {
		_ = os.RemoveAll(folder)
		return fmt.Errorf("prepare the mount points of image %s: %w", id, err)
	}
	s.mountPoints[id] = true
	return nil
}

func makeMountPoints(lower []string, upper, work string) error {
	mount, err := newOverlay(lower, upper, work)
	if err != nil {
		return err
	}
	files := &tree{root: mount, resolve: unix.RESOLVE_IN_ROOT, last: -1}
	defer files.close()
	for _, point := range mountPoints {
		directory, base, err := files.parent(point.path)
		if err != nil {
			return fmt.Errorf("make /%s: %w", point.path, err)
		}
		switch point.kind {
		case unix.S_IFDIR:
			err = unix.Mkdirat(directory, base, 0o755)
		case unix.S_IFREG:
			err = unix.Mknodat(directory, base, unix.S_IFREG|0o755, 0)
		case unix.S_IFLNK:
			err = unix.Symlinkat(point.target, directory, base)
		}
		if err != nil && !errors.Is(err, unix.EEXIST) {
			return fmt.Errorf("make /%s: %w", point.path, err)
		}
	}
	return nil
}
