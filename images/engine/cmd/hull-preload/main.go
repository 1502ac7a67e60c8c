// Command hull-preload fills an image store with the images of archives, for the root file system of a machine that is to
// have them from its first boot. It runs on the computer that builds the guest, and the same archives give the same bytes.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"twinhull/engine/image"
)

// tagged is when the images got their names: the day on which the machines' clocks stand before they are told better.
var tagged = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "Usage: hull-preload STORE ARCHIVE...")
		os.Exit(2)
	}
	// Folders of the store have the modes that it gives them.
	syscall.Umask(0)
	if err := preload(context.Background(), os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "hull-preload: %v\n", err)
		os.Exit(1)
	}
}

// preload loads archives into the store in a folder, which need not be there.
func preload(ctx context.Context, folder string, archives []string) error {
	store, err := image.Open(folder, nil)
	if err != nil {
		return err
	}
	store.Now = func() time.Time { return tagged }
	for _, archive := range archives {
		if err := load(ctx, store, archive); err != nil {
			return fmt.Errorf("load %s: %w", archive, err)
		}
	}
	// What the store makes anew whenever it is opened.
	return os.Remove(filepath.Join(folder, "image", "staging"))
}

func load(ctx context.Context, store *image.Store, archive string) error {
	file, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = store.Load(ctx, file, image.LoadObserver{})
	return err
}
