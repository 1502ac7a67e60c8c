// Docker-compose is the plugin behind `docker compose`, and the same commands as a program of its own.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"twinhull/engine/client/command"
	"twinhull/engine/client/config"
	"twinhull/engine/client/flag"
	"twinhull/engine/compose"
)

func main() {
	os.Exit(run(os.Args[1:]))
}

// metadata is what the docker client asks of a plugin:
// https://github.com/docker/cli/blob/master/cli-plugins/metadata/metadata.go
var metadata = struct{ SchemaVersion, Vendor, Version, ShortDescription string }{
	"0.1.0", "Twinhull", "v" + compose.Version, "Docker Compose",
}

// clientFlags are the docker client's own, which stand before the word compose in a plugin's line.
var clientFlags = []flag.Flag{
	{Name: "config", Type: "string"}, {Name: "context", Short: "c", Type: "string"}, {Name: "debug", Short: "D"},
	{Name: "host", Short: "H", Type: "list"}, {Name: "log-level", Short: "l", Type: "string"},
}

// run is the whole program; it returns the exit status.
func run(line []string) int {
	if len(line) == 1 && line[0] == "docker-cli-plugin-metadata" {
		raw, _ := json.MarshalIndent(metadata, "", "    ")
		fmt.Println(string(raw))
		return 0
	}
	session := &command.Session{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Directory: config.Directory(),
		Agent: "compose/v" + compose.Version,
	}
	compose.Warnings(os.Stderr)
	path, line := adopt(session, line)
	program := &program{session: session, context: context.Background()}
	session.Root = program.tree()
	return status(session, session.Root.Execute(session, path, line))
}

// adopt reads what the docker client's line has before the word compose. Without that word this is no plugin's line.
func adopt(session *command.Session, line []string) (path string, words []string) {
	values, words, err := flag.Parse(flag.Set{clientFlags}, line, true)
	if err != nil || len(words) == 0 || words[0] != "compose" {
		return "docker-compose", line
	}
	session.Hosts, session.Context, session.Debug = values.List("host"), values.String("context"), values.Bool("debug")
	if values.Has("config") {
		session.Directory = values.String("config")
	}
	return "docker compose", words[1:]
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
