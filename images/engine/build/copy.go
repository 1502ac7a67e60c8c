package build

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"golang.org/x/sys/unix"

	"twinhull/engine/fault"
	"twinhull/engine/image"
)

// transfer is a COPY or an ADD.
type transfer struct {
	*stage
	instruction  string
	words        instructions.SourcesAndDest
	chown, chmod string
	// unpack says that archives are unpacked: ADD.
	unpack bool
	// keepOwners leaves owners as they are: COPY --from without --chown.
	keepOwners bool
	from       *tree
	// scratch is a directory for what is made on the way, once there is one.
	scratch string
	opened  []*tree
}

func (s *stage) copy(ctx context.Context, c *instructions.CopyCommand) error {
	if c.Parents {
		return needsBuildKit("parents")
	}
	if len(c.ExcludePatterns) > 0 {
		return needsBuildKit("exclude")
	}
	t := &transfer{
		stage: s, instruction: "COPY", words: c.SourcesAndDest, chown: c.Chown, chmod: c.Chmod, from: s.context,
	}
	defer t.close()
	if c.From == "" {
		return t.perform(ctx)
	}
	t.keepOwners = c.Chown == ""
	release, err := t.openImage(ctx, c.From)
	if err != nil {
		return fmt.Errorf("invalid from flag value %s: %w", c.From, err)
	}
	return errors.Join(t.perform(ctx), release())
}

func (s *stage) add(ctx context.Context, c *instructions.AddCommand) error {
	switch {
	case c.Checksum != "":
		return needsBuildKit("checksum")
	case c.KeepGitDir != nil:
		return needsBuildKit("keep-git-dir")
	case c.Unpack != nil:
		return needsBuildKit("unpack")
	case len(c.ExcludePatterns) > 0:
		return needsBuildKit("exclude")
	}
	t := &transfer{
		stage: s, instruction: "ADD", words: c.SourcesAndDest, chown: c.Chown, chmod: c.Chmod, from: s.context, unpack: true,
	}
	defer t.close()
	return t.perform(ctx)
}

func (t *transfer) close() {
	for _, opened := range t.opened {
		opened.close()
	}
	if t.scratch != "" {
		_ = os.RemoveAll(t.scratch)
	}
}

// openImage makes a stage's or an image's files what is copied from.
func (t *transfer) openImage(ctx context.Context, name string) (release func() error, err error) {
	earlier, err := t.stages.find(name)
	if err != nil {
		return nil, err
	}
	var img *image.Image
	if earlier != nil {
		img = earlier.image
	} else if img, err = t.find(ctx, name); err != nil {
		return nil, err
	}
	root, err := t.Images.CreateRoot(newID(), img, nil)
	if err != nil {
		return nil, err
	}
	mounted, err := root.Mount()
	if err == nil {
		t.from, err = openTree(mounted)
	}
	if err != nil {
		return nil, errors.Join(err, root.Remove())
	}
	from := t.from
	return func() error { from.close(); return root.Remove() }, nil
}

func (t *transfer) perform(ctx context.Context) error {
	sources, err := t.sources(ctx)
	if err != nil {
		return fmt.Errorf("%s failed: %w", t.instruction, err)
	}
	if len(sources) > 1 && !strings.HasSuffix(t.words.DestPath, "/") {
		return fault.New(fault.Invalid, "When using %s with more than one source file, the destination must be a directory and "+
			"end with a /", t.instruction)
	}
	container, err := t.container(sources)
	if err != nil {
		return err
	}
	if t.cached(container) {
		return nil
	}
	return t.change(newID(), container, func(root *tree) error {
		owner := &image.Owner{}
		if t.chown != "" {
			if owner, err = parseOwner(t.chown, root); err != nil {
				return err
			}
		}
		for _, source := range sources {
			if err := t.place(source, root, owner); err != nil {
				return fmt.Errorf("failed to copy files: %w", err)
			}
		}
		return nil
	})
}

// container is the configuration that says in the cache what is copied.
func (t *transfer) container(sources []source) (image.RunConfig, error) {
	var sums []string
	for _, source := range sources {
		sum, err := source.checksum(t.keepOwners)
		if err != nil {
			return image.RunConfig{}, err
		}
		sums = append(sums, sum)
	}
	sum := sums[0]
	if len(sums) > 1 {
		sum = hashOf("multi", sums)
	}
	comment := t.instruction + " "
	if t.chown != "" {
		comment += "--chown=" + t.chown + " "
	}
	if t.chmod != "" {
		comment += "--chmod=" + t.chmod + " "
	}
	comment += fmt.Sprintf("%s in %s ", sum, t.words.DestPath)
	return t.containerConfig(append(t.shell(), "#(nop) "+comment)), nil
}

