package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"twinhull/engine/client/command"
	"twinhull/engine/client/config"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/rest"
)

var createContext = command.Command{
	Usage: []string{"[OPTIONS] CONTEXT"}, Short: "Create a context",
	Flags: flag.Set{{
		{Name: "description", Type: "string", Default: "[]", Usage: "Description of the context\nset the docker endpoint"},
		{Name: "from", Type: "string", Usage: "create context from a named context"},
		{Name: "docker", Type: "stringToString", Default: "[]", Usage: "set the docker endpoint"},
	}},
	Min: 1, Max: 1, Run: contextCreate,
}

var updateContext = command.Command{
	Usage: []string{"[OPTIONS] CONTEXT"}, Short: "Update a context",
	Flags: flag.Set{{
		{Name: "description", Type: "string", Default: "[]", Usage: "Description of the context\nset the docker endpoint"},
		{Name: "docker", Type: "stringToString", Default: "[]", Usage: "set the docker endpoint"},
	}},
	Min: 1, Max: 1, Complete: "context", Run: contextUpdate,
}

var listContexts = command.Command{
	Usage: []string{"[OPTIONS]"}, Short: "List contexts", Synonyms: "docker context ls, docker context list",
	Flags: flag.Set{listFormatFlag, {
		{Name: "quiet", Short: "q", Usage: "Only show context names"},
	}},
	Run: contextList,
}

var inspectContexts = command.Command{
	Usage: []string{"[OPTIONS] [CONTEXT] [CONTEXT...]"}, Short: "Display detailed information on one or more contexts",
	Flags: flag.Set{inspectFormatFlag}, Max: command.Any, Complete: "context", Run: contextInspect,
}

var removeContexts = command.Command{
	Usage: []string{"CONTEXT [CONTEXT...]"}, Short: "Remove one or more contexts", Synonyms: "docker context rm, docker context remove",
	Flags: flag.Set{{
		{Name: "force", Short: "f", Usage: "Force the removal of a context in use"},
	}},
	Min: 1, Max: command.Any, Complete: "context", Run: contextRemove,
}

var useContext = command.Command{
	Usage: []string{"CONTEXT"}, Short: "Set the current docker context", Min: 1, Max: 1, Complete: "context", Run: contextUse,
}

var showContext = command.Command{
	Short: "Print the name of the current context", Usage: []string{""},
	Run: func(call *command.Call) error { return printed(call, call.ContextName()) },
}

func contexts(call *command.Call) config.Contexts { return config.Contexts{Directory: call.Directory} }

// defaultContext is the engine that is used without a context.
func defaultContext() config.Context {
	host := os.Getenv("DOCKER_HOST")
	if host == "" {
		host = rest.DefaultHost
	}
	return config.Context{Name: config.DefaultContext, Description: "Current DOCKER_HOST based configuration", Host: host}
}

func getContext(call *command.Call, name string) (config.Context, error) {
	if name == config.DefaultContext {
		return defaultContext(), nil
	}
	return contexts(call).Get(name)
}

// endpointOf reads --docker host=ADDRESS[,skip-tls-verify=BOOL], of which this client has no use for the TLS files.
func endpointOf(call *command.Call, context *config.Context) error {
	for _, word := range strings.Split(call.String("docker"), ",") {
		key, value, found := strings.Cut(word, "=")
		switch {
		case !found:
			return fmt.Errorf("unable to create docker endpoint config: %q is not KEY=VALUE", word)
		case key == "host":
			if _, err := rest.ParseHost(value); err != nil {
				return fmt.Errorf("unable to create docker endpoint config: %w", err)
			}
			context.Host = value
		case key == "from":
			from, err := getContext(call, value)
			if err != nil {
				return err
			}
			context.Host = from.Host
		case key == "skip-tls-verify":
			context.SkipTLS = value == "true"
		case key == "ca", key == "cert", key == "key":
			return errors.New("unable to create docker endpoint config: this client does not speak TLS")
		default:
			return fmt.Errorf("unable to create docker endpoint config: unrecognized config key: %s", key)
		}
	}
	return nil
}

func contextCreate(call *command.Call) error {
	name := call.Args[0]
	if err := config.ValidName(name); err != nil {
		return err
	}
	if _, err := contexts(call).Get(name); !errors.Is(err, config.ErrNoContext) {
		if err != nil {
			return fmt.Errorf("error while getting existing contexts: %w", err)
		}
		return fmt.Errorf("context %q already exists", name)
	}
	from := call.String("from")
	if from == "" {
		from = call.ContextName()
	} else if call.Has("docker") {
		return errors.New("cannot use --docker flag when --from is set")
	}
	context, err := getContext(call, from)
	if err != nil {
		return err
	}
	context.Name, context.Description = name, call.String("description")
	if call.Has("docker") {
		context.Host = ""
		if err := endpointOf(call, &context); err != nil {
			return err
		}
	}
	if err := contexts(call).Put(context); err != nil {
		return err
	}
	fmt.Fprintln(call.Out, name)
	fmt.Fprintf(call.Err, "Successfully created context %q\n", name)
	return nil
}

func contextUpdate(call *command.Call) error {
	name := call.Args[0]
	if err := config.ValidName(name); err != nil {
		return err
	}
	context, err := contexts(call).Get(name)
	if err != nil {
		return err
	}
	if text := call.String("description"); text != "" {
		context.Description = text
	}
	if call.Has("docker") {
		if err := endpointOf(call, &context); err != nil {
			return err
		}
	}
	if err := contexts(call).Put(context); err != nil {
		return err
	}
	fmt.Fprintln(call.Out, name)
	fmt.Fprintf(call.Err, "Successfully updated context %q\n", name)
	return nil
}

func contextRemove(call *command.Call) error {
	return each(call, call.Args, func(name string) error {
		if name == config.DefaultContext {
			return errors.New(`context "default" cannot be removed`)
		}
		if name == call.ContextName() {
			if !call.Bool("force") {
				return fmt.Errorf("context %q is in use, set -f flag to force remove", name)
			}
			if err := call.Config().UseContext(""); err != nil {
				return err
			}
		}
		err := contexts(call).Remove(name)
		if errors.Is(err, config.ErrNoContext) {
			if call.Bool("force") {
				return nil
			}
			return fmt.Errorf("context %q does not exist", name)
		}
		return err
	})
}

func contextUse(call *command.Call) error {
	name := call.Args[0]
	kept := ""
	if name != config.DefaultContext {
		if err := config.ValidName(name); err != nil {
			return err
		}
		if _, err := contexts(call).Get(name); err != nil {
			return err
		}
		kept = name
	}
	if call.Config().CurrentContext != kept {
		if err := call.Config().UseContext(kept); err != nil {
			return err
		}
	}
	fmt.Fprintln(call.Out, name)
	fmt.Fprintf(call.Err, "Current context is now %q\n", name)
	if kept != "" && os.Getenv("DOCKER_HOST") != "" {
		fmt.Fprintf(call.Err, "Warning: DOCKER_HOST environment variable overrides the active context. To use %q, either set "+
			"the global --context flag, or unset DOCKER_HOST environment variable.\n", name)
	}
	return nil
}
