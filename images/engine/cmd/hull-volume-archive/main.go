// hull-volume-archive is a volume plugin whose volumes live on another machine. There each volume is one tar archive:
// when the first container on this machine mounts a volume, the plugin fetches the archive and unpacks it; when the last
// one lets go, it packs the files and sends them back. So a volume follows its containers from machine to machine.
//
// See README.md for how to run it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

const usage = `hull-volume-archive keeps volumes as archives on another machine.

On the machine that has the archives:
  hull-volume-archive serve [--listen :8080] [--directory /archives]

On each machine that mounts volumes:
  hull-volume-archive --store http://HOST:8080 [--socket /run/docker/plugins/archive.sock]
                      [--directory /run/volume-archive] [--limit BYTES]
`

// defaultLimit is how much a volume may hold, in bytes. Both ends refuse more, as a machine here has little memory.
const defaultLimit = 32 << 20

func main() {
	log.SetFlags(0)
	log.SetPrefix("hull-volume-archive: ")
	var err error
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		err = runStore(os.Args[2:])
	} else {
		err = runPlugin(os.Args[1:])
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		log.Fatal(err)
	}
}

func options(name string) *flag.FlagSet {
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.Usage = func() { fmt.Fprint(os.Stderr, usage) }
	return set
}

func runStore(arguments []string) error {
	set := options("serve")
	listen := set.String("listen", ":8080", "")
	directory := set.String("directory", "/archives", "")
	limit := set.Int64("limit", defaultLimit, "")
	if err := set.Parse(arguments); err != nil {
		return err
	}
	if err := os.MkdirAll(*directory, 0o700); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	log.Printf("archives in %s, at http://%s", *directory, listener.Addr())
	return serve(listener, newStore(*directory, *limit))
}

func runPlugin(arguments []string) error {
	set := options("plugin")
	store := set.String("store", "", "")
	socket := set.String("socket", "/run/docker/plugins/archive.sock", "")
	directory := set.String("directory", "/run/volume-archive", "")
	limit := set.Int64("limit", defaultLimit, "")
	if err := set.Parse(arguments); err != nil {
		return err
	}
	if *store == "" {
		return errors.New("tell me where the archives are: --store http://HOST:8080")
	}
	if err := os.MkdirAll(*directory, 0o711); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(*socket), 0o755); err != nil {
		return err
	}
	// A plugin that was killed has left its socket behind.
	if err := os.Remove(*socket); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	listener, err := net.Listen("unix", *socket)
	if err != nil {
		return err
	}
	log.Printf("volumes of %s, mounted in %s, at %s", *store, *directory, *socket)
	return serve(listener, newPlugin(*store, *directory, *limit))
}

func serve(listener net.Listener, handler http.Handler) error {
	server := http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(listener)
}
