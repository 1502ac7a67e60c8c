package main

import (
	"fmt"
	"maps"
	"os"
	"strings"

	"github.com/compose-spec/compose-go/v2/format"
	"github.com/compose-spec/compose-go/v2/types"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/terminal"
	"twinhull/engine/compose"
)

// processFlags are what `exec` and `run` have in common.
var processFlags = []flag.Flag{
	{Name: "detach", Short: "d", Usage: "Detached mode: Run command in the background."},
	{Name: "env", Short: "e", Type: "list", Usage: "Set environment variables"},
	{Name: "interactive", Short: "i", Default: "true", Usage: "Keep STDIN open even if not attached."},
	{Name: "no-TTY", Short: "T", Usage: "Disable pseudo-TTY allocation. By default a TTY is allocated."},
	{Name: "tty", Short: "t", Default: "true", Usage: "Allocate a pseudo-TTY.", Hidden: true},
	{Name: "user", Short: "u", Type: "string", Usage: "Run the command as this user."},
	{Name: "workdir", Short: "w", Type: "string", Usage: "Path to workdir directory for this command."},
}

// terminalOf is where a command of `exec` or `run` reads and writes. It gets a terminal if this program has one.
func terminalOf(call *command.Call) *compose.Terminal {
	at := &compose.Terminal{Out: call.Out, Err: call.Err}
	at.TTY = !call.Bool("no-TTY") && call.Bool("tty") && terminal.Is(int(call.In.Fd())) && call.OutIsTerminal()
	if call.Bool("interactive") && !call.Bool("detach") {
		at.In = call.In
	}
	return at
}

func exit(status int, err error) error {
	if err != nil || status == 0 {
		return err
	}
	return &command.Exit{Status: status}
}

func (p *program) execCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[OPTIONS] SERVICE COMMAND [ARGS...]"}, Short: "Execute a command in a running container.",
		Min: 2, Max: command.Any, Leading: true,
		Flags: flag.Set{processFlags, {
			{Name: "index", Type: "int", Default: "0", Usage: "Index of the container if service has multiple replicas"},
			{Name: "privileged", Usage: "Give extended privileges to the process."},
		}},
		Run: func(call *command.Call) error {
			project, err := p.existing(call.Args[:1])
			if err != nil {
				return err
			}
			return exit(project.Exec(compose.ExecOptions{
				Service: call.Args[0], Command: call.Args[1:], Number: int(call.Int("index")), Environment: call.List("env"),
				User: call.String("user"), WorkingDir: call.String("workdir"), Detach: call.Bool("detach"), Privileged: call.Bool("privileged"),
			}, terminalOf(call)))
		},
	}
}

func (p *program) runCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[OPTIONS] SERVICE [COMMAND] [ARGS...]"}, Short: "Run a one-off command on a service.",
		Min: 1, Max: command.Any, Leading: true, Run: p.run,
		Flags: flag.Set{processFlags, {
			{Name: "build", Usage: "Build image before starting container."},
			{Name: "entrypoint", Type: "string", Usage: "Override the entrypoint of the image"},
			{Name: "label", Short: "l", Type: "list", Usage: "Add or override a label"},
			{Name: "name", Type: "string", Usage: "Assign a name to the container"},
			{Name: "no-deps", Usage: "Don't start linked services."},
			{Name: "publish", Short: "p", Type: "list", Usage: "Publish a container's port(s) to the host."},
			{Name: "quiet-pull", Usage: "Pull without printing progress information."},
			{Name: "remove-orphans", Usage: "Remove containers for services not defined in the Compose file."},
			{Name: "rm", Usage: "Automatically remove the container when it exits"},
			{Name: "service-ports", Short: "P", Usage: "Run command with all service's ports enabled and mapped to the host."},
			{Name: "use-aliases", Usage: "Use the service's network useAliases in the network(s) the container connects to."},
			{Name: "volume", Short: "v", Type: "list", Usage: "Bind mount a volume."},
		}},
	}
}

func (p *program) run(call *command.Call) error {
	project, err := p.load(call.Args[:1], call.Bool("no-deps"))
	if err != nil {
		return err
	}
	options := compose.RunOptions{
		Service: call.Args[0], Name: call.String("name"), Alone: call.Bool("no-deps"), Detach: call.Bool("detach"),
		Remove: call.Bool("rm"), RemoveOrphans: call.Bool("remove-orphans"), Aliases: call.Bool("use-aliases"),
		Images: compose.ImageOptions{Build: call.Bool("build"), Quiet: call.Bool("quiet-pull")},
		Change: func(service *types.ServiceConfig) error { return change(service, call) },
	}
	return exit(project.Run(p.context, options, terminalOf(call)))
}

// change alters a service as the flags of `run` say.
func change(service *types.ServiceConfig, call *command.Call) error {
	if len(call.Args) > 1 {
		service.Command = call.Args[1:]
	}
	if call.Has("entrypoint") {
		service.Entrypoint = strings.Fields(call.String("entrypoint"))
		if len(call.Args) == 1 {
			// The command in the file is for the entrypoint that is there.
			service.Command = []string{}
		}
	}
	if user := call.String("user"); user != "" {
		service.User = user
	}
	if folder := call.String("workdir"); folder != "" {
		service.WorkingDir = folder
	}
	environment := types.MappingWithEquals{}
	maps.Copy(environment, service.Environment)
	service.Environment = environment.OverrideBy(types.NewMappingWithEquals(call.List("env")).Resolve(os.LookupEnv))
	labels := types.Labels{}
	maps.Copy(labels, service.Labels)
	maps.Copy(labels, call.Map("label"))
	service.Labels = labels
	if !call.Bool("service-ports") {
		service.Ports = nil
	}
	for _, text := range call.List("publish") {
		ports, err := types.ParsePortConfig(text)
		if err != nil {
			return fmt.Errorf("--publish %s: %w", text, err)
		}
		service.Ports = append(service.Ports, ports...)
	}
	for _, text := range call.List("volume") {
		volume, err := format.ParseVolume(text)
		if err != nil {
			return fmt.Errorf("--volume %s: %w", text, err)
		}
		service.Volumes = append(service.Volumes, volume)
	}
	return nil
}
