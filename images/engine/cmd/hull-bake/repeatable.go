package main

import (
	"archive/tar"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/opencontainers/go-digest"

	"twinhull/engine/image"
)

// defaultEpoch is the time of everything unless SOURCE_DATE_EPOCH says another: the day on which the machines' clocks
// stand before they are told better.
var defaultEpoch = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// sourceDate follows https://reproducible-builds.org/specs/source-date-epoch/.
func sourceDate() (time.Time, error) {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		return defaultEpoch, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH must be a number of seconds: %w", err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// repeatable makes an image like another of which nothing tells when, where and in which container it was built.
func repeatable(store *image.Store, built *image.Image, epoch time.Time) (*image.Image, error) {
	ingest := store.Ingest()
	defer ingest.Close()
	config := built.Config
	config.Architecture, config.OS = "386", "linux"
	config.Created, config.Container, config.ContainerConfig = &epoch, "", nil
	config.History = slices.Clone(config.History)
	for i := range config.History {
		config.History[i].Created = &epoch
	}
	config.RootFS.DiffIDs = []digest.Digest{}
	for _, diffID := range built.Config.RootFS.DiffIDs {
		layer, _, err := store.Blob(diffID)
		if err != nil {
			return nil, err
		}
		redated, err := ingest.LayerOf(func(w io.Writer) error { return redate(w, layer, epoch) })
		layer.Close()
		if err != nil {
			return nil, err
		}
		config.RootFS.DiffIDs = append(config.RootFS.DiffIDs, redated)
	}
	raw, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	return ingest.Register(raw, "")
}

// redate copies an archive and gives all its files one time.
func redate(w io.Writer, r io.Reader, epoch time.Time) error {
	from, to := tar.NewReader(r), tar.NewWriter(w)
	for {
		header, err := from.Next()
		if err == io.EOF {
			return to.Close()
		}
		if err != nil {
			return err
		}
		header.ModTime, header.AccessTime, header.ChangeTime = epoch, time.Time{}, time.Time{}
		header.Format = tar.FormatUnknown
		if err := to.WriteHeader(header); err != nil {
			return err
		}
		if _, err := io.Copy(to, from); err != nil {
			return err
		}
	}
}
