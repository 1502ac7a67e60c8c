package main

import (
	"context"
	"flag"
	"fmt"
	"math"

	"twinhull/engine/registry"
)

func layOut(ctx context.Context, arguments []string) error {
	flags := flag.NewFlagSet("layout", flag.ContinueOnError)
	if err := parse(flags, arguments, 2, math.MaxInt); err != nil {
		return err
	}
	return registry.LayOut(ctx, flags.Arg(0), flags.Args()[1:], func(image string, size int64) {
		fmt.Printf("%s %d bytes\n", image, size)
	})
}
