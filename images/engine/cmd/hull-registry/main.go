// Command hull-registry is a container registry: the private one that runs as a container, and the program that lays
// the public one out as static files.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

const usage = `Usage: hull-registry COMMAND

  serve [--listen ADDRESS] [--root FOLDER] [--delete] [--read-only]
                    serve the OCI distribution API
  garbage-collect [--root FOLDER] [--dry-run] [--delete-untagged]
                    free what no manifest uses, while no server writes to the folder
  layout FOLDER ARCHIVE...
                    lay out image archives (docker save, or OCI) as a registry of static files

Environment, as in Docker's registry:
  REGISTRY_HTTP_ADDR                         address of serve (:5000)
  REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY  folder (/var/lib/registry)
  REGISTRY_STORAGE_DELETE_ENABLED            true allows deletion (false)
  REGISTRY_STORAGE_MAINTENANCE_READONLY_ENABLED  true refuses changes (false)
`

// errUsage is a command line that cannot be understood. Its sentence has been printed.
var errUsage = errors.New("usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	arguments := os.Args[1:]
	// As a plugin of the client it is called with the plugin's name first.
	if len(arguments) > 0 && arguments[0] == "registry" {
		arguments = arguments[1:]
	}
	switch err := run(ctx, arguments); {
	case err == nil || errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "hull-registry:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string) error {
	if len(arguments) == 0 {
		fmt.Fprint(os.Stderr, usage)
		return errUsage
	}
	switch name, rest := arguments[0], arguments[1:]; name {
	case "serve":
		return serve(ctx, rest)
	case "garbage-collect":
		return collectGarbage(ctx, rest)
	case "layout":
		return layOut(ctx, rest)
	case "help", "-h", "--help":
		fmt.Print(usage)
		return nil
	default:
		fmt.Fprintf(os.Stderr, "hull-registry: %q is not a command\n\n%s", name, usage)
		return errUsage
	}
}

// parse reads the options of a command, and allows as many arguments after them.
func parse(flags *flag.FlagSet, arguments []string, least, most int) error {
	flags.SetOutput(os.Stderr)
	flags.Usage = func() { fmt.Fprint(os.Stderr, usage) }
	if err := flags.Parse(arguments); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	if flags.NArg() < least || flags.NArg() > most {
		fmt.Fprintf(os.Stderr, "hull-registry %s: %d arguments are not what it takes\n\n%s", flags.Name(), flags.NArg(), usage)
		return errUsage
	}
	return nil
}
