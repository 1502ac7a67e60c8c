package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/progress"
	"twinhull/engine/client/reference"
	"twinhull/engine/client/rest"
)

var saveImages = command.Command{
	Usage: []string{"[OPTIONS] IMAGE [IMAGE...]"}, Short: "Save one or more images to a tar archive (streamed to STDOUT by default)",
	Synonyms: "docker image save, docker save",
	Flags: flag.Set{{
		{Name: "output", Short: "o", Type: "string", Usage: "Write to a file, instead of STDOUT"},
		{Name: "platform", Type: "string", Usage: `Save only the given platform variant. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")`},
	}},
	Min: 1, Max: command.Any, Complete: "image", Run: imageSave,
}

var loadImages = command.Command{
	Usage: []string{"[OPTIONS]"}, Short: "Load an image from a tar archive or STDIN",
	Synonyms: "docker image load, docker load",
	Flags: flag.Set{{
		{Name: "input", Short: "i", Type: "string", Usage: "Read from tar archive file, instead of STDIN"},
		{Name: "platform", Type: "string", Usage: `Load only the given platform variant. Formatted as "os[/arch[/variant]]" (e.g., "linux/amd64")`},
		{Name: "quiet", Short: "q", Usage: "Suppress the load output"},
	}},
	Run: imageLoad,
}

var importImage = command.Command{
	Usage: []string{"[OPTIONS] file|URL|- [REPOSITORY[:TAG]]"}, Short: "Import the contents from a tarball to create a filesystem image",
	Synonyms: "docker image import, docker import",
	Flags: flag.Set{{
		{Name: "change", Short: "c", Type: "list", Usage: "Apply Dockerfile instruction to the created image"},
		{Name: "message", Short: "m", Type: "string", Usage: "Set commit message for imported image"},
		{Name: "platform", Type: "string", Usage: "Set platform if server is multi-platform capable"},
	}},
	Min: 1, Max: 2, Complete: "file", Run: imageImport,
}

var exportContainer = command.Command{
	Usage: []string{"[OPTIONS] CONTAINER"}, Short: "Export a container's filesystem as a tar archive",
	Synonyms: "docker container export, docker export",
	Flags: flag.Set{{
		{Name: "output", Short: "o", Type: "string", Usage: "Write to a file, instead of STDOUT"},
	}},
	Min: 1, Max: 1, Complete: "container", Run: containerExport,
}

func imageSave(call *command.Call) error {
	query := url.Values{"names": call.Args}
	if platform := call.String("platform"); platform != "" {
		query.Set("platform", platform)
	}
	return download(call, &rest.Request{Method: "GET", Path: "/images/get", Query: query}, "save image")
}

func containerExport(call *command.Call) error {
	return download(call, &rest.Request{Method: "GET", Path: "/containers/" + rest.Escape(call.Args[0]) + "/export"}, "export container")
}

// download writes an archive to --output, of which nothing remains if it breaks off, or to stdout.
func download(call *command.Call, request *rest.Request, what string) error {
	path := call.String("output")
	if path == "" && call.OutIsTerminal() {
		return errors.New("cowardly refusing to save to a terminal. Use the -o flag or redirect")
	}
	out := call.Out
	var file *os.File
	if path != "" {
		if _, err := os.Stat(filepath.Dir(path)); err != nil {
			return fmt.Errorf("failed to %s: invalid output path: %w", what, err)
		}
		var err error
		if file, err = os.CreateTemp(filepath.Dir(path), ".docker_temp_"); err != nil {
			return fmt.Errorf("failed to %s: %w", what, err)
		}
		defer os.Remove(file.Name())
		defer file.Close()
		out = file
	}
	response, err := call.Engine().Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(out, response.Body); err != nil {
		return fmt.Errorf("failed to %s: %w", what, err)
	}
	if file == nil {
		return nil
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return fmt.Errorf("failed to %s: %w", what, err)
	}
	return nil
}

func imageLoad(call *command.Call) error {
	var input io.Reader = call.In
	if path := call.String("input"); path != "" {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		input = file
	} else if call.InIsTerminal() {
		return errors.New("requested load from stdin, but stdin is empty")
	}
	quiet := "0"
	if call.Bool("quiet") || !call.OutIsTerminal() {
		quiet = "1"
	}
	return upload(call, &rest.Request{
		Method: "POST", Path: "/images/load", Stream: input,
		Query:  queryOf("quiet", quiet, "platform", call.String("platform")),
		Header: map[string]string{"Content-Type": "application/x-tar"},
	})
}

// upload sends an archive and shows what becomes of it.
func upload(call *command.Call, request *rest.Request) error {
	response, err := call.Engine().Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.Header["content-type"] == "application/json" {
		return progress.Show(response.Body, call.Out, columnsOf(call.Out), nil)
	}
	_, err = io.Copy(call.Out, response.Body)
	return err
}

func imageImport(call *command.Call) error {
	source := call.Args[0]
	query := queryOf("message", call.String("message"), "platform", call.String("platform"))
	query["changes"] = call.List("change")
	request := &rest.Request{Method: "POST", Path: "/images/create", Query: query}
	switch {
	case source == "-":
		query.Set("fromSrc", "-")
		request.Stream = call.In
	case strings.HasPrefix(source, "http://"), strings.HasPrefix(source, "https://"):
		query.Set("fromSrc", source)
	default:
		file, err := os.Open(source)
		if err != nil {
			return err
		}
		defer file.Close()
		query.Set("fromSrc", "-")
		request.Stream = file
	}
	if len(call.Args) > 1 {
		if err := reference.Check(call.Args[1]); err != nil {
			return err
		}
		query.Set("repo", call.Args[1])
	}
	response, err := call.Engine().Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return progress.Show(response.Body, call.Out, columnsOf(call.Out), nil)
}
