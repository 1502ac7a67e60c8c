package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/docker/go-units"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
)

var swarmGroup = command.Command{
	Short: "Manage Swarm",
	Entries: []command.Entry{
		{Name: "init", Command: &initSwarm},
		{Name: "join", Command: &joinSwarm},
		{Name: "join-token", Command: &showToken},
		{Name: "leave", Command: &leaveSwarm},
		{Name: "update", Command: &updateSwarm},
	},
}

var availabilityFlag = flag.Flag{
	Name: "availability", Type: "string", Default: "active", Usage: `Availability of the node ("active", "pause", "drain")`,
}

var initSwarm = command.Command{
	Usage: []string{"[OPTIONS]"}, Short: "Initialize a swarm",
	Flags: flag.Set{{
		availabilityFlag,
		{Name: "advertise-addr", Type: "string", Usage: `Advertised address (format: "<ip|interface>[:port]")`},
		{Name: "data-path-addr", Type: "string", Usage: `Address or interface to use for data path traffic (format: "<ip|interface>")`},
		{Name: "default-addr-pool", Type: "strings", Usage: "default address pool in CIDR format"},
		{Name: "default-addr-pool-mask-length", Type: "uint", Default: "24", Usage: "default address pool subnet mask length"},
		{Name: "dispatcher-heartbeat", Type: "duration", Default: "5s", Usage: "Dispatcher heartbeat period (ns|us|ms|s|m|h)"},
		{Name: "listen-addr", Type: "string", Default: "0.0.0.0:2377", Usage: `Listen address (format: "<ip|interface>[:port]")`},
		{Name: "task-history-limit", Type: "int", Default: "5", Usage: "Task history retention limit"},
	}},
	Run: swarmInit,
}

var joinSwarm = command.Command{
	Usage: []string{"[OPTIONS] HOST:PORT"}, Short: "Join a swarm as a node and/or manager",
	Flags: flag.Set{{
		availabilityFlag,
		{Name: "advertise-addr", Type: "string", Usage: `Advertised address (format: "<ip|interface>[:port]")`},
		{Name: "data-path-addr", Type: "string", Usage: `Address or interface to use for data path traffic (format: "<ip|interface>")`},
		{Name: "listen-addr", Type: "string", Default: "0.0.0.0:2377", Usage: `Listen address (format: "<ip|interface>[:port]")`},
		{Name: "token", Type: "string", Usage: "Token for entry into the swarm"},
	}},
	Min: 1, Max: 1, Run: swarmJoin,
}

var showToken = command.Command{
	Usage: []string{"[OPTIONS] (worker|manager)"}, Short: "Manage join tokens",
	Flags: flag.Set{{
		{Name: "quiet", Short: "q", Usage: "Only display token"},
		{Name: "rotate", Usage: "Rotate join token"},
	}},
	Min: 1, Max: 1, Run: swarmToken,
}

var leaveSwarm = command.Command{
	Usage: []string{"[OPTIONS]"}, Short: "Leave the swarm",
	Flags: flag.Set{{{Name: "force", Short: "f", Usage: "Force this node to leave the swarm, ignoring warnings"}}},
	Run: func(call *command.Call) error {
		if err := call.Engine().Post("/swarm/leave", queryOf("force", truth(call.Bool("force"))), nil, nil); err != nil {
			return err
		}
		return printed(call, "Node left the swarm.")
	},
}

var updateSwarm = command.Command{
	Usage: []string{"[OPTIONS]"}, Short: "Update the swarm",
	Flags: flag.Set{{
		{Name: "dispatcher-heartbeat", Type: "duration", Default: "5s", Usage: "Dispatcher heartbeat period (ns|us|ms|s|m|h)"},
		{Name: "task-history-limit", Type: "int", Default: "5", Usage: "Task history retention limit"},
	}},
	Run: swarmUpdate,
}

// swarmAnswer is GET /swarm, as far as it is used.
type swarmAnswer struct {
	ID         string
	Version    struct{ Index uint64 }
	Spec       map[string]any
	JoinTokens struct{ Worker, Manager string }
}

func swarmInit(call *command.Call) error {
	spec := map[string]any{
		"Labels":        map[string]string{},
		"Dispatcher":    map[string]any{"HeartbeatPeriod": call.Duration("dispatcher-heartbeat")},
		"Orchestration": map[string]any{"TaskHistoryRetentionLimit": call.Int("task-history-limit")},
	}
	request := map[string]any{
		"ListenAddr": call.String("listen-addr"), "AdvertiseAddr": call.String("advertise-addr"),
		"DataPathAddr": call.String("data-path-addr"), "Availability": call.String("availability"),
		"DefaultAddrPool": call.List("default-addr-pool"), "SubnetSize": call.Int("default-addr-pool-mask-length"), "Spec": spec,
	}
	var id string
	if err := call.Engine().Post("/swarm/init", nil, request, &id); err != nil {
		if strings.Contains(err.Error(), "could not choose an IP address to advertise") || strings.Contains(err.Error(), "could not find the system's IP address") {
			return errors.New(err.Error() + " - specify one with --advertise-addr")
		}
		return err
	}
	fmt.Fprintf(call.Out, "Swarm initialized: current node (%s) is now a manager.\n\n", id)
	if err := printJoin(call, "worker"); err != nil {
		return err
	}
	return printed(call, "To add a manager to this swarm, run 'docker swarm join-token manager' and follow the instructions.")
}

