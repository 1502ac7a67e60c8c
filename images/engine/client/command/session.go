package command

import (
	"fmt"
	"io"
	"os"

	"twinhull/engine/client/config"
	"twinhull/engine/client/rest"
	"twinhull/engine/client/terminal"
)

// Session is what all commands of one run of the program share.
type Session struct {
	In       *os.File
	Out, Err io.Writer
	// Root is the tree, for help and completion.
	Root *Command
	// Hosts and Context are the global flags -H and -c.
	Hosts     []string
	Context   string
	Directory string
	Agent     string
	// Debug is the global flag -D.
	Debug bool

	client *rest.Client
	config *config.File
}

// Config returns config.json, read when it is first needed. A broken one is reported, and taken for an empty one.
func (s *Session) Config() *config.File {
	if s.config == nil {
		file, err := config.Load(s.Directory)
		if err != nil {
			fmt.Fprintf(s.Err, "WARNING: Error %v\n", err)
		}
		s.config = file
	}
	return s.config
}

// ContextName returns the context in use: a flag, DOCKER_HOST and DOCKER_CONTEXT come before `docker context use`.
func (s *Session) ContextName() string {
	if s.Context != "" {
		return s.Context
	}
	if len(s.Hosts) > 0 || os.Getenv("DOCKER_HOST") != "" {
		return config.DefaultContext
	}
	if name := os.Getenv("DOCKER_CONTEXT"); name != "" {
		return name
	}
	if name := s.Config().CurrentContext; name != "" {
		return name
	}
	return config.DefaultContext
}

// HostText returns the address of the engine to talk to.
func (s *Session) HostText() (string, error) {
	if len(s.Hosts) > 1 {
		return "", fmt.Errorf("specify only one -H")
	}
	if len(s.Hosts) == 1 {
		return s.Hosts[0], nil
	}
	name := s.ContextName()
	if name != config.DefaultContext {
		context, err := config.Contexts{Directory: s.Directory}.Get(name)
		if err != nil {
			return "", err
		}
		return context.Host, nil
	}
	if host := os.Getenv("DOCKER_HOST"); host != "" {
		return host, nil
	}
	return rest.DefaultHost, nil
}

// Engine returns the connection to the engine. That there is none shows when it is asked something.
func (s *Session) Engine() *rest.Client {
	if s.client != nil {
		return s.client
	}
	s.client = &rest.Client{Version: rest.Version, Agent: s.Agent}
	text, err := s.HostText()
	if err == nil {
		s.client.Host, err = rest.ParseHost(text)
	}
	if err != nil {
		s.client.Broken = fmt.Errorf("Failed to initialize: unable to resolve docker endpoint: %w", err)
	}
	if version := os.Getenv("DOCKER_API_VERSION"); version != "" {
		s.client.Version, s.client.Pinned = version, true
	}
	s.client.Header = s.Config().HTTPHeaders
	return s.client
}

// InIsTerminal tells whether somebody types at stdin.
func (s *Session) InIsTerminal() bool { return terminal.Is(int(s.In.Fd())) }

// OutIsTerminal tells whether somebody watches stdout.
func (s *Session) OutIsTerminal() bool {
	file, ok := s.Out.(*os.File)
	return ok && terminal.Is(int(file.Fd()))
}
