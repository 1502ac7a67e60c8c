package build

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"golang.org/x/sys/unix"

	"twinhull/engine/fault"
	"twinhull/engine/image"
)

const (
	// maxDockerfile bounds a Dockerfile and a .dockerignore, in bytes. BuildKit's bound.
	maxDockerfile = 2 << 20
	// drained is how much may follow the end of a context's archive, in bytes: padding.
	drained = 1 << 20
)

// received is a context on disk.
type received struct{ tree *tree }

// receive unpacks a context, which may be compressed.
func (b *Builder) receive(archive io.Reader) (received, error) {
	if err := os.MkdirAll(b.Scratch, 0o700); err != nil {
		return received{}, fmt.Errorf("receiving the build context: %w", err)
	}
	directory, err := os.MkdirTemp(b.Scratch, "context-")
	if err != nil {
		return received{}, fmt.Errorf("receiving the build context: %w", err)
	}
	context, err := b.unpackContext(archive, directory)
	if err != nil {
		_ = os.RemoveAll(directory)
		return received{}, fmt.Errorf("Error processing tar file: %w", err)
	}
	return context, nil
}

func (b *Builder) unpackContext(archive io.Reader, directory string) (received, error) {
	reader, _, err := decompress(archive)
	if err != nil {
		return received{}, err
	}
	if _, err := image.Unpack(directory, reader, image.UnpackOptions{Limits: b.Limits}); err != nil {
		return received{}, err
	}
	_, _ = io.CopyN(io.Discard, archive, drained)
	opened, err := openTree(directory)
	return received{opened}, err
}

func (r received) discard() {
	r.tree.close()
	_ = os.RemoveAll(r.tree.path)
}

// dockerfile reads and parses the Dockerfile, and takes out of the context what .dockerignore does not want copied.
func (r received) dockerfile(name string) (*parser.Result, error) {
	if name == "" {
		name = "Dockerfile"
		if _, there, err := r.tree.exists(name); err == nil && !there {
			if _, there, _ = r.tree.exists("dockerfile"); there {
				name = "dockerfile"
			}
		}
	}
	text, err := r.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.Invalid, "Cannot locate specified Dockerfile: %s", name)
	}
	if err != nil {
		return nil, err
	}
	if len(text) == 0 {
		return nil, fault.New(fault.Invalid, "the Dockerfile (%s) cannot be empty", name)
	}
	parsed, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, fault.New(fault.Invalid, "failed to parse %s: %w", name, err)
	}
	return parsed, r.ignore(name)
}

func (r received) read(name string) ([]byte, error) {
	fd, err := r.tree.open(name, unix.O_RDONLY|unix.O_NONBLOCK)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), name)
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fault.New(fault.Invalid, "%s is not a file", name)
	}
	if info.Size() > maxDockerfile {
		return nil, fault.New(fault.Invalid, "%s has %d bytes, and %d are allowed", name, info.Size(), maxDockerfile)
	}
	return io.ReadAll(file)
}

// ignore removes the Dockerfile and .dockerignore if the latter names them. Everything else that it names was not sent:
// that is the client's part.
func (r received) ignore(dockerfile string) error {
	const ignoring = ".dockerignore"
	text, err := r.read(ignoring)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	patterns, err := ignorefile.ReadAll(bytes.NewReader(text))
	if err != nil {
		return fault.New(fault.Invalid, "error reading .dockerignore: %w", err)
	}
	for _, name := range []string{ignoring, dockerfile} {
		matched, err := patternmatcher.MatchesOrParentMatches(strings.TrimPrefix(path.Clean("/"+name), "/"), patterns)
		if err != nil || !matched {
			continue
		}
		if file, there, err := r.tree.exists(name); err == nil && there {
			_ = os.Remove(path.Join(r.tree.path, file.real))
		}
	}
	return nil
}
