package network

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"twinhull/engine/network/rtnl"
)

// threadNamespace is the network namespace of the thread that opens it.
const threadNamespace = "/proc/thread-self/ns/net"

// openNamespace opens a network namespace's file.
func openNamespace(path string) (int, error) {
	namespace, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("opening the network namespace %s: %w", path, err)
	}
	return namespace, nil
}

// elsewhere runs enter, which moves its thread to another network namespace, then do, and moves the thread back to the
// namespace home.
func elsewhere(home int, enter, do func() error) error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := enter()
		if err == nil {
			err = do()
		}
		// A thread that cannot go home must not serve anything else: it ends with this goroutine.
		if back := unix.Setns(home, unix.CLONE_NEWNET); back != nil {
			err = errors.Join(err, fmt.Errorf("leaving a network namespace: %w", back))
		} else {
			runtime.UnlockOSThread()
		}
		result <- err
	}()
	return <-result
}

// inside runs a function on a thread in a network namespace.
func inside(home, namespace int, do func() error) error {
	return elsewhere(home, func() error {
		if err := unix.Setns(namespace, unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("entering a network namespace: %w", err)
		}
		return nil
	}, do)
}

// newNamespace makes a network namespace whose loopback interface is up, bound to a file. It returns a descriptor of
// it and a connection to its kernel part.
func newNamespace(home int, path string) (namespace int, links *rtnl.Conn, err error) {
	namespace = -1
	defer func() {
		if err != nil {
			err = errors.Join(err, dropNamespace(path, namespace, links))
			namespace, links = -1, nil
		}
	}()
	if err := createPlace(path); err != nil {
		return -1, nil, err
	}
	err = elsewhere(home, func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("making a network namespace: %w", err)
		}
		return nil
	}, func() (err error) {
		if err := unix.Mount(threadNamespace, path, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("binding a network namespace to %s: %w", path, err)
		}
		if namespace, err = openNamespace(threadNamespace); err != nil {
			return err
		}
		links, err = rtnl.Dial()
		return err
	})
	if err == nil {
		err = links.Do(rtnl.RaiseLink(loopback))
	}
	return namespace, links, err
}

// loopback is the index of lo in every network namespace.
const loopback = 1

// createPlace makes the file to which a namespace is bound. One of the same name is of a sandbox that was not closed.
func createPlace(path string) error {
	const flags = unix.O_RDONLY | unix.O_CREAT | unix.O_EXCL | unix.O_CLOEXEC
	file, err := unix.Open(path, flags, 0o444)
	if errors.Is(err, unix.EEXIST) {
		if err := dropNamespace(path, -1, nil); err != nil {
			return err
		}
		file, err = unix.Open(path, flags, 0o444)
	}
	if err != nil {
		return fmt.Errorf("making a place for a network namespace: %w", &fs.PathError{Op: "open", Path: path, Err: err})
	}
	return unix.Close(file)
}

// dropNamespace lets go of a network namespace. It ends with the last process in it, after this has returned.
func dropNamespace(path string, namespace int, links *rtnl.Conn) error {
	if links != nil {
		links.Close()
	}
	if namespace >= 0 {
		unix.Close(namespace)
	}
	err := unix.Unmount(path, unix.MNT_DETACH)
	// EINVAL: nothing is mounted there.
	if err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("unbinding the network namespace %s: %w", path, err)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("unbinding a network namespace: %w", err)
	}
	return nil
}
