package main

import (
	"fmt"
	"io"
	"net/url"
	"os"

	"twinhull/engine/client/command"
	"twinhull/engine/client/config"
	"twinhull/engine/client/progress"
	"twinhull/engine/client/reference"
	"twinhull/engine/client/rest"
	"twinhull/engine/client/terminal"
)

// pullMissing fetches an image for a container. Its progress is not the container's output, so it goes to stderr.
func pullMissing(call *command.Call, image string) error {
	out := call.Err
	if call.Bool("quiet") {
		out = io.Discard
	}
	name, tag, digest := reference.Split(image)
	if tag == "" && digest == "" {
		tag = "latest"
	}
	return pull(call, name, tag, digest, call.String("platform"), out)
}

// pull fetches an image, or with an empty tag and digest all tags of a name.
func pull(call *command.Call, name, tag, digest, platform string, out io.Writer) error {
	query := url.Values{"fromImage": {reference.Full(name)}}
	switch {
	case digest != "":
		query.Set("tag", digest)
	case tag != "":
		query.Set("tag", tag)
	}
	if platform != "" {
		query.Set("platform", platform)
	}
	response, err := call.Engine().Do(&rest.Request{
		Method: "POST", Path: "/images/create", Query: query, Header: authHeader(call, name),
	})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return progress.Show(response.Body, out, columnsOf(out), nil)
}

// authHeader is what the registry of an image wants to know.
func authHeader(call *command.Call, name string) map[string]string {
	server := reference.Domain(name)
	if server == "docker.io" {
		server = config.IndexServer
	}
	return map[string]string{"X-Registry-Auth": call.Config().AuthOf(server).Header()}
}

// columnsOf is the width of a terminal, 0 for anything else.
func columnsOf(out io.Writer) int {
	file, ok := out.(*os.File)
	if !ok || !terminal.Is(int(file.Fd())) {
		return 0
	}
	_, columns := terminal.Size(int(file.Fd()))
	return max(columns, 1)
}

// printed is for a command whose result is one line.
func printed(call *command.Call, text string) error {
	_, err := fmt.Fprintln(call.Out, text)
	return err
}
