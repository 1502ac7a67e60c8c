// Command hull-bake builds an image from a Dockerfile without an engine, on the computer that builds the guest. The same
// context gives the same bytes, whenever and wherever it is built: no times, no random names, linux/386 everywhere.
//
// It runs no containers and mounts nothing, so a Dockerfile may not have RUN, and may change files once only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/distribution/reference"

	"twinhull/engine/build"
	"twinhull/engine/image"
)

func main() {
	out := flag.String("o", "image.tar", "the archive to write")
	tag := flag.String("t", "", "the image's name")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "Usage: hull-bake -t NAME -o ARCHIVE CONTEXT")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 || *tag == "" {
		flag.Usage()
		os.Exit(2)
	}
	if err := bake(context.Background(), flag.Arg(0), *tag, *out); err != nil {
		fmt.Fprintf(os.Stderr, "hull-bake: building %s: %v\n", *tag, err)
		os.Exit(1)
	}
}

// bake builds the image of a context and saves it under a name.
func bake(ctx context.Context, folder, tag, out string) error {
	name, err := reference.ParseNormalizedNamed(tag)
	if err != nil {
		return err
	}
	epoch, err := sourceDate()
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "hull-bake-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	store, err := image.Open(filepath.Join(scratch, "docker"), nil)
	if err != nil {
		return err
	}
	store.Now = func() time.Time { return epoch }
	built, err := buildContext(ctx, store, folder, filepath.Join(scratch, "contexts"))
	if err != nil {
		return err
	}
	plain, err := repeatable(store, built, epoch)
	if err != nil {
		return err
	}
	if err := store.Tag(plain, name); err != nil {
		return err
	}
	file, err := os.Create(out)
	if err != nil {
		return err
	}
	return errors.Join(store.Save(ctx, file, []string{tag}), file.Close())
}

// buildContext builds what the Dockerfile in a folder says.
func buildContext(ctx context.Context, store *image.Store, folder, scratch string) (*image.Image, error) {
	builder := build.Builder{Images: store, Containers: none{}, Scratch: scratch}
	archive, writer := io.Pipe()
	go func() { writer.CloseWithError(image.Pack(writer, folder, image.PackOptions{})) }()
	defer archive.Close()
	id, err := builder.Build(ctx, build.Options{}, archive, build.NewOutput(io.Discard))
	if err != nil {
		return nil, err
	}
	return store.Get(id)
}
