package build

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/moby/sys/user"
	"golang.org/x/sys/unix"

	"twinhull/engine/fault"
	"twinhull/engine/image"
)

// parseOwner reads --chown: USER or USER:GROUP, as names of the image or as numbers.
func parseOwner(text string, root *tree) (*image.Owner, error) {
	userName, groupName, hasGroup := strings.Cut(text, ":")
	if strings.Contains(groupName, ":") {
		return nil, fault.New(fault.Invalid, "invalid chown string format: %s", text)
	}
	if !hasGroup {
		groupName = userName
	}
	uid, err := lookup(userName, root, "/etc/passwd", "no such user: ", func(file io.Reader) (ids []int, err error) {
		users, err := user.ParsePasswdFilter(file, func(u user.User) bool { return u.Name == userName })
		for _, found := range users {
			ids = append(ids, found.Uid)
		}
		return ids, err
	})
	if err != nil {
		return nil, fault.New(fault.Invalid, "unable to convert uid/gid chown string to host mapping: can't find uid for user %s: %w",
			userName, err)
	}
	gid, err := lookup(groupName, root, "/etc/group", "no such group: ", func(file io.Reader) (ids []int, err error) {
		groups, err := user.ParseGroupFilter(file, func(g user.Group) bool { return g.Name == groupName })
		for _, found := range groups {
			ids = append(ids, found.Gid)
		}
		return ids, err
	})
	if err != nil {
		return nil, fault.New(fault.Invalid, "unable to convert uid/gid chown string to host mapping: can't find gid for group %s: %w",
			groupName, err)
	}
	return &image.Owner{UID: uid, GID: gid}, nil
}

func lookup(name string, root *tree, file, missing string, parse func(io.Reader) ([]int, error)) (int, error) {
	if number, err := strconv.Atoi(name); err == nil {
		if number < 0 {
			return 0, errors.New("it is negative")
		}
		return number, nil
	}
	fd, err := root.open(file, unix.O_RDONLY|unix.O_NONBLOCK)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return 0, errors.New(missing + name)
		}
		return 0, err
	}
	opened := os.NewFile(uintptr(fd), file)
	defer opened.Close()
	ids, err := parse(io.LimitReader(opened, maxDockerfile))
	if err != nil {
		return 0, err
	}
	if len(ids) == 0 {
		return 0, errors.New(missing + name)
	}
	return ids[0], nil
}

// parseMode reads --chmod: octal digits.
func parseMode(text string) (int64, error) {
	mode, err := strconv.ParseUint(text, 8, 12)
	if err != nil {
		return 0, fault.New(fault.Invalid, "invalid chmod parameter: '%s'. it should be octal string and between 0 and 07777", text)
	}
	return int64(mode), nil
}
