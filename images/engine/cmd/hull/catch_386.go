package main

import (
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// caughtPipe is where the handler writes.
var caughtPipe int32

// handlers are the addresses of the handler and of what returns from it.
func handlers() (caught, resumed uintptr)

// action is the kernel's struct sigaction: https://man7.org/linux/man-pages/man2/sigaction.2.html
type action struct {
	handler, flags, restorer uintptr
	mask                     uint64
}

// Those of struct sigaction that package unix does not have.
const (
	saSiginfo  = 0x4
	saRestorer = 0x04000000
	saOnstack  = 0x08000000
	saRestart  = 0x10000000
)

// catch tells of signals from now on, to the end of the program. Package os/signal takes two changes of threads for each
// signal, on one processor together a fortieth of `docker run`; a handler that writes into a pipe takes one call of the
// kernel. It replaces the handler of Go's runtime, so it is for no signal that the runtime needs.
func catch(signals []syscall.Signal, tell func(syscall.Signal)) error {
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return err
	}
	reader := os.NewFile(uintptr(pipe[0]), "signals")
	caughtPipe = int32(pipe[1])
	caught, resumed := handlers()
	wanted := action{handler: caught, flags: saSiginfo | saRestorer | saOnstack | saRestart, restorer: resumed, mask: ^uint64(0)}
	for _, signal := range signals {
		_, _, failed := syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(signal), uintptr(unsafe.Pointer(&wanted)), 0,
			unsafe.Sizeof(wanted.mask), 0, 0)
		if failed != 0 {
			return failed
		}
	}
	go func() {
		var number [1]byte
		for {
			if _, err := reader.Read(number[:]); err != nil {
				return
			}
			tell(syscall.Signal(number[0]))
		}
	}()
	return nil
}