// sources finds everything that is to be copied.
func (t *transfer) sources(ctx context.Context) (all []source, err error) {
	for _, content := range t.words.SourceContents {
		document, err := t.document(content)
		if err != nil {
			return nil, err
		}
		all = append(all, document)
	}
	for _, name := range t.words.SourcePaths {
		var some []source
		switch {
		case isURL(name) && !t.unpack:
			return nil, fault.New(fault.Invalid, "source can't be a URL for COPY")
		case isURL(name):
			some, err = t.download(ctx, name)
		case hasWildcard(name):
			some, err = t.matching(name)
		default:
			some, err = t.named(name)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	if len(all) == 0 {
		return nil, fault.New(fault.Invalid, "no source files were specified")
	}
	return all, nil
}

func (t *transfer) named(name string) ([]source, error) {
	relative := strings.TrimPrefix(strings.TrimPrefix(name, "/"), "./")
	file, err := t.from.find(relative)
	if errors.Is(err, fs.ErrNotExist) && t.from == t.context {
		return nil, fault.New(fault.Invalid, "file not found in build context or excluded by .dockerignore: %w",
			&fs.PathError{Op: "stat", Path: relative, Err: fs.ErrNotExist})
	}
	if err != nil {
		return nil, err
	}
	if !file.isDirectory() && !file.isRegular() {
		return nil, fault.New(fault.Invalid, "%s is neither a file nor a directory", name)
	}
	return []source{{tree: t.from, name: relative, file: file}}, nil
}

func hasWildcard(name string) bool {
	for i := 0; i < len(name); i++ {
		switch name[i] {
		case '\\':
			i++
		case '*', '?', '[':
			return true
		}
	}
	return false
}

// matching finds what a pattern of filepath.Match stands for, sorted by name.
func (t *transfer) matching(pattern string) (all []source, err error) {
	pattern = strings.TrimPrefix(strings.TrimPrefix(pattern, "/"), "./")
	// No link is followed here, so nothing leads out.
	err = fs.WalkDir(os.DirFS(t.from.path), ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if matched, _ := filepath.Match(pattern, name); !matched || name == "." {
			return nil
		}
		some, err := t.named(name)
		all = append(all, some...)
		return err
	})
	return all, err
}

// place copies one source into the image.
func (t *transfer) place(from source, root *tree, owner *image.Owner) error {
	destination := t.absolute(t.words.DestPath)
	if t.unpack && !from.downloaded && from.file.isRegular() {
		unpacked, err := t.unpackArchive(from, root, destination, owner)
		if err != nil || unpacked {
			return err
		}
	}
	name := ""
	if !from.file.isDirectory() {
		existing, there, err := root.exists(destination)
		if err != nil {
			return err
		}
		switch {
		case strings.HasSuffix(t.words.DestPath, "/") || path.Base(t.words.DestPath) == "." || there && existing.isDirectory():
			name = lastName(from.name)
		case there:
			// A link is followed to the file that is replaced.
			destination, name = path.Split("/" + existing.real)
		default:
			destination, name = path.Split(destination)
		}
	}
	if t.keepOwners {
		owner = nil
	}
	if err := root.makeDirectories(destination, owner); err != nil {
		return err
	}
	pack := func(w io.Writer) error { return from.pack(w, name) }
	if t.chmod != "" {
		mode, err := parseMode(t.chmod)
		if err != nil {
			return err
		}
		plain := pack
		pack = func(w io.Writer) error {
			return piped(plain, func(r io.Reader) error { return withMode(mode, r, w) })
		}
	}
	return piped(pack, func(r io.Reader) error { return t.unpackInto(root, destination, r, owner) })
}

func (t *transfer) unpackInto(root *tree, directory string, r io.Reader, owner *image.Owner) error {
	_, err := image.Unpack(root.path, r, image.UnpackOptions{
		Prefix: strings.Trim(directory, "/"), InRoot: true, Owner: owner, Limits: t.Limits,
	})
	return err
}

// unpackArchive unpacks a file that is an archive, and tells whether it was one.
func (t *transfer) unpackArchive(from source, root *tree, destination string, owner *image.Owner) (bool, error) {
	fd, err := from.tree.open(from.file.real, unix.O_RDONLY)
	if err != nil {
		return false, err
	}
	file := os.NewFile(uintptr(fd), from.name)
	defer file.Close()
	if !isArchive(file) {
		return false, nil
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return false, err
	}
	plain, _, err := decompress(file)
	if err != nil {
		return false, err
	}
	if t.chown == "" {
		owner = nil // The archive says whose its files are.
	}
	if err := root.makeDirectories(destination, owner); err != nil {
		return false, err
	}
	return true, t.unpackInto(root, destination, plain, owner)
}

// document makes a file of a here-document.
func (t *transfer) document(content instructions.SourceContent) (source, error) {
	directory, err := t.newDirectory()
	if err != nil {
		return source{}, err
	}
	// The parser takes names with slashes; of such a one the last part counts, as for any other source.
	name := lastName(content.Path)
	if err := os.WriteFile(path.Join(directory.path, name), []byte(content.Data), 0o644); err != nil {
		return source{}, err
	}
	file, err := directory.find(name)
	return source{tree: directory, name: name, file: file, downloaded: true}, err
}

// newDirectory makes a directory that is gone when the instruction is done.
func (t *transfer) newDirectory() (*tree, error) {
	var err error
	if t.scratch == "" {
		if t.scratch, err = os.MkdirTemp(t.Scratch, "sources-"); err != nil {
			return nil, err
		}
	}
	directory, err := os.MkdirTemp(t.scratch, "")
	if err != nil {
		return nil, err
	}
	opened, err := openTree(directory)
	if err == nil {
		t.opened = append(t.opened, opened)
	}
	return opened, err
}

// lastName is the name under which a source is in a directory.
func lastName(name string) string { return path.Base(path.Clean("/" + name)) }
