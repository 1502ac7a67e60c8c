package container

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/moby/sys/user"
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"twinhull/engine/fault"
)

// maxAccounts bounds what is read of an image's passwd and group, in bytes.
const maxAccounts = 1 << 20

// resolveUser looks a user up in the image's own files, which an image may have replaced by symbolic links to anywhere:
// they are followed within its root alone.
func resolveUser(root, given string, additional []string) (specs.User, string, error) {
	passwd, group := openAccounts(root, "etc/passwd"), openAccounts(root, "etc/group")
	defer passwd.Close()
	defer group.Close()
	found, err := user.GetExecUser(given, &user.ExecUser{Home: "/"}, passwd, group)
	if err != nil {
		return specs.User{}, "", fault.As(fault.Invalid, err)
	}
	resolved := specs.User{UID: uint32(found.Uid), GID: uint32(found.Gid)}
	add := func(gid int) {
		resolved.AdditionalGids = append(resolved.AdditionalGids, uint32(gid))
	}
	add(found.Gid)
	for _, gid := range found.Sgids {
		if gid != found.Gid {
			add(gid)
		}
	}
	if len(additional) > 0 {
		groups := openAccounts(root, "etc/group")
		defer groups.Close()
		gids, err := user.GetAdditionalGroups(additional, groups)
		if err != nil {
			return specs.User{}, "", fault.New(fault.Invalid, "%w", err)
		}
		for _, gid := range gids {
			add(gid)
		}
	}
	return resolved, found.Home, nil
}

type accounts struct {
	io.Reader
	file *os.File
}

func (a accounts) Close() {
	if a.file != nil {
		a.file.Close()
	}
}

// openAccounts reads as empty what is not there or is no plain file.
func openAccounts(root, path string) accounts {
	file, err := openInRoot(root, path)
	if err != nil {
		return accounts{Reader: strings.NewReader("")}
	}
	return accounts{Reader: io.LimitReader(file, maxAccounts), file: file}
}

func openInRoot(root, path string) (*os.File, error) {
	directory, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", root, err)
	}
	defer unix.Close(directory)
	fd, err := unix.Openat2(directory, path, &unix.OpenHow{
		// A FIFO must not block the engine.
		Flags:   unix.O_RDONLY | unix.O_CLOEXEC | unix.O_NONBLOCK,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	})
	if err != nil {
		return nil, fmt.Errorf("open %s in the container: %w", path, err)
	}
	file := os.NewFile(uintptr(fd), path)
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		file.Close()
		return nil, fmt.Errorf("%s in the container is no file", path)
	}
	return file, nil
}
