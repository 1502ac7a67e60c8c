package build

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"twinhull/engine/hashing"
	"twinhull/engine/image"
)

// source is what one word of COPY or ADD stands for: a file or a directory of a tree.
type source struct {
	tree *tree
	// name is how it was asked for, file where that leads.
	name string
	file found
	// downloaded is not unpacked, even by ADD.
	downloaded bool
}

// pack writes a source as an archive: a file under a name, or what is in a directory.
func (s source) pack(w io.Writer, name string) error {
	options := image.PackOptions{Path: s.file.real}
	if !s.file.isDirectory() {
		options.Name = name
	}
	return image.Pack(w, s.tree.path, options)
}

// piped runs a writer and a reader against each other.
func piped(write func(io.Writer) error, read func(io.Reader) error) error {
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(write(writer)) }()
	err := read(reader)
	// Ends write if it was not read to its end.
	reader.CloseWithError(io.ErrClosedPipe)
	return err
}

// checksum is what the cache compares of a source: contents and attributes, but no times, and owners only if they are
// kept.
func (s source) checksum(keepOwners bool) (string, error) {
	var sums []string
	write := func(w io.Writer) error { return s.pack(w, lastName(s.name)) }
	err := piped(write, func(r io.Reader) error {
		archive := tar.NewReader(r)
		for {
			header, err := archive.Next()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			sum, err := checksumOf(header, archive, keepOwners)
			if err != nil {
				return err
			}
			sums = append(sums, sum)
		}
	})
	if err != nil {
		return "", fmt.Errorf("failed to create hash for %s: %w", s.name, err)
	}
	if !s.file.isDirectory() && len(sums) == 1 {
		return "file:" + sums[0], nil
	}
	return hashOf("dir", sums), nil
}

func checksumOf(header *tar.Header, content io.Reader, keepOwners bool) (string, error) {
	hash := hashing.New()
	fmt.Fprintf(hash, "%q %o %c %q %d\n", header.Name, header.Mode, header.Typeflag, header.Linkname, header.Size)
	if keepOwners {
		fmt.Fprintf(hash, "%d:%d\n", header.Uid, header.Gid)
	}
	for _, key := range slices.Sorted(maps.Keys(header.PAXRecords)) {
		if strings.HasPrefix(key, "SCHILY.xattr.") {
			fmt.Fprintf(hash, "%q=%q\n", key, header.PAXRecords[key])
		}
	}
	if _, err := io.Copy(hash, content); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// hashOf makes one checksum of several.
func hashOf(prefix string, sums []string) string {
	sum := sha256.Sum256([]byte(strings.Join(sums, ",")))
	return prefix + ":" + hex.EncodeToString(sum[:])
}

// withMode passes an archive on with another mode for its files, links excepted.
func withMode(mode int64, r io.Reader, w io.Writer) error {
	in, out := tar.NewReader(r), tar.NewWriter(w)
	for {
		header, err := in.Next()
		if err == io.EOF {
			return out.Close()
		}
		if err != nil {
			return err
		}
		if header.Typeflag != tar.TypeSymlink {
			header.Mode = mode
		}
		if err := out.WriteHeader(header); err != nil {
			return err
		}
		if _, err := io.Copy(out, in); err != nil {
			return err
		}
	}
}
