// Hull is the client of the container engine, installed as `docker`. It speaks Docker's Engine API and looks like Docker's
// own client. A short command has some two million instructions to spend, so its tree of commands is data, and it has
// neither net/http nor a framework for commands.
package main

import (
	"errors"
	"fmt"
	"os"

	"twinhull/engine/client/command"
	"twinhull/engine/client/config"
)

func main() {
	os.Exit(run(os.Args))
}

// run is the whole program; it returns the exit status.
func run(line []string) int {
	session := &command.Session{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Root: &root, Directory: config.Directory(),
		Agent: "Docker-Client/" + command.ClientVersion + " (linux)",
	}
	return status(session, start(session, line))
}

// status prints what went wrong and returns the exit status for it.
func status(session *command.Session, err error) int {
	if err == nil {
		return 0
	}
	code := 1
	var exit *command.Exit
	if errors.As(err, &exit) {
		code = exit.Status
	}
	if text := err.Error(); text != "" {
		fmt.Fprintln(session.Err, text)
	}
	return code
}
