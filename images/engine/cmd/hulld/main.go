// Command hulld is the container engine: Docker's API on one side, an OCI runtime on the other.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"twinhull/engine/api"
	"twinhull/engine/build"
	"twinhull/engine/container"
	"twinhull/engine/distribution"
	"twinhull/engine/events"
	"twinhull/engine/image"
	"twinhull/engine/network"
	"twinhull/engine/runtime"
	"twinhull/engine/swarm"
	"twinhull/engine/volume"
	"twinhull/engine/xray"
)

// repeated is an option that may be given several times.
type repeated []string

func (r *repeated) String() string         { return strings.Join(*r, ",") }
func (r *repeated) Set(value string) error { *r = append(*r, value); return nil }

type options struct {
	// hosts are the addresses to serve on: unix:///run/docker.sock, tcp://0.0.0.0:2375, fd://3.
	hosts         repeated
	root, runRoot string
	runtime       string
	shim          string
	init          string
	// registry is a folder of static files that answers for docker.io.
	registry string
	// wire is a registry on the wire that does so before it.
	wire     string
	insecure repeated
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("hulld: ")
	var given options
	flag.Var(&given.hosts, "H", "address to serve on, may be repeated (default unix:///run/docker.sock)")
	flag.StringVar(&given.root, "data-root", "/var/lib/docker", "what is kept")
	flag.StringVar(&given.runRoot, "exec-root", "/run/docker", "what goes with the machine")
	flag.StringVar(&given.runtime, "runtime", "hullrun", "OCI runtime")
	flag.StringVar(&given.shim, "shim", "/usr/lib/twinhull/hull-shim", "program that holds a container's streams")
	flag.StringVar(&given.init, "init-path", "/usr/lib/twinhull/docker-init", "program for --init")
	flag.StringVar(&given.registry, "registry-folder", "/usr/share/twinhull/registry", "static registry for docker.io")
	flag.StringVar(&given.wire, "registry-wire", "registry.twinhull", "registry for docker.io of machines that can find it")
	flag.Var(&given.insecure, "insecure-registry", "registry to speak to without TLS, may be repeated")
	flag.Parse()
	if len(given.hosts) == 0 {
		given.hosts = repeated{"unix:///run/docker.sock"}
	}
	if err := serve(given); err != nil {
		log.Fatal(err)
	}
}

// serve returns when a signal ends the engine. Containers go on.
func serve(given options) error {
	listeners, err := listen(given.hosts)
	if err != nil {
		return err
	}
	router, manager, err := assemble(given)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: router}
	failed := make(chan error, len(listeners))
	for _, listener := range listeners {
		go func() { failed <- server.Serve(listener) }()
	}
	announce()
	// init starts the engine behind everything that a person waits for; now somebody may wait for the engine.
	if err := unix.Setpriority(unix.PRIO_PGRP, 0, 0); err != nil {
		log.Printf("raise the engine's priority: %v", err)
	}
	// What starting took is not needed any more.
	debug.FreeOSMemory()
	go manager.StartAll(context.Background())
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	select {
	case err := <-failed:
		return err
	case <-stop.Done():
		return server.Close()
	}
}

