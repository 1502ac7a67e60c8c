//go:build !386

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// catch tells of signals from now on, to the end of the program.
func catch(signals []syscall.Signal, tell func(syscall.Signal)) error {
	caught := make(chan os.Signal, 16)
	for _, each := range signals {
		signal.Notify(caught, each)
	}
	go func() {
		for each := range caught {
			tell(each.(syscall.Signal))
		}
	}()
	return nil
}
