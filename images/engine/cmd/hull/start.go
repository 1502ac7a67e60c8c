package main

import (
	"fmt"
	"os"
	"strings"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
)

// globalFlags come before the command's name.
var globalFlags = []flag.Flag{
	{Name: "config", Type: "string", Usage: "Location of client config files", Default: "/root/.docker"},
	{Name: "context", Short: "c", Type: "string", Usage: `Name of the context to use to connect to the daemon (overrides DOCKER_HOST env var and default context set with "docker context use")`},
	{Name: "debug", Short: "D", Usage: "Enable debug mode"},
	{Name: "host", Short: "H", Type: "list", Usage: "Daemon socket to connect to"},
	{Name: "log-level", Short: "l", Type: "string", Usage: `Set the logging level ("debug", "info", "warn", "error", "fatal")`, Default: "info"},
	{Name: "tls", Usage: "Use TLS; implied by --tlsverify", Hidden: true},
	{Name: "tlscacert", Type: "string", Hidden: true},
	{Name: "tlscert", Type: "string", Hidden: true},
	{Name: "tlskey", Type: "string", Hidden: true},
	{Name: "tlsverify", Usage: "Use TLS and verify the remote", Hidden: true},
	{Name: "version", Short: "v", Usage: "Print version information and quit"},
	{Name: "help", Short: "h", Hidden: true},
}

// start reads the global flags and runs the command after them.
func start(session *command.Session, line []string) error {
	values, words, err := flag.Parse(flag.Set{globalFlags}, line[1:], true)
	if err != nil {
		return command.Fail(125, "%v\n\nUsage:  docker [OPTIONS] COMMAND [ARG...]\n\nRun 'docker --help' for more information", err)
	}
	session.Hosts, session.Context = values.List("host"), values.String("context")
	session.Debug = values.Bool("debug")
	if values.Has("config") {
		session.Directory = values.String("config")
	}
	if session.Context != "" && len(session.Hosts) > 0 {
		return command.Fail(1, "conflicting options: cannot specify both --host and --context")
	}
	if values.Bool("tls") || values.Bool("tlsverify") || os.Getenv("DOCKER_TLS_VERIFY") != "" {
		return command.Fail(1, "this client does not speak TLS: leave out --tls, --tlsverify and DOCKER_TLS_VERIFY")
	}
	switch {
	case values.Bool("version"):
		fmt.Fprintf(session.Out, "Docker version %s, build twinhull\n", command.ClientVersion)
		return nil
	case values.Bool("help"):
		words = []string{"--help"}
	case len(words) > 0 && words[0] == "help":
		if words = words[1:]; len(words) > 0 && !root.Has(words[0]) && findPlugin(session, words[0]) == "" {
			return command.Fail(1, "unknown help topic: %s", strings.Join(words, " "))
		}
		words = append(words, "--help")
	}
	return dispatch(session, line, words)
}

// dispatch runs one of our own commands, else a plugin.
func dispatch(session *command.Session, line, words []string) error {
	if len(words) > 0 && !strings.HasPrefix(words[0], "-") && !root.Has(words[0]) {
		if err := plugin(session, line, words); err != nil {
			return err
		}
		return command.Fail(1, "docker: unknown command: docker %s\n\nRun 'docker --help' for more information", words[0])
	}
	return root.Execute(session, "docker", words)
}
