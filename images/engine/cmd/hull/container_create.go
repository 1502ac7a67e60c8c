package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/jsonlite"
	"twinhull/engine/client/options"
	"twinhull/engine/client/reference"
	"twinhull/engine/client/rest"
	"twinhull/engine/client/terminal"
)

// createFlags are those of create and run that are not the container's own.
var createFlags = []flag.Flag{
	{Name: "disable-content-trust", Default: "true", Usage: "Skip image verification"},
	{Name: "name", Type: "string", Usage: "Assign a name to the container"},
	{Name: "platform", Type: "string", Usage: "Set platform if server is multi-platform capable"},
	{Name: "quiet", Short: "q", Usage: "Suppress the pull output"},
}

var createContainer = command.Command{
	Usage: []string{"[OPTIONS] IMAGE [COMMAND] [ARG...]"}, Short: "Create a new container",
	Synonyms: "docker container create, docker create",
	Flags: flag.Set{options.Flags, createFlags, {
		{Name: "pull", Type: "string", Default: "missing", Usage: `Pull image before creating ("always", "missing", "never")`},
	}},
	Min: 1, Max: command.Any, Leading: true, Complete: "image", Run: containerCreate,
}

func containerCreate(call *command.Call) error {
	request, err := requestOf(call)
	if err != nil {
		return withHelp(125, err, "create")
	}
	id, err := create(call, request)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(call.Out, id)
	return err
}

// withHelp is how run and create report what they could not do.
func withHelp(status int, err error, name string) error {
	return command.Fail(status, "docker: %v\n\nRun 'docker %s --help' for more information", err, name)
}

func requestOf(call *command.Call) (*options.Request, error) {
	switch pull := call.String("pull"); pull {
	case "always", "missing", "never", "":
	default:
		return nil, fmt.Errorf(`invalid pull option: '%s': must be one of "always", "missing" or "never"`, pull)
	}
	request, err := options.Parse(call.Values, call.Args)
	if err != nil {
		return nil, err
	}
	request.Env = append(proxyVariables(call, request.Env), request.Env...)
	return request, nil
}

// create makes a container, and before that fetches its image if that is missing or --pull says so.
func create(call *command.Call, request *options.Request) (id string, err error) {
	cid, err := openIDFile(request.HostConfig.ContainerIDFile)
	if err != nil {
		return "", err
	}
	defer cid.close()
	if err := reference.Check(request.Image); err != nil {
		return "", err
	}
	if call.OutIsTerminal() {
		rows, columns := terminal.Size(int(os.Stdout.Fd()))
		request.HostConfig.ConsoleSize = &[2]int{rows, columns}
	}
	query := url.Values{}
	for _, name := range [...]string{"name", "platform"} {
		if text := call.String(name); text != "" {
			query.Set(name, text)
		}
	}
	pull := call.String("pull")
	if pull == "always" {
		if err := pullMissing(call, request.Image); err != nil {
			return "", err
		}
	}
	var created created
	err = call.Engine().Post("/containers/create", query, request, &created)
	if rest.IsNotFound(err) && pull == "missing" {
		if !call.Bool("quiet") {
			fmt.Fprintf(call.Err, "Unable to find image '%s' locally\n", withTag(request.Image))
		}
		if err := pullMissing(call, request.Image); err != nil {
			return "", err
		}
		err = call.Engine().Post("/containers/create", query, request, &created)
	}
	if err != nil {
		return "", err
	}
	for _, warning := range created.Warnings {
		fmt.Fprintln(call.Err, "WARNING:", warning)
	}
	return created.ID, cid.write(created.ID)
}

// created is the answer to POST /containers/create.
type created struct {
	ID       string
	Warnings []string
}

func (c *created) ReadJSON(r *jsonlite.Reader) {
	r.Object(func(field string) {
		switch field {
		case "Id":
			c.ID = r.String()
		case "Warnings":
			c.Warnings = r.Strings()
		default:
			r.Skip()
		}
	})
}

// withTag is an image's name with the tag it has if none is given.
func withTag(image string) string {
	name, tag, digest := reference.Split(image)
	if tag == "" && digest == "" {
		tag = "latest"
	}
	return reference.Join(name, tag, digest)
}

// idFile is where --cidfile wants the container's id. It is claimed first, and removed if no container comes to be.
type idFile struct {
	path string
	file *os.File
	kept bool
}

func openIDFile(path string) (*idFile, error) {
	if path == "" {
		return &idFile{}, nil
	}
	if _, err := os.Stat(path); err == nil {
		return nil, errors.New("container ID file found, make sure the other container isn't running or delete " + path)
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("failed to create the container ID file: %w", err)
	}
	return &idFile{path: path, file: file}, nil
}

func (f *idFile) write(id string) error {
	if f.file == nil {
		return nil
	}
	if _, err := f.file.WriteString(id); err != nil {
		return fmt.Errorf("failed to write the container ID (%s) to file: %w", id, err)
	}
	f.kept = true
	return nil
}

func (f *idFile) close() {
	if f.file == nil {
		return
	}
	_ = f.file.Close()
	if !f.kept {
		_ = os.Remove(f.path)
	}
}
