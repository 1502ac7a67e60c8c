package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"twinhull/engine/client/archive"
	"twinhull/engine/client/command"
)

const (
	// maxDockerfile bounds a Dockerfile that is read here.
	maxDockerfile = 4 << 20
	// outside names a Dockerfile that is not in the context, in the archive.
	outside = ".dockerfile.outside"
	// ignoreFile lists what is not part of a context.
	ignoreFile = ".dockerignore"
)

// openBuildContext returns the archive to send and the Dockerfile's name in it.
func openBuildContext(call *command.Call) (io.ReadCloser, string, error) {
	source, dockerfile := call.Args[0], call.String("file")
	if source == "-" && dockerfile == "-" {
		return nil, "", errors.New("invalid argument: can't use stdin for both build context and dockerfile")
	}
	if source == "-" {
		return contextFromInput(call, dockerfile)
	}
	info, err := os.Stat(source)
	if err != nil || !info.IsDir() {
		for _, prefix := range [...]string{"git@", "git://", "github.com/", "http://", "https://", "ssh://"} {
			if strings.HasPrefix(source, prefix) {
				return nil, "", fmt.Errorf("unable to prepare context: this client builds from folders and archives; "+
					"fetch %s first and build from there", source)
			}
		}
		return nil, "", fmt.Errorf("unable to prepare context: path %q not found", source)
	}
	return contextFromFolder(call, source, dockerfile)
}

// contextFromInput tells an archive from a Dockerfile that is the whole context.
func contextFromInput(call *command.Call, dockerfile string) (io.ReadCloser, string, error) {
	input := bufio.NewReaderSize(call.In, 1024)
	start, err := input.Peek(512)
	if err != nil && err != io.EOF {
		return nil, "", fmt.Errorf("unable to prepare context from STDIN: failed to peek context header from STDIN: %w", err)
	}
	if isArchive(start) {
		if dockerfile == "" {
			dockerfile = "Dockerfile"
		}
		return io.NopCloser(input), dockerfile, nil
	}
	if dockerfile != "" {
		return nil, "", errors.New("unable to prepare context from STDIN: ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles")
	}
	text, err := readDockerfile(input)
	if err != nil {
		return nil, "", fmt.Errorf("unable to prepare context from STDIN: %w", err)
	}
	var packed bytes.Buffer
	writer := tar.NewWriter(&packed)
	if err := addFile(writer, "Dockerfile", text); err != nil {
		return nil, "", err
	}
	if err := writer.Close(); err != nil {
		return nil, "", err
	}
	return io.NopCloser(&packed), "Dockerfile", nil
}

// isArchive knows tar by its header, and gzip, bzip2, xz and zstd by their first bytes.
func isArchive(start []byte) bool {
	for _, magic := range [...]string{"\x1f\x8b\x08", "BZh", "\xfd7zXZ\x00", "\x28\xb5\x2f\xfd"} {
		if bytes.HasPrefix(start, []byte(magic)) {
			return true
		}
	}
	_, err := tar.NewReader(bytes.NewReader(start)).Next()
	return err == nil
}

func readDockerfile(from io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(from, maxDockerfile+1))
	if err == nil && len(text) > maxDockerfile {
		err = fmt.Errorf("the Dockerfile is longer than %d bytes", maxDockerfile)
	}
	return text, err
}

func addFile(archive *tar.Writer, name string, text []byte) error {
	mode := int64(0o600)
	if name == "Dockerfile" {
		mode = 0o644
	}
	if err := archive.WriteHeader(&tar.Header{Name: name, Mode: mode, Size: int64(len(text))}); err != nil {
		return err
	}
	_, err := archive.Write(text)
	return err
}

