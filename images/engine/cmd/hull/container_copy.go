package main

import (
	"errors"

	"twinhull/engine/client/command"
	"twinhull/engine/client/copying"
	"twinhull/engine/client/flag"
)

var copyFiles = command.Command{
	Usage: []string{"[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-", "[OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH"},
	Short: "Copy files/folders between a container and the local filesystem\n\nUse '-' as the source to read a tar archive from stdin\n" +
		"and extract it to a directory destination in a container.\nUse '-' as the destination to stream a tar archive of a\n" +
		"container source to stdout.",
	Brief: "Copy files/folders between a container and the local filesystem", Synonyms: "docker container cp, docker cp",
	Flags: flag.Set{copying.Flags, {
		{Name: "quiet", Short: "q", Usage: "Suppress progress output during copy. Progress output is automatically suppressed if no terminal is attached"},
	}},
	Min: 2, Max: 2, Complete: "container", Run: containerCopy,
}

func containerCopy(call *command.Call) error {
	if call.Args[0] == "" {
		return errors.New("source can not be empty")
	}
	if call.Args[1] == "" {
		return errors.New("destination can not be empty")
	}
	return copying.Copy(call, copying.PlaceOf(call.Args[0]), copying.PlaceOf(call.Args[1]))
}
