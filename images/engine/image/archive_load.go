package image

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"twinhull/engine/fault"
)

const (
	// maxDocument bounds the JSON files in an archive, in bytes. The largest known configurations have some 100 KB.
	maxDocument = 4 << 20
	// maxDocuments bounds all of them together, because they wait in memory until the archive ends.
	maxDocuments = 16 << 20
)

// loader reads an archive of images in one pass: layers are unpacked as they come by, which is before the archive says
// what they are for, and JSON files are kept until its end.
type loader struct {
	ctx       context.Context
	ingest    *Ingest
	observer  LoadObserver
	documents map[string][]byte
	kept      int
	// layers maps names in the archive to what was unpacked, links to what they stand for.
	layers map[string]digest.Digest
	links  map[string]string
}

// LoadObserver is told what Load does. Its functions may be nil.
type LoadObserver struct {
	// Line gets the lines that Docker prints.
	Line func(line string)
	// Layer says how many bytes of a layer have been read. The ID is a short one.
	Layer func(id string, current, total int64)
}

// Load reads images from an archive as `docker save` writes it, in its own form or as an OCI layout, compressed or not.
func (s *Store) Load(ctx context.Context, r io.Reader, observer LoadObserver) ([]*Image, error) {
	ingest := s.Ingest()
	defer ingest.Close()
	if observer.Line == nil {
		observer.Line = func(string) {}
	}
	archive, err := openBlob(r, ocispec.Descriptor{}, Limits{})
	if err != nil {
		return nil, err
	}
	l := &loader{
		ctx: ctx, ingest: ingest, observer: observer,
		documents: map[string][]byte{}, layers: map[string]digest.Digest{}, links: map[string]string{},
	}
	if err := l.read(tar.NewReader(archive.archive)); err != nil {
		return nil, err
	}
	return l.register()
}

func (l *loader) read(archive *tar.Reader) error {
	for {
		if err := l.ctx.Err(); err != nil {
			return err
		}
		header, err := archive.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fault.New(fault.Invalid, "the archive of images cannot be read: %w", err)
		}
		name, err := entryName(header.Name)
		if err != nil {
			return fmt.Errorf("archive entry %q: %w", header.Name, err)
		}
		switch header.Typeflag {
		case tar.TypeReg:
			if err := l.file(name, header.Size, archive); err != nil {
				return fmt.Errorf("archive entry %q: %w", header.Name, err)
			}
		case tar.TypeSymlink:
			l.links[name] = path.Join(path.Dir(name), header.Linkname)
		case tar.TypeLink:
			l.links[name] = path.Clean(header.Linkname)
		}
	}
}

// file unpacks a layer or keeps a document, whichever its first bytes say it is.
func (l *loader) file(name string, size int64, content io.Reader) error {
	blob := ocispec.Descriptor{Size: size}
	if hash, isBlob := strings.CutPrefix(name, "blobs/sha256/"); isBlob {
		blob.Digest = digest.NewDigestFromEncoded(digest.SHA256, hash)
		if err := checkDigest(blob.Digest); err != nil {
			return fault.New(fault.Invalid, "a blob's name must be its digest: %w", err)
		}
		if l.ingest.HasLayer(blob.Digest) {
			l.layers[name] = blob.Digest
			return nil
		}
	}
	magic := make([]byte, 265)
	n, err := io.ReadFull(content, magic)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	magic = magic[:n]
	content = io.MultiReader(bytes.NewReader(magic), content)
	if looksLikeLayer(magic) || strings.HasSuffix(name, "/layer.tar") {
		if l.observer.Layer != nil {
			content = &progress{Reader: content, id: layerLabel(name), total: size, tell: l.observer.Layer}
		}
		l.layers[name], err = l.ingest.AddLayer("", blob, content)
		return err
	}
	if size > maxDocument || l.kept+int(size) > maxDocuments {
		return fault.New(fault.Invalid, "it is neither a layer nor a document of at most %d bytes", maxDocument)
	}
	document := make([]byte, size)
	if _, err := io.ReadFull(content, document); err != nil {
		return noEOF(err)
	}
	if blob.Digest != "" && digest.FromBytes(document) != blob.Digest {
		return fault.New(fault.Invalid, "the blob's digest is %s, not what its name says", digest.FromBytes(document))
	}
	l.documents[name], l.kept = document, l.kept+int(size)
	return nil
}

