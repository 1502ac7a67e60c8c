package registry

import "strings"

// target is what a path below /v2/ means.
type target struct {
	kind targetKind
	name string
	// reference is a tag, a digest or an upload's id, by kind.
	reference string
}

type targetKind int

const (
	base targetKind = iota
	catalogList
	tagList
	manifestItem
	blobItem
	uploadStart
	uploadItem
	referrerList
)

// parsePath finds the target of a decoded path. No part of a name is a reserved word, so the first one ends the name.
func parsePath(path string) (target, error) {
	rest, found := strings.CutPrefix(path, "/v2/")
	if !found && path != "/v2" {
		return target{}, pathUnknown.with("the registry's API begins at /v2/")
	}
	switch rest {
	case "":
		return target{kind: base}, nil
	case "_catalog":
		return target{kind: catalogList}, nil
	}
	name, kind, reference, found := splitPath(rest)
	if !found {
		return target{}, pathUnknown.with("%s is not a path of the registry's API", path)
	}
	if err := checkName(name); err != nil {
		return target{}, err
	}
	switch kind {
	case "manifests":
		// A tag that is none is the handlers' matter: there is no such manifest, and it cannot be put.
		if !isDigest(reference) {
			return target{manifestItem, name, reference}, nil
		}
		_, err := ParseDigest(reference)
		return target{manifestItem, name, reference}, err
	case "referrers":
		_, err := ParseDigest(reference)
		return target{referrerList, name, reference}, err
	case "tags":
		if reference == "list" {
			return target{tagList, name, ""}, nil
		}
	case "blobs":
		return parseBlobPath(name, reference)
	}
	return target{}, pathUnknown.with("%s is not a path of the registry's API", path)
}

func parseBlobPath(name, reference string) (target, error) {
	id, found := strings.CutPrefix(reference, "uploads")
	if !found {
		_, err := ParseDigest(reference)
		return target{blobItem, name, reference}, err
	}
	if id == "" || id == "/" {
		return target{uploadStart, name, ""}, nil
	}
	return target{uploadItem, name, id[1:]}, nil
}

// splitPath cuts NAME/KIND/REFERENCE at the first reserved word.
func splitPath(path string) (name, kind, reference string, found bool) {
	for start := 0; ; {
		length := strings.IndexByte(path[start:], '/')
		if length < 0 {
			return "", "", "", false
		}
		word := path[start : start+length]
		for _, each := range reserved {
			if word == each && start > 0 {
				return path[:start-1], word, path[start+length+1:], true
			}
		}
		start += length + 1
	}
}
