package registry

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Garbage is what a collection found unused.
type Garbage struct {
	Manifests, Blobs int
	Bytes            int64
}

// Collector frees what no manifest uses. It must not run while a server writes to the store: a blob is unused until the
// manifest of its image arrives.
type Collector struct {
	Store *Store
	// DryRun counts, and removes nothing.
	DryRun bool
	// Untagged also removes manifests that neither a tag, nor an index, nor a subject leads to.
	Untagged bool
	// Report, if not nil, is told of each thing that is removed.
	Report func(what string)
}

// Run collects. What it removed when ctx ends stays removed.
func (c Collector) Run(ctx context.Context) (Garbage, error) {
	var found Garbage
	names, err := c.Store.repositoriesWith("manifests", "blobs")
	if err != nil {
		return found, err
	}
	used := map[Digest]bool{}
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return found, err
		}
		if err := c.sweepRepository(name, used, &found); err != nil {
			return found, fmt.Errorf("collecting the garbage of %s: %w", name, err)
		}
	}
	return found, c.sweepContent(ctx, used, &found)
}

// sweepRepository frees a repository's part, and adds what it keeps to used.
func (c Collector) sweepRepository(name string, used map[Digest]bool, found *Garbage) error {
	manifests, err := c.Store.manifestsOf(name)
	if err != nil {
		return err
	}
	kept := map[Digest]bool{}
	for digest, each := range manifests {
		if c.Untagged && !each.reachable {
			found.Manifests++
			if err := c.remove(name+"@"+string(digest), func() error {
				return c.Store.deleteManifest(name, string(digest))
			}); err != nil {
				return err
			}
			continue
		}
		kept[digest] = true
		for _, blob := range each.blobs() {
			kept[blob.Digest] = true
		}
	}
	blobs, err := os.ReadDir(c.Store.place(name, "blobs", ""))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, entry := range blobs {
		digest, err := ParseDigest(entry.Name())
		if err != nil || kept[digest] {
			continue
		}
		if err := c.remove(name+": blob "+string(digest), func() error {
			return c.Store.deleteBlob(name, digest)
		}); err != nil {
			return err
		}
	}
	for digest := range kept {
		used[digest] = true
	}
	return nil
}

func (c Collector) sweepContent(ctx context.Context, used map[Digest]bool, found *Garbage) error {
	for _, algorithm := range []string{sha256Name, sha512Name} {
		if err := c.sweepFolder(ctx, algorithm, used, found); err != nil {
			return err
		}
	}
	return nil
}

func (c Collector) sweepFolder(ctx context.Context, algorithm string, used map[Digest]bool, found *Garbage) error {
	folder := c.Store.path("blobs", algorithm)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		digest, err := ParseDigest(algorithm + ":" + entry.Name())
		if err != nil || used[digest] {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		found.Blobs++
		found.Bytes += info.Size()
		if err := c.remove(string(digest), func() error { return os.Remove(filepath.Join(folder, entry.Name())) }); err != nil {
			return err
		}
	}
	return nil
}

func (c Collector) remove(what string, remove func() error) error {
	if c.Report != nil {
		c.Report(what)
	}
	if c.DryRun {
		return nil
	}
	return remove()
}

// held is a manifest of a repository, and whether anything leads to it.
type held struct {
	*manifest
	reachable bool
}

func (s *Store) manifestsOf(name string) (map[Digest]*held, error) {
	entries, err := os.ReadDir(s.place(name, "manifests", ""))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	all := map[Digest]*held{}
	var roots []Digest
	for _, entry := range entries {
		bytes, err := s.readManifest(name, entry.Name())
		if err != nil {
			return nil, err
		}
		if !isDigest(entry.Name()) {
			roots = append(roots, digestOf(bytes))
			continue
		}
		parsed, err := parseManifest(bytes, "")
		if err != nil {
			return nil, fmt.Errorf("reading the manifest %s: %w", entry.Name(), err)
		}
		all[Digest(entry.Name())] = &held{manifest: parsed}
	}
	markReachable(all, roots)
	return all, nil
}

// markReachable follows tags to manifests, indexes to their members, and subjects to their referrers.
func markReachable(all map[Digest]*held, roots []Digest) {
	referrers := map[Digest][]Digest{}
	for digest, each := range all {
		if each.Subject != nil {
			referrers[each.Subject.Digest] = append(referrers[each.Subject.Digest], digest)
		}
	}
	for len(roots) > 0 {
		digest := roots[len(roots)-1]
		roots = roots[:len(roots)-1]
		each := all[digest]
		if each == nil || each.reachable {
			continue
		}
		each.reachable = true
		for _, member := range each.Manifests {
			roots = append(roots, member.Digest)
		}
		roots = append(roots, referrers[digest]...)
	}
}
