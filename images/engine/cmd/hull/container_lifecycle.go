package main

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/jsonlite"
	"twinhull/engine/client/options"
	"twinhull/engine/client/rest"
)

var stopContainers = command.Command{
	Usage: []string{"[OPTIONS] CONTAINER [CONTAINER...]"}, Short: "Stop one or more running containers",
	Synonyms: "docker container stop, docker stop",
	Flags: flag.Set{{
		{Name: "signal", Short: "s", Type: "string", Usage: "Signal to send to the container"},
		{Name: "timeout", Short: "t", Type: "int", Usage: "Seconds to wait before killing the container"},
		{Name: "time", Type: "int", Hidden: true, As: "timeout", Deprecated: "use --timeout instead"},
	}},
	Min: 1, Max: command.Any, Complete: "container",
	Run: func(call *command.Call) error { return stopOrRestart(call, "stop") },
}

var restartContainers = command.Command{
	Usage: []string{"[OPTIONS] CONTAINER [CONTAINER...]"}, Short: "Restart one or more containers",
	Synonyms: "docker container restart, docker restart",
	Flags: flag.Set{{
		{Name: "signal", Short: "s", Type: "string", Usage: "Signal to send to the container"},
		{Name: "timeout", Short: "t", Type: "int", Usage: "Seconds to wait before killing the container"},
		{Name: "time", Type: "int", Hidden: true, As: "timeout", Deprecated: "use --timeout instead"},
	}},
	Min: 1, Max: command.Any, Complete: "container",
	Run: func(call *command.Call) error { return stopOrRestart(call, "restart") },
}

var killContainers = command.Command{
	Usage: []string{"[OPTIONS] CONTAINER [CONTAINER...]"}, Short: "Kill one or more running containers",
	Synonyms: "docker container kill, docker kill",
	Flags: flag.Set{{
		{Name: "signal", Short: "s", Type: "string", Usage: "Signal to send to the container"},
	}},
	Min: 1, Max: command.Any, Complete: "container",
	Run: func(call *command.Call) error {
		return postEach(call, "kill", queryOf("signal", call.String("signal")))
	},
}

var pauseContainers = command.Command{
	Usage: []string{"CONTAINER [CONTAINER...]"}, Short: "Pause all processes within one or more containers",
	Synonyms: "docker container pause, docker pause",
	Min:      1, Max: command.Any, Complete: "container",
	Run: func(call *command.Call) error { return postEach(call, "pause", nil) },
}

var unpauseContainers = command.Command{
	Usage: []string{"CONTAINER [CONTAINER...]"}, Short: "Unpause all processes within one or more containers",
	Synonyms: "docker container unpause, docker unpause",
	Min:      1, Max: command.Any, Complete: "container",
	Run: func(call *command.Call) error { return postEach(call, "unpause", nil) },
}

var renameContainer = command.Command{
	Usage: []string{"CONTAINER NEW_NAME"}, Short: "Rename a container",
	Synonyms: "docker container rename, docker rename",
	Min:      2, Max: 2, Complete: "container", Run: containerRename,
}

var waitContainers = command.Command{
	Usage: []string{"CONTAINER [CONTAINER...]"}, Short: "Block until one or more containers stop, then print their exit codes",
	Synonyms: "docker container wait, docker wait",
	Min:      1, Max: command.Any, Complete: "container", Run: containerWait,
}

