package distribution

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// folder is a repository in a folder of the layout of registry/LAYOUT.md. It is never written.
type folder struct {
	root *os.Root
	name string
}

// openFolder opens a repository below a registry's folder; nil without an error if there is no such folder.
func openFolder(path, name string) (*folder, error) {
	root, err := os.OpenRoot(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &folder{root, "v2/" + name}, nil
}

func (f *folder) close() { _ = f.root.Close() }

func (f *folder) manifest(_ context.Context, reference string) (ocispec.Descriptor, []byte, error) {
	file, err := f.root.Open(f.name + "/manifests/" + reference)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := f.root.Stat(f.name); errors.Is(err, fs.ErrNotExist) {
			return ocispec.Descriptor{}, nil, errDenied
		}
		return ocispec.Descriptor{}, nil, errManifestUnknown
	}
	if err != nil {
		return ocispec.Descriptor{}, nil, err
	}
	defer file.Close()
	content, err := readBounded(file, maxManifest, "the manifest")
	if err != nil {
		return ocispec.Descriptor{}, nil, err
	}
	return describe(reference, content, "")
}

func (f *folder) blob(_ context.Context, id digest.Digest, offset int64) (io.ReadCloser, error) {
	file, err := f.root.Open(f.name + "/blobs/" + id.String())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &refusal{404, "BLOB_UNKNOWN", "blob unknown to registry"}
	}
	if err != nil {
		return nil, err
	}
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

func (f *folder) tags(context.Context) ([]string, error) {
	entries, err := fs.ReadDir(f.root.FS(), f.name+"/manifests")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errDenied
	}
	var tags []string
	for _, entry := range entries {
		if !strings.Contains(entry.Name(), ":") {
			tags = append(tags, entry.Name())
		}
	}
	return tags, err
}
