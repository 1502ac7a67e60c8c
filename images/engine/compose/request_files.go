package compose

import (
	"archive/tar"
	"bytes"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/types"

	"twinhull/engine/client/rest"
)

// file is a config or secret in a container: a file of the machine (path), else a text.
type file struct {
	target, path string
	text         string
	mode         int64
	user, group  int
}

// readOnly is the mode of a config or secret that names none.
const readOnly = 0o444

// files lists the service's configs and secrets.
func (r *recipe) files() []file {
	var list []file
	for _, config := range r.service.Configs {
		list = append(list, r.file(types.FileReferenceConfig(config), types.FileObjectConfig(r.project.Configs[config.Source]), "/"))
	}
	for _, secret := range r.service.Secrets {
		list = append(list, r.file(types.FileReferenceConfig(secret), types.FileObjectConfig(r.project.Secrets[secret.Source]), "/run/secrets/"))
	}
	return list
}

func (r *recipe) file(reference types.FileReferenceConfig, object types.FileObjectConfig, folder string) file {
	made := file{target: reference.Target, path: object.File, text: object.Content, mode: readOnly}
	if made.target == "" {
		made.target = reference.Source
	}
	if !strings.HasPrefix(made.target, "/") {
		made.target = folder + made.target
	}
	if object.Environment != "" {
		made.text = r.project.Environment[object.Environment]
	}
	if reference.Mode != nil {
		made.mode = int64(*reference.Mode)
	}
	made.user, _ = strconv.Atoi(reference.UID)
	made.group, _ = strconv.Atoi(reference.GID)
	return made
}

// putFiles writes the configs and secrets that are no files of the machine into a container.
func (r *recipe) putFiles(engine *Engine, id string) error {
	var packed bytes.Buffer
	archive := tar.NewWriter(&packed)
	count := 0
	for _, file := range r.files() {
		if file.path != "" {
			continue
		}
		count++
		header := &tar.Header{
			Name: strings.TrimPrefix(path.Clean(file.target), "/"), Size: int64(len(file.text)), Mode: file.mode, Uid: file.user, Gid: file.group,
			ModTime: time.Now(),
		}
		if err := archive.WriteHeader(header); err != nil {
			return fmt.Errorf("pack %s: %w", file.target, err)
		}
		if _, err := archive.Write([]byte(file.text)); err != nil {
			return fmt.Errorf("pack %s: %w", file.target, err)
		}
	}
	if err := archive.Close(); err != nil || count == 0 {
		return err
	}
	answer, err := engine.stream(&rest.Request{
		Method: "PUT", Path: "/containers/" + rest.Escape(id) + "/archive", Query: map[string][]string{"path": {"/"}},
		Stream: &packed, Header: map[string]string{"Content-Type": "application/x-tar"},
	})
	if err != nil {
		return fmt.Errorf("write the configs and secrets of service %q: %w", r.service.Name, err)
	}
	return answer.Close()
}