var updateContainers = command.Command{
	Usage: []string{"[OPTIONS] CONTAINER [CONTAINER...]"}, Short: "Update configuration of one or more containers",
	Synonyms: "docker container update, docker update",
	Flags: flag.Set{{
		{Name: "blkio-weight", Type: "uint16", Default: "0", Usage: "Block IO (relative weight), between 10 and 1000, or 0 to disable"},
		{Name: "cpu-period", Type: "int", Usage: "Limit CPU CFS (Completely Fair Scheduler) period"},
		{Name: "cpu-quota", Type: "int", Usage: "Limit CPU CFS (Completely Fair Scheduler) quota"},
		{Name: "cpu-rt-period", Type: "int", Usage: "Limit the CPU real-time period in microseconds"},
		{Name: "cpu-rt-runtime", Type: "int", Usage: "Limit the CPU real-time runtime in microseconds"},
		{Name: "cpu-shares", Short: "c", Type: "int", Usage: "CPU shares (relative weight)"},
		{Name: "cpus", Type: "decimal", Usage: "Number of CPUs"},
		{Name: "cpuset-cpus", Type: "string", Usage: "CPUs in which to allow execution (0-3, 0,1)"},
		{Name: "cpuset-mems", Type: "string", Usage: "MEMs in which to allow execution (0-3, 0,1)"},
		{Name: "memory", Short: "m", Type: "bytes", Usage: "Memory limit"},
		{Name: "memory-reservation", Type: "bytes", Usage: "Memory soft limit"},
		{Name: "memory-swap", Type: "bytes", Usage: "Swap limit equal to memory plus swap: -1 to enable unlimited swap"},
		{Name: "pids-limit", Type: "int", Usage: "Tune container pids limit (set -1 for unlimited)"},
		{Name: "restart", Type: "string", Usage: "Restart policy to apply when a container exits"},
	}},
	Min: 1, Max: command.Any, Complete: "container", Run: containerUpdate,
}

// queryOf makes a query of names and values; empty values are left out.
func queryOf(pairs ...string) url.Values {
	query := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	return query
}

// truth is how a query says yes.
func truth(yes bool) string {
	if yes {
		return "1"
	}
	return ""
}

// postEach does something without an answer to every container named.
func postEach(call *command.Call, action string, query url.Values) error {
	return each(call, call.Args, func(name string) error {
		return call.Engine().Post("/containers/"+rest.Escape(name)+"/"+action, query, nil, nil)
	})
}

func stopOrRestart(call *command.Call, action string) error {
	query := queryOf("signal", call.String("signal"))
	if call.Has("timeout") {
		query.Set("t", strconv.FormatInt(call.Int("timeout"), 10))
	}
	return postEach(call, action, query)
}

func containerRename(call *command.Call) error {
	from, to := strings.TrimSpace(call.Args[0]), strings.TrimSpace(call.Args[1])
	if from == "" || to == "" {
		return errors.New("Error: Neither old nor new names may be empty")
	}
	err := call.Engine().Post("/containers/"+rest.Escape(from)+"/rename", url.Values{"name": {to}}, nil, nil)
	if err != nil {
		fmt.Fprintln(call.Err, err)
		return fmt.Errorf("Error: failed to rename container named %s", from)
	}
	return nil
}

func containerWait(call *command.Call) error {
	var failed []error
	for _, name := range call.Args {
		var ended ending
		if err := call.Engine().Post("/containers/"+rest.Escape(name)+"/wait", nil, nil, &ended); err != nil {
			failed = append(failed, err)
			continue
		}
		fmt.Fprintln(call.Out, ended.status)
	}
	return errors.Join(failed...)
}

func containerUpdate(call *command.Call) error {
	if !call.Any() {
		return errors.New("you must provide one or more flags when using this command")
	}
	var limits options.Resources
	if err := options.ParseCommonLimits(&limits, call.Values); err != nil {
		return err
	}
	policy, err := options.ParseRestart(call.String("restart"))
	if err != nil {
		return err
	}
	request := rest.Writing(func(w *jsonlite.Writer) {
		w.Object("", func() {
			limits.Write(w)
			w.Object("RestartPolicy", func() { policy.Write(w) })
		})
	})
	var warnings []string
	err = each(call, call.Args, func(name string) error {
		var result struct{ Warnings []string }
		err := call.Engine().Post("/containers/"+rest.Escape(name)+"/update", nil, request, &result)
		warnings = append(warnings, result.Warnings...)
		return err
	})
	if len(warnings) > 0 {
		fmt.Fprintln(call.Out, strings.Join(warnings, "\n"))
	}
	return err
}