func contextFromFolder(call *command.Call, folder, dockerfile string) (io.ReadCloser, string, error) {
	folder, err := filepath.EvalSymlinks(absolute(folder))
	if err != nil {
		return nil, "", fmt.Errorf("unable to prepare context: %w", err)
	}
	var text []byte
	switch dockerfile {
	case "-":
		if text, err = readDockerfile(call.In); err != nil {
			return nil, "", fmt.Errorf("unable to prepare context: %w", err)
		}
		dockerfile = outside
	case "":
		dockerfile = filepath.Join(folder, "Dockerfile")
		if _, err := os.Lstat(dockerfile); errors.Is(err, os.ErrNotExist) {
			if small := filepath.Join(folder, "dockerfile"); exists(small) {
				dockerfile = small
			}
		}
	default:
		dockerfile = absolute(dockerfile)
	}
	if text == nil {
		if dockerfile, text, err = locate(folder, dockerfile); err != nil {
			return nil, "", err
		}
	}
	ignore, err := readIgnore(folder, dockerfile)
	if err != nil {
		return nil, "", err
	}
	packing := &archive.Packing{Source: folder, Name: ".", Ignore: ignore}
	if text == nil {
		return packing.Pack(), filepath.ToSlash(dockerfile), nil
	}
	return withDockerfile(packing.Pack(), text), outside, nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// locate returns a Dockerfile's name in the context, or its text if it is elsewhere.
func locate(folder, dockerfile string) (name string, text []byte, err error) {
	real, err := filepath.EvalSymlinks(dockerfile)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return "", nil, fmt.Errorf("unable to prepare context: unable to evaluate symlinks in Dockerfile path: %w", err)
		}
		return "", nil, fmt.Errorf("unable to prepare context: %w", err)
	}
	inside, err := filepath.Rel(folder, real)
	if err == nil && inside != ".." && !strings.HasPrefix(inside, "../") {
		return inside, nil, nil
	}
	file, err := os.Open(real)
	if err != nil {
		return "", nil, fmt.Errorf("unable to open Dockerfile: %w", err)
	}
	defer file.Close()
	text, err = readDockerfile(file)
	return outside, text, err
}

// readIgnore reads .dockerignore, and keeps it and the Dockerfile in the context whatever it says.
func readIgnore(folder, dockerfile string) (*archive.Ignore, error) {
	ignore := &archive.Ignore{}
	file, err := os.Open(filepath.Join(folder, ignoreFile))
	if errors.Is(err, os.ErrNotExist) {
		return ignore, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if ignore, err = archive.ParseIgnore(file); err != nil {
		return nil, err
	}
	for _, name := range [...]string{ignoreFile, filepath.ToSlash(dockerfile)} {
		if name != outside && ignore.Excludes(name) {
			if err := ignore.Add("!" + name); err != nil {
				return nil, err
			}
		}
	}
	return ignore, nil
}

// withDockerfile adds a Dockerfile from elsewhere to an archive, and has the engine keep it out of the image.
func withDockerfile(from io.Reader, text []byte) io.ReadCloser {
	reader, writer := io.Pipe()
	go func() {
		out := tar.NewWriter(writer)
		err := addDockerfile(out, from, text)
		if err == nil {
			err = out.Close()
		}
		_ = writer.CloseWithError(err)
	}()
	return reader
}

func addDockerfile(out *tar.Writer, from io.Reader, text []byte) error {
	ignored := false
	err := archive.Copy(out, from, func(header *tar.Header, content io.Reader) (io.Reader, error) {
		if header.Name != ignoreFile {
			return content, nil
		}
		ignored = true
		patterns, err := readDockerfile(content)
		if err != nil {
			return nil, err
		}
		patterns = append(patterns, "\n"+outside+"\n"...)
		header.Size = int64(len(patterns))
		return bytes.NewReader(patterns), nil
	})
	if err != nil {
		return err
	}
	if err := addFile(out, outside, text); err != nil || ignored {
		return err
	}
	return addFile(out, ignoreFile, []byte(ignoreFile+"\n"+outside+"\n"))
}

func absolute(name string) string {
	if full, err := filepath.Abs(name); err == nil {
		return full
	}
	return name
}
