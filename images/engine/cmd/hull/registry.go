package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"twinhull/engine/client/command"
	"twinhull/engine/client/config"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/terminal"
)

var loginRegistry = command.Command{
	Usage: []string{"[OPTIONS] [SERVER]"},
	Short: "Authenticate to a registry.\nDefaults to Docker Hub if no server is specified.", Brief: "Authenticate to a registry",
	Flags: flag.Set{{
		{Name: "password", Short: "p", Type: "string", Usage: "Password or Personal Access Token (PAT)"},
		{Name: "password-stdin", Usage: "Take the Password or Personal Access Token (PAT) from stdin"},
		{Name: "username", Short: "u", Type: "string", Usage: "Username"},
	}},
	Max: 1, Run: login,
}

var logoutRegistry = command.Command{
	Usage: []string{"[SERVER]"},
	Short: "Log out from a registry.\nIf no server is specified, the default is defined by the daemon.", Brief: "Log out from a registry",
	Max: 1, Run: logout,
}

// maxPassword bounds what is read from stdin.
const maxPassword = 64 << 10

// serverOf is what credentials of the registry named on the command line are kept under.
func serverOf(call *command.Call) string {
	if len(call.Args) == 0 || call.Args[0] == "docker.io" {
		return config.IndexServer
	}
	return call.Args[0]
}

func login(call *command.Call) error {
	auth := config.Auth{Username: call.String("username"), Password: call.String("password"), ServerAddress: serverOf(call)}
	if auth.Password != "" {
		fmt.Fprintln(call.Err, "WARNING! Using --password via the CLI is insecure. Use --password-stdin.")
		if call.Bool("password-stdin") {
			return errors.New("--password and --password-stdin are mutually exclusive")
		}
	}
	if call.Bool("password-stdin") {
		if auth.Username == "" {
			return errors.New("the --password-stdin option requires --username to be set")
		}
		raw, err := io.ReadAll(io.LimitReader(call.In, maxPassword))
		if err != nil {
			return err
		}
		auth.Password = strings.TrimSuffix(strings.TrimSuffix(string(raw), "\n"), "\r")
	}
	if kept := call.Config().AuthOf(auth.ServerAddress); auth.Username == "" && auth.Password == "" && kept.Username != "" {
		fmt.Fprintf(call.Err, "Authenticating with existing credentials... [Username: %s]\n", kept.Username)
		kept.ServerAddress = auth.ServerAddress
		return authenticate(call, kept)
	}
	if auth.Username == "" || auth.Password == "" {
		if err := askCredentials(call, &auth); err != nil {
			return err
		}
	}
	return authenticate(call, auth)
}

// authenticate has the engine try the credentials, and keeps them if they are right.
func authenticate(call *command.Call, auth config.Auth) error {
	var answer struct{ Status, IdentityToken string }
	if err := call.Engine().Post("/auth", nil, &auth, &answer); err != nil {
		return err
	}
	if answer.IdentityToken != "" {
		auth.Password, auth.IdentityToken = "", answer.IdentityToken
	}
	fmt.Fprintf(call.Err, "\nWARNING! Your credentials are stored unencrypted in '%s'.\nConfigure a credential helper to remove this "+
		"warning. See\nhttps://docs.docker.com/go/credential-store/\n\n", call.Config().Path)
	if err := call.Config().Login(auth.ServerAddress, auth); err != nil {
		return fmt.Errorf("error saving credentials: %w", err)
	}
	if answer.Status != "" {
		return printed(call, answer.Status)
	}
	return nil
}

func askCredentials(call *command.Call, auth *config.Auth) error {
	if !call.InIsTerminal() {
		return errors.New("Error: Cannot perform an interactive login from a non TTY device")
	}
	lines := bufio.NewScanner(call.In)
	if auth.Username == "" {
		fmt.Fprint(call.Out, "Username: ")
		lines.Scan()
		if auth.Username = strings.TrimSpace(lines.Text()); auth.Username == "" {
			return errors.New("error: username is required")
		}
	}
	restore, err := terminal.Silent(int(os.Stdin.Fd()))
	if err != nil {
		return err
	}
	fmt.Fprint(call.Out, "Password: ")
	lines.Scan()
	restore()
	fmt.Fprintln(call.Out)
	if auth.Password = lines.Text(); auth.Password == "" {
		return errors.New("error: password is required")
	}
	return lines.Err()
}

func logout(call *command.Call) error {
	server := serverOf(call)
	names := []string{server}
	shown := server
	if server != config.IndexServer {
		shown = config.HostOf(server)
		names = append(names, shown, "http://"+shown, "https://"+shown)
	}
	fmt.Fprintln(call.Out, "Removing login credentials for", shown)
	for _, name := range names {
		if _, known := call.Config().Auths[name]; !known {
			continue
		}
		if err := call.Config().Logout(name); err != nil {
			fmt.Fprintf(call.Err, "WARNING: could not erase credentials:\n%s: %v\n", name, err)
		}
	}
	return nil
}