func assemble(given options) (*api.Router, *container.Manager, error) {
	bus := &events.Bus{}
	images, err := image.Open(given.root, bus)
	if err != nil {
		return nil, nil, fmt.Errorf("open the images: %w", err)
	}
	networks, err := network.Open(filepath.Join(given.root, "network"), given.runRoot, bus)
	if err != nil {
		return nil, nil, fmt.Errorf("open the networks: %w", err)
	}
	volumes, err := volume.Open(filepath.Join(given.root, "volumes"), given.runRoot, bus)
	if err != nil {
		return nil, nil, fmt.Errorf("open the volumes: %w", err)
	}
	watched := &xray.Stream{}
	manager, err := container.Open(container.Parts{
		Images: images, Networks: networks, Volumes: volumes, Events: bus,
		Runner: &runtime.Runner{Shim: given.shim, Runtime: given.runtime}, Init: given.init,
		Xray:     watched,
		StateDir: filepath.Join(given.root, "containers"), RunDir: filepath.Join(given.runRoot, "containers"),
	})
	if err != nil {
		return nil, nil, fmt.Errorf("open the containers: %w", err)
	}
	images.Running = func(id string) bool {
		found, err := manager.Get(id)
		return err == nil && (found.State().Status == "running" || found.State().Status == "paused")
	}
	watchers, err := xray.Listen(filepath.Join(given.runRoot, "xray.sock"))
	if err != nil {
		return nil, nil, err
	}
	go watched.Serve(watchers)
	router := api.NewRouter(watched.Call)
	registries := api.Distribution{
		Client: distribution.New(distribution.Options{
			Folder: given.registry, Wire: given.wire, Certificates: "/etc/docker/certs.d", Insecure: given.insecure,
		}), Images: images, Events: bus,
	}
	members, err := swarm.Open(
		filepath.Join(given.root, "swarm"), swarm.NewEngine(manager, api.EngineVersion, registries.PullQuietly), networks,
	)
	if err != nil {
		return nil, nil, fmt.Errorf("open the swarm: %w", err)
	}
	router.AddSystem(api.System{
		Containers: manager, Images: images, Events: bus, ID: "twinhull", Root: given.root,
		Runtime: filepath.Base(given.runtime), Swarm: members.Info,
	})
	router.AddSwarm(members)
	router.AddContainers(manager)
	router.AddExec(manager)
	router.AddDistribution(registries)
	imageRoutes := api.Images{Store: images, Registries: registries, Change: build.Change}
	router.AddImages(imageRoutes)
	router.AddCommit(manager, imageRoutes)
	router.AddUsage(manager, imageRoutes, volumes)
	router.AddVolumes(volumes)
	router.AddNetworks(networks, manager)
	builder := &build.Builder{
		Images: images, Containers: build.InEngine(manager), Scratch: filepath.Join(given.root, "tmp"),
	}
	router.AddBuild(api.Build{Builder: builder, Registries: registries, Events: bus})
	if err := members.Resume(); err != nil {
		// What else the machine does goes on.
		log.Printf("go on with the swarm: %v", err)
	}
	return router, manager, nil
}

func listen(addresses repeated) ([]net.Listener, error) {
	var listeners []net.Listener
	for _, address := range addresses {
		kind, place, found := strings.Cut(address, "://")
		if !found {
			return nil, fmt.Errorf("-H %s: write unix://PATH, tcp://HOST:PORT or fd://NUMBER", address)
		}
		listener, err := listenOn(kind, place)
		if err != nil {
			return nil, fmt.Errorf("serve on %s: %w", address, err)
		}
		listeners = append(listeners, listener)
	}
	return listeners, nil
}

func listenOn(kind, place string) (net.Listener, error) {
	switch kind {
	case "unix":
		os.Remove(place)
		listener, err := net.Listen("unix", place)
		if err != nil {
			return nil, err
		}
		return listener, os.Chmod(place, 0o660)
	case "tcp":
		return net.Listen("tcp", place)
	case "fd":
		var number uintptr
		if _, err := fmt.Sscanf(place, "%d", &number); err != nil {
			return nil, err
		}
		// Whoever started the engine listens already: clients that came first are waiting.
		file := os.NewFile(number, "socket")
		defer file.Close()
		return net.FileListener(file)
	}
	return nil, fmt.Errorf("unknown kind of address %q", kind)
}

// announce tells init that the engine answers.
func announce() {
	var number uintptr
	if _, err := fmt.Sscanf(os.Getenv("READY_FD"), "%d", &number); err != nil {
		return
	}
	ready := os.NewFile(number, "ready")
	ready.Write([]byte{'\n'})
	ready.Close()
}
