package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"twinhull/engine/registry"
)

const (
	// headerTimeout is for a client that connects and says nothing. Bodies may take as long as they want, as uploads do.
	headerTimeout = 30 * time.Second
	// idleTimeout is longer than the pause between two blobs of one push.
	idleTimeout = 2 * time.Minute
	// maxHeader is more than clients with long tokens send.
	maxHeader = 64 << 10
	// farewell is how long requests that are under way may go on when the program is told to end.
	farewell = 5 * time.Second
)

func serve(ctx context.Context, arguments []string) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	listen := flags.String("listen", variable("REGISTRY_HTTP_ADDR", ":5000"), "")
	root := rootFlag(flags)
	var options registry.Options
	flags.BoolVar(&options.Delete, "delete", enabled("REGISTRY_STORAGE_DELETE_ENABLED"), "")
	flags.BoolVar(&options.ReadOnly, "read-only", enabled("REGISTRY_STORAGE_MAINTENANCE_READONLY_ENABLED"), "")
	if err := parse(flags, arguments, 0, 0); err != nil {
		return err
	}
	store, err := registry.Open(*root, options)
	if err != nil {
		return err
	}
	defer store.Close()
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", *listen, err)
	}
	fmt.Printf("serving %s on %s\n", *root, listener.Addr())
	server := &http.Server{
		Handler:           logged(registry.NewServer(store), os.Stdout),
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serving on %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	if err := server.Shutdown(patience); errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	}
	return nil
}

func rootFlag(flags *flag.FlagSet) *string {
	return flags.String("root", variable("REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY", "/var/lib/registry"), "")
}

func variable(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

func enabled(name string) bool {
	value, err := strconv.ParseBool(os.Getenv(name))
	return err == nil && value
}
