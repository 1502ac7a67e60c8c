package container

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// logWatch tells when something is written in a directory, inotify(7).
type logWatch struct {
	// changed holds at most one message: look again.
	changed chan struct{}
	events  *os.File
}

func watchLog(directory string) (*logWatch, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("watch a log: %w", err)
	}
	if _, err := unix.InotifyAddWatch(fd, directory, unix.IN_MODIFY|unix.IN_CREATE|unix.IN_ONLYDIR); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("watch %s: %w", directory, err)
	}
	watch := &logWatch{changed: make(chan struct{}, 1), events: os.NewFile(uintptr(fd), "inotify")}
	go watch.listen()
	return watch, nil
}

// listen ends when the watch is closed.
func (w *logWatch) listen() {
	var events [4096]byte
	for {
		if _, err := w.events.Read(events[:]); err != nil {
			return
		}
		select {
		case w.changed <- struct{}{}:
		default:
		}
	}
}

func (w *logWatch) close() { w.events.Close() }
