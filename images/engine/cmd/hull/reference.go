package main

import (
	"errors"

	"twinhull/engine/client/reference"
)

// repositoryAndTag takes a name apart that a new image is to have.
func repositoryAndTag(text string) (name, tag string, err error) {
	if err := reference.Check(text); err != nil {
		return "", "", err
	}
	name, tag, digest := reference.Split(text)
	if digest != "" {
		return "", "", errors.New("refusing to create a tag with a digest reference")
	}
	if tag == "" {
		tag = "latest"
	}
	return reference.Full(name), tag, nil
}
