package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/progress"
	"twinhull/engine/client/reference"
	"twinhull/engine/client/rest"
)

var pullImage = command.Command{
	Usage: []string{"[OPTIONS] NAME[:TAG|@DIGEST]"}, Short: "Download an image from a registry",
	Synonyms: "docker image pull, docker pull",
	Flags: flag.Set{{
		{Name: "all-tags", Short: "a", Usage: "Download all tagged images in the repository"},
		{Name: "disable-content-trust", Default: "true", Usage: "Skip image verification"},
		{Name: "platform", Type: "string", Usage: "Set platform if server is multi-platform capable"},
		{Name: "quiet", Short: "q", Usage: "Suppress verbose output"},
	}},
	Min: 1, Max: 1, Run: imagePull,
}

var pushImage = command.Command{
	Usage: []string{"[OPTIONS] NAME[:TAG]"}, Short: "Upload an image to a registry",
	Synonyms: "docker image push, docker push",
	Flags: flag.Set{{
		{Name: "all-tags", Short: "a", Usage: "Push all tags of an image to the repository"},
		{Name: "disable-content-trust", Default: "true", Usage: "Skip image signing"},
		{Name: "platform", Type: "string", Usage: "Push a platform-specific manifest as a single-platform image to the registry.\nImage index won't be pushed, meaning that other manifests, including attestations won't be preserved.\n'os[/arch[/variant]]': Explicit platform (eg. linux/amd64)"},
		{Name: "quiet", Short: "q", Usage: "Suppress verbose output"},
	}},
	Min: 1, Max: 1, Complete: "image", Run: imagePush,
}

var tagImage = command.Command{
	Usage: []string{"SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]"}, Short: "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE",
	Synonyms: "docker image tag, docker tag",
	Min:      2, Max: 2, Complete: "image", Run: imageTag,
}

var removeImages = command.Command{
	Usage: []string{"[OPTIONS] IMAGE [IMAGE...]"}, Short: "Remove one or more images",
	Synonyms: "docker image rm, docker image remove, docker rmi",
	Flags: flag.Set{{
		{Name: "force", Short: "f", Usage: "Force removal of the image"},
		{Name: "no-prune", Usage: "Do not delete untagged parents"},
	}},
	Min: 1, Max: command.Any, Complete: "image", Run: imageRemove,
}

// nameToMove reads the name of an image that is pulled or pushed, and says which tag it takes if none is given.
func nameToMove(call *command.Call) (name, tag, digest string, err error) {
	if err := reference.Check(call.Args[0]); err != nil {
		return "", "", "", err
	}
	name, tag, digest = reference.Split(call.Args[0])
	bare := tag == "" && digest == ""
	switch {
	case call.Bool("all-tags") && !bare:
		return "", "", "", errors.New("tag can't be used with --all-tags/-a")
	case bare && !call.Bool("all-tags"):
		tag = "latest"
		if !call.Bool("quiet") {
			fmt.Fprintln(call.Out, "Using default tag:", tag)
		}
	}
	return name, tag, digest, nil
}

func imagePull(call *command.Call) error {
	name, tag, digest, err := nameToMove(call)
	if err != nil {
		return err
	}
	out := call.Out
	if call.Bool("quiet") {
		out = io.Discard
	}
	if err := pull(call, name, tag, digest, call.String("platform"), out); err != nil {
		return err
	}
	return printed(call, reference.Join(reference.Full(name), tag, digest))
}

func imagePush(call *command.Call) error {
	name, tag, _, err := nameToMove(call)
	if err != nil {
		return err
	}
	response, err := call.Engine().Do(&rest.Request{
		Method: "POST", Path: "/images/" + reference.Full(name) + "/push",
		Query: queryOf("tag", tag, "platform", call.String("platform")), Header: authHeader(call, name),
	})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if !call.Bool("quiet") {
		return progress.Show(response.Body, call.Out, columnsOf(call.Out), nil)
	}
	if err := progress.Show(response.Body, io.Discard, 0, nil); err != nil {
		return err
	}
	return printed(call, reference.Join(reference.Full(name), tag, ""))
}

func imageTag(call *command.Call) error {
	if err := reference.Check(call.Args[0]); err != nil {
		return fmt.Errorf("Error parsing reference: %q is not a valid repository/tag: %w", call.Args[0], err)
	}
	name, tag, err := repositoryAndTag(call.Args[1])
	if err != nil {
		return fmt.Errorf("Error parsing reference: %q is not a valid repository/tag: %w", call.Args[1], err)
	}
	return call.Engine().Post("/images/"+call.Args[0]+"/tag", url.Values{"repo": {name}, "tag": {tag}}, nil, nil)
}

func imageRemove(call *command.Call) error {
	query := queryOf("force", truth(call.Bool("force")), "noprune", truth(call.Bool("no-prune")))
	var failed []error
	fatal := false
	for _, name := range call.Args {
		var removed []struct{ Untagged, Deleted string }
		if err := call.Engine().Delete("/images/"+name, query, &removed); err != nil {
			fatal = fatal || !rest.IsNotFound(err)
			failed = append(failed, err)
			continue
		}
		for _, item := range removed {
			if item.Deleted != "" {
				fmt.Fprintln(call.Out, "Deleted:", item.Deleted)
			} else {
				fmt.Fprintln(call.Out, "Untagged:", item.Untagged)
			}
		}
	}
	err := errors.Join(failed...)
	if err == nil || fatal || !call.Bool("force") {
		return err
	}
	fmt.Fprintln(call.Err, err)
	return nil
}