// looksLikeLayer tells an archive, compressed or not, from JSON.
func looksLikeLayer(start []byte) bool {
	return bytes.HasPrefix(start, gzipMagic) || len(start) > 262 && string(start[257:262]) == "ustar"
}

// layerLabel is what a layer is called while it is read: its folder in Docker's old archives, its digest in others.
func layerLabel(name string) string {
	if strings.HasSuffix(name, "/layer.tar") {
		name = path.Dir(name)
	}
	return short(path.Base(name))
}

// progressEvery is how many bytes pass from one report to the next: a line costs as much as hashing some kilobytes.
const progressEvery = 512 << 10

// progress tells of what it reads.
type progress struct {
	io.Reader
	id                   string
	current, told, total int64
	tell                 func(id string, current, total int64)
}

func (p *progress) Read(buffer []byte) (int, error) {
	n, err := p.Reader.Read(buffer)
	p.current += int64(n)
	if p.current-p.told >= progressEvery || p.current == p.total && p.told < p.total {
		p.told = p.current
		p.tell(p.id, p.current, p.total)
	}
	return n, err
}

// follow finds what a name in the archive stands for.
func (l *loader) follow(name string) string {
	name = path.Clean(name)
	for range 8 {
		target, isLink := l.links[name]
		if !isLink {
			break
		}
		name = target
	}
	return name
}

func (l *loader) register() ([]*Image, error) {
	found, err := l.entries()
	if err != nil {
		return nil, err
	}
	var images []*Image
	for _, entry := range found {
		img, err := l.image(entry)
		if err != nil {
			return images, err
		}
		images = append(images, img)
	}
	return images, nil
}

func (l *loader) image(entry dockerEntry) (*Image, error) {
	config, ok := l.documents[l.follow(entry.Config)]
	if !ok {
		return nil, fault.New(fault.Invalid, "the archive lacks %q, the configuration of an image", entry.Config)
	}
	parsed, err := parseConfig(config)
	if err != nil {
		return nil, err
	}
	if len(parsed.RootFS.DiffIDs) != len(entry.Layers) {
		return nil, fault.New(fault.Invalid, "invalid manifest, layers length mismatch: expected %d, got %d",
			len(entry.Layers), len(parsed.RootFS.DiffIDs))
	}
	for i, name := range entry.Layers {
		found, ok := l.layers[l.follow(name)]
		if !ok {
			return nil, fault.New(fault.Invalid, "the archive lacks %q, a layer of an image", name)
		}
		if found != parsed.RootFS.DiffIDs[i] {
			return nil, fault.New(fault.Invalid, "invalid diffID for layer %d: expected %q, got %q", i, parsed.RootFS.DiffIDs[i], found)
		}
	}
	names, err := parseTags(entry.RepoTags)
	if err != nil {
		return nil, err
	}
	l.renames(names, digest.FromBytes(config))
	img, err := l.ingest.Register(config, "", names...)
	if err == nil {
		l.tell(img, names)
	}
	return img, err
}

func parseTags(tags []string) ([]reference.Named, error) {
	var names []reference.Named
	for _, tag := range tags {
		named, err := reference.ParseNormalizedNamed(tag)
		if err != nil {
			return nil, fault.New(fault.Invalid, "the archive names an image %q: %w", tag, err)
		}
		if _, isTagged := named.(reference.NamedTagged); !isTagged || fullName(named) != named.String() {
			return nil, fault.New(fault.Invalid, "invalid tag %q", tag)
		}
		names = append(names, named)
	}
	return names, nil
}

// renames tells which images lose their names.
func (l *loader) renames(names []reference.Named, id digest.Digest) {
	for _, named := range names {
		if old := l.ingest.store.nameOf(named); old != "" && old != id {
			l.observer.Line(fmt.Sprintf("The image %s already exists, renaming the old one with ID %s to empty string\n",
				reference.FamiliarString(named), old))
		}
	}
}

func (l *loader) tell(img *Image, names []reference.Named) {
	labels := img.Config.Config.Labels
	for _, named := range names {
		l.ingest.store.publish("tag", img.ID, reference.FamiliarString(named), labels)
		l.observer.Line("Loaded image: " + reference.FamiliarString(named) + "\n")
	}
	l.ingest.store.publish("load", img.ID, img.ID.String(), labels)
	if len(names) == 0 {
		l.observer.Line("Loaded image ID: " + img.ID.String() + "\n")
	}
}