// printJoin says how a node joins as what.
func printJoin(call *command.Call, role string) error {
	var swarm swarmAnswer
	var info engineInfo
	if err := call.Engine().Get("/swarm", nil, &swarm); err != nil {
		return err
	}
	if err := call.Engine().Get("/info", nil, &info); err != nil {
		return err
	}
	where := ""
	for _, peer := range info.Swarm.RemoteManagers {
		if peer.NodeID == info.Swarm.NodeID {
			where = peer.Addr
		}
	}
	token := swarm.JoinTokens.Worker
	if role == "manager" {
		token = swarm.JoinTokens.Manager
	}
	_, err := fmt.Fprintf(call.Out, "To add a %s to this swarm, run the following command:\n\n    docker swarm join --token %s %s\n\n", role, token, where)
	return err
}

func swarmJoin(call *command.Call) error {
	request := map[string]any{
		"JoinToken": call.String("token"), "ListenAddr": call.String("listen-addr"), "AdvertiseAddr": call.String("advertise-addr"),
		"DataPathAddr": call.String("data-path-addr"), "RemoteAddrs": call.Args, "Availability": call.String("availability"),
	}
	if err := call.Engine().Post("/swarm/join", nil, request, nil); err != nil {
		return err
	}
	var info engineInfo
	if err := call.Engine().Get("/info", nil, &info); err != nil {
		return err
	}
	if info.Swarm.ControlAvailable {
		return printed(call, "This node joined a swarm as a manager.")
	}
	return printed(call, "This node joined a swarm as a worker.")
}

func swarmToken(call *command.Call) error {
	role := call.Args[0]
	if role != "worker" && role != "manager" {
		return fmt.Errorf("unknown role %s", role)
	}
	var swarm swarmAnswer
	if err := call.Engine().Get("/swarm", nil, &swarm); err != nil {
		return err
	}
	if call.Bool("rotate") {
		query := queryOf("version", strconv.FormatUint(swarm.Version.Index, 10), "rotateWorkerToken", strconv.FormatBool(role == "worker"),
			"rotateManagerToken", strconv.FormatBool(role == "manager"))
		if err := call.Engine().Post("/swarm/update", query, swarm.Spec, nil); err != nil {
			return err
		}
		if !call.Bool("quiet") {
			fmt.Fprintf(call.Out, "Successfully rotated %s join token.\n\n", role)
		}
		if err := call.Engine().Get("/swarm", nil, &swarm); err != nil {
			return err
		}
	}
	if call.Bool("quiet") {
		if role == "worker" {
			return printed(call, swarm.JoinTokens.Worker)
		}
		return printed(call, swarm.JoinTokens.Manager)
	}
	return printJoin(call, role)
}

func swarmUpdate(call *command.Call) error {
	if !call.Any() {
		fmt.Fprint(call.Out, "Usage:  docker swarm update [OPTIONS]\n")
		return nil
	}
	var swarm swarmAnswer
	if err := call.Engine().Get("/swarm", nil, &swarm); err != nil {
		return err
	}
	if call.Has("dispatcher-heartbeat") {
		swarm.Spec["Dispatcher"] = map[string]any{"HeartbeatPeriod": call.Duration("dispatcher-heartbeat")}
	}
	if call.Has("task-history-limit") {
		swarm.Spec["Orchestration"] = map[string]any{"TaskHistoryRetentionLimit": call.Int("task-history-limit")}
	}
	if err := call.Engine().Post("/swarm/update", queryOf("version", strconv.FormatUint(swarm.Version.Index, 10)), swarm.Spec, nil); err != nil {
		return err
	}
	return printed(call, "Swarm updated.")
}

// refused are commands of Docker's that need what a swarm of this engine does not have.
func refused(what string) command.Command {
	return command.Command{
		Short: "Not part of this client", Min: 0, Max: command.Any, Leading: true,
		Run: func(*command.Call) error { return errors.New(what) },
	}
}

var (
	stackCommand  = refused("this client has no stacks: use docker compose on one machine, docker service on several")
	secretCommand = refused("this engine's swarms keep no secrets: use --mount or --env")
	configCommand = refused("this engine's swarms keep no configs: use --mount or --env")
)

// since says how long ago something was, as lists do.
func since(moment time.Time) string {
	return strings.ToLower(units.HumanDuration(time.Since(moment))) + " ago"
}
