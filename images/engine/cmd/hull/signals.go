package main

import (
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"twinhull/engine/client/command"
	"twinhull/engine/client/rest"
)

// forwarded are the signals that a container gets which this program was sent. Of the rest, some cannot be caught, and
// some are Go's own.
var forwarded = []syscall.Signal{
	syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2,
	syscall.SIGALRM, syscall.SIGCONT, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGIO, syscall.SIGPWR,
}

// forwardSignals hands signals to a container from now on: nobody calls it but at the end of the program.
func forwardSignals(call *command.Call, id string) error {
	client := call.Engine().Another()
	return catch(forwarded, func(caught syscall.Signal) {
		name := unix.SignalName(caught)
		_ = client.Post("/containers/"+rest.Escape(id)+"/kill", url.Values{"signal": {name}}, nil, nil)
	})
}

// resizeRetries is how often a size is sent to a container that may not have its terminal yet.
const resizeRetries = 10

// followSize tells a container or exec the size of our terminal, now and whenever it changes.
func followSize(call *command.Call, path string) {
	client := call.Engine().Another()
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, syscall.SIGWINCH)
	known := resize(client, path) == nil
	go func() {
		for retry := 0; !known && retry < resizeRetries; retry++ {
			time.Sleep(time.Duration(retry+1) * 10 * time.Millisecond)
			known = resize(client, path) == nil
		}
		for range changed {
			_ = resize(client, path)
		}
	}()
}
