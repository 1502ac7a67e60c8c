package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// importer copies the images of one archive into a store.
type importer struct {
	ctx     context.Context
	store   *Store
	archive *archive
	told    func(image string, size int64)
}

// run reads both kinds of archives. What has both kinds of tables, as `docker save` writes it, is read as OCI's.
func (i importer) run() error {
	var list index
	err := i.archive.readJSON("index.json", &list)
	if err == nil {
		return i.fromIndex(list)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var images []savedImage
	err = i.archive.readJSON("manifest.json", &images)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("it has neither index.json nor manifest.json, so it is not an image archive")
	}
	if err != nil {
		return err
	}
	for _, each := range images {
		if err := i.fromSaved(each); err != nil {
			return err
		}
	}
	return nil
}

// fromIndex takes the images of an OCI layout that have a name.
func (i importer) fromIndex(list index) error {
	taken := 0
	for _, each := range list.Manifests {
		image := each.Annotations["io.containerd.image.name"]
		if image == "" {
			image = each.Annotations["org.opencontainers.image.ref.name"]
		}
		if image == "" {
			continue
		}
		name, tag, err := splitImage(image)
		if err != nil {
			return err
		}
		size, err := i.copyManifest(name, tag, each.Digest, 0)
		if err != nil {
			return fmt.Errorf("copying %s: %w", image, err)
		}
		i.told(name+":"+tag, size)
		taken++
	}
	if taken == 0 {
		return errors.New("none of its images has a name")
	}
	return nil
}

// maxNesting is how deep an index may lie in others. In practice an index has images only.
const maxNesting = 4

// copyManifest copies a manifest after all that it names, and returns how many bytes these have.
func (i importer) copyManifest(name, reference string, digest Digest, depth int) (int64, error) {
	if depth > maxNesting {
		return 0, fmt.Errorf("the index %s is nested more than %d times", digest, maxNesting)
	}
	bytes, err := i.archive.read(blobFile(digest))
	if err != nil {
		return 0, err
	}
	if !digest.sameAs(bytes) {
		return 0, fmt.Errorf("the manifest %s has the digest %s", digest, digestOf(bytes))
	}
	parsed, err := parseManifest(bytes, "")
	if err != nil {
		return 0, err
	}
	total := int64(0)
	for _, each := range parsed.Manifests {
		size, err := i.copyManifest(name, string(each.Digest), each.Digest, depth+1)
		if err != nil {
			return 0, err
		}
		total += size
	}
	for _, each := range parsed.blobs() {
		size, err := i.copyBlob(name, blobFile(each.Digest), each.Digest)
		if err != nil {
			return 0, err
		}
		total += size
	}
	_, err = i.store.PutManifest(name, reference, "", bytes)
	return total, err
}

func (i importer) copyBlob(name, file string, digest Digest) (int64, error) {
	found, err := i.putFile(name, file)
	if err == nil && found.Digest != digest {
		err = fmt.Errorf("the blob %s has the digest %s", digest, found.Digest)
	}
	return found.Size, err
}

func (i importer) putFile(name, file string) (descriptor, error) {
	if err := i.ctx.Err(); err != nil {
		return descriptor{}, err
	}
	content, err := i.archive.open(file)
	if err != nil {
		return descriptor{}, err
	}
	digest, size, err := i.store.PutBlob(name, content)
	if err != nil {
		return descriptor{}, err
	}
	return descriptor{Digest: digest, Size: size}, nil
}

func blobFile(digest Digest) string { return "blobs/" + strings.Replace(string(digest), ":", "/", 1) }

// savedImage is an entry of manifest.json, which `docker save` writes.
type savedImage struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// fromSaved makes the manifest that the archive has not.
func (i importer) fromSaved(saved savedImage) error {
	for _, image := range saved.RepoTags {
		name, tag, err := splitImage(image)
		if err != nil {
			return err
		}
		made := manifest{SchemaVersion: 2, MediaType: ociManifest, Layers: []descriptor{}}
		config, err := i.putFile(name, saved.Config)
		if err != nil {
			return fmt.Errorf("copying %s: %w", image, err)
		}
		config.MediaType = "application/vnd.oci.image.config.v1+json"
		made.Config = &config
		total := config.Size
		for _, file := range saved.Layers {
			layer, err := i.putFile(name, file)
			if err == nil {
				layer.MediaType, err = i.layerType(file)
			}
			if err != nil {
				return fmt.Errorf("copying %s: %w", image, err)
			}
			made.Layers = append(made.Layers, layer)
			total += layer.Size
		}
		bytes, err := json.Marshal(made)
		if err != nil {
			return err
		}
		if _, err := i.store.PutManifest(name, tag, "", bytes); err != nil {
			return fmt.Errorf("copying %s: %w", image, err)
		}
		i.told(name+":"+tag, total)
	}
	return nil
}

// layerType tells compressed layers from plain ones by their first bytes.
func (i importer) layerType(file string) (string, error) {
	content, err := i.archive.open(file)
	if err != nil {
		return "", err
	}
	var magic [2]byte
	if _, err := io.ReadFull(content, magic[:]); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	if magic == [2]byte{0x1f, 0x8b} {
		return "application/vnd.oci.image.layer.v1.tar+gzip", nil
	}
	return "application/vnd.oci.image.layer.v1.tar", nil
}

// splitImage reads an image's name as people write it: without the registry's host, with library/ where Docker puts it.
func splitImage(image string) (name, tag string, err error) {
	name, tag = image, "latest"
	if colon := strings.LastIndexByte(image, ':'); colon > strings.LastIndexByte(image, '/') {
		name, tag = image[:colon], image[colon+1:]
	}
	if host, rest, found := strings.Cut(name, "/"); found && (strings.ContainsAny(host, ".:") || host == "localhost") {
		name = rest
	}
	if !strings.Contains(name, "/") {
		name = "library/" + name
	}
	if err := checkName(name); err != nil {
		return "", "", err
	}
	return name, tag, checkReference(tag)
}
