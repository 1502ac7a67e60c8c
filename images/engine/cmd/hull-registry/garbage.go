package main

import (
	"context"
	"flag"
	"fmt"

	"twinhull/engine/registry"
)

func collectGarbage(ctx context.Context, arguments []string) error {
	flags := flag.NewFlagSet("garbage-collect", flag.ContinueOnError)
	root := rootFlag(flags)
	collector := registry.Collector{Report: func(what string) { fmt.Println(what) }}
	flags.BoolVar(&collector.DryRun, "dry-run", false, "")
	flags.BoolVar(&collector.Untagged, "delete-untagged", false, "")
	if err := parse(flags, arguments, 0, 0); err != nil {
		return err
	}
	store, err := registry.Open(*root, registry.Options{Delete: true})
	if err != nil {
		return err
	}
	defer store.Close()
	collector.Store = store
	found, err := collector.Run(ctx)
	fmt.Printf("%d manifests, %d blobs, %d bytes\n", found.Manifests, found.Blobs, found.Bytes)
	return err
}
