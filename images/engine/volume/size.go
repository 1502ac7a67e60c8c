package volume

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"
)

// directorySize adds the sizes of the files below a directory, in bytes. Files with several links count once.
func directorySize(ctx context.Context, directory string) (int64, error) {
	var size int64
	seen := map[inode]struct{}{}
	err := filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, fs.ErrNotExist) && path != directory {
			return nil // Removed while we looked.
		}
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		status := info.Sys().(*syscall.Stat_t)
		if status.Nlink > 1 {
			key := inode{uint64(status.Dev), uint64(status.Ino)}
			if _, counted := seen[key]; counted {
				return nil
			}
			seen[key] = struct{}{}
		}
		size += info.Size()
		return nil
	})
	return size, err
}
