package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/options"
)

// waitFlags decide whether a client waits until a service is as wanted.
var waitFlags = []flag.Flag{
	{Name: "detach", Short: "d", Usage: "Exit immediately instead of waiting for the service to converge"},
	{Name: "quiet", Short: "q", Usage: "Suppress progress output"},
}

// policyFlags say how tasks are restarted and updated.
var policyFlags = []flag.Flag{
	{Name: "restart-condition", Type: "string", Usage: `Restart when condition is met ("none", "on-failure", "any") (default "any")`},
	{Name: "restart-delay", Type: "duration", Usage: "Delay between restart attempts (ns|us|ms|s|m|h) (default 5s)"},
	{Name: "restart-max-attempts", Type: "uint", Usage: "Maximum number of restarts before giving up"},
	{Name: "update-delay", Type: "duration", Usage: "Delay between updates (ns|us|ms|s|m|h) (default 0s)"},
	{Name: "update-failure-action", Type: "string", Usage: `Action on update failure ("pause", "continue") (default "pause")`},
	{Name: "update-parallelism", Type: "uint", Usage: "Maximum number of tasks updated simultaneously (0 to update all at once)"},
	{Name: "limit-memory", Type: "bytes", Usage: "Limit Memory", Check: options.CheckBytes},
	{Name: "stop-grace-period", Type: "duration", Usage: "Time to wait before force killing a container (ns|us|ms|s|m|h) (default 10s)"},
	{Name: "hostname", Type: "string", Usage: "Container hostname"},
	{Name: "user", Short: "u", Type: "string", Usage: "Username or UID (format: <name|uid>[:<group|gid>])"},
	{Name: "workdir", Short: "w", Type: "string", Usage: "Working directory inside the container"},
}

var createService = command.Command{
	Usage: []string{"[OPTIONS] IMAGE [COMMAND] [ARG...]"}, Short: "Create a new service",
	Flags: flag.Set{waitFlags, policyFlags, {
		{Name: "constraint", Type: "list", Usage: "Placement constraints"},
		{Name: "container-label", Type: "list", Usage: "Container labels"},
		{Name: "endpoint-mode", Type: "string", Default: "vip", Usage: "Endpoint mode (vip or dnsrr)"},
		{Name: "env", Short: "e", Type: "list", Usage: "Set environment variables"},
		{Name: "label", Short: "l", Type: "list", Usage: "Service labels"},
		{Name: "mode", Type: "string", Default: "replicated", Usage: `Service mode ("replicated", "global")`},
		{Name: "mount", Type: "mount", Usage: "Attach a filesystem mount to the service"},
		{Name: "name", Type: "string", Usage: "Service name"},
		{Name: "network", Type: "network", Usage: "Network attachments"},
		{Name: "publish", Short: "p", Type: "list", Usage: "Publish a port as a node port"},
		{Name: "replicas", Type: "uint", Usage: "Number of tasks"},
		{Name: "replicas-max-per-node", Type: "uint", Usage: "Maximum number of tasks per node (default 0 = unlimited)"},
		{Name: "tty", Short: "t", Usage: "Allocate a pseudo-TTY"},
	}},
	Min: 1, Max: command.Any, Leading: true, Complete: "image", Run: serviceCreate,
}

// object is the value of a field that is an object, made if it is not there.
func object(of map[string]any, name string) map[string]any {
	found, ok := of[name].(map[string]any)
	if !ok {
		found = map[string]any{}
		of[name] = found
	}
	return found
}

// applyPolicies puts what policyFlags say into a specification.
func applyPolicies(call *command.Call, spec map[string]any) {
	template := object(spec, "TaskTemplate")
	container := object(template, "ContainerSpec")
	for name, field := range map[string]string{"hostname": "Hostname", "user": "User", "workdir": "Dir"} {
		if call.Has(name) {
			container[field] = call.String(name)
		}
	}
	if call.Has("stop-grace-period") {
		container["StopGracePeriod"] = call.Duration("stop-grace-period")
	}
	if call.Has("limit-memory") {
		object(object(template, "Resources"), "Limits")["MemoryBytes"] = options.Bytes(call.Values, "limit-memory")
	}
	if call.Has("restart-condition") {
		object(template, "RestartPolicy")["Condition"] = call.String("restart-condition")
	}
	if call.Has("restart-delay") {
		object(template, "RestartPolicy")["Delay"] = call.Duration("restart-delay")
	}
	if call.Has("restart-max-attempts") {
		object(template, "RestartPolicy")["MaxAttempts"] = call.Int("restart-max-attempts")
	}
	if call.Has("update-parallelism") {
		object(spec, "UpdateConfig")["Parallelism"] = call.Int("update-parallelism")
	}
	if call.Has("update-delay") {
		config := object(spec, "UpdateConfig")
		config["Delay"] = call.Duration("update-delay")
		if !call.Has("update-parallelism") && config["Parallelism"] == nil {
			config["Parallelism"] = 1
		}
	}
	if call.Has("update-failure-action") {
		config := object(spec, "UpdateConfig")
		config["FailureAction"] = call.String("update-failure-action")
		if config["Parallelism"] == nil {
			config["Parallelism"] = 1
		}
	}
}

func serviceCreate(call *command.Call) error {
	container := map[string]any{"Image": call.Args[0], "Labels": call.Map("container-label"), "Env": call.List("env")}
	if len(call.Args) > 1 {
		container["Args"] = call.Args[1:]
	}
	if call.Bool("tty") {
		container["TTY"] = true
	}
	var mounts []options.Mount
	for _, word := range call.List("mount") {
		mount, err := options.ParseMount(word)
		if err != nil {
			return err
		}
		mounts = append(mounts, mount)
	}
	if mounts != nil {
		container["Mounts"] = mounts
	}
	template := map[string]any{"ContainerSpec": container}
	var networks []map[string]any
	for _, word := range call.List("network") {
		network := map[string]any{}
		for _, part := range strings.Split(word, ",") {
			switch key, value, _ := strings.Cut(part, "="); key {
			case "name":
				network["Target"] = value
			case "alias":
				aliases, _ := network["Aliases"].([]string)
				network["Aliases"] = append(aliases, value)
			default:
				network["Target"] = word
			}
		}
		networks = append(networks, network)
	}
	if networks != nil {
		template["Networks"] = networks
	}
	placement := map[string]any{}
	if list := call.List("constraint"); list != nil {
		placement["Constraints"] = list
	}
	if limit := call.Int("replicas-max-per-node"); limit > 0 {
		placement["MaxReplicas"] = limit
	}
	if len(placement) > 0 {
		template["Placement"] = placement
	}
	ports, err := servicePorts(call.List("publish"))
	if err != nil {
		return err
	}
	labels := call.Map("label")
	if labels == nil {
		labels = map[string]string{}
	}
	spec := map[string]any{
		"Name": call.String("name"), "Labels": labels, "TaskTemplate": template,
		"EndpointSpec": map[string]any{"Mode": call.String("endpoint-mode"), "Ports": ports},
	}
	if call.String("name") == "" {
		spec["Name"] = inventServiceName()
	}
	switch mode := call.String("mode"); mode {
	case "replicated":
		replicated := map[string]any{}
		if call.Has("replicas") {
			replicated["Replicas"] = call.Int("replicas")
		}
		spec["Mode"] = map[string]any{"Replicated": replicated}
	case "global":
		if call.Has("replicas") {
			return fmt.Errorf("replicas can only be used with replicated or replicated-job mode")
		}
		spec["Mode"] = map[string]any{"Global": map[string]any{}}
	default:
		return fmt.Errorf("unknown mode: %s, only replicated and global are supported by this engine", mode)
	}
	applyPolicies(call, spec)
	var created struct {
		ID       string
		Warnings []string
	}
	if err := call.Engine().Post("/services/create", nil, spec, &created); err != nil {
		return err
	}
	for _, warning := range created.Warnings {
		fmt.Fprintln(call.Err, warning)
	}
	fmt.Fprintln(call.Out, created.ID)
	return converge(call, created.ID)
}

// inventServiceName makes a name, which the engine wants of every service.
func inventServiceName() string { return "service-" + strconv.FormatInt(time.Now().UnixNano(), 36) }

// servicePorts reads -p: 8080:80, 8080:80/udp, 80, and published=8080,target=80,protocol=tcp,mode=host.
func servicePorts(words []string) ([]portRow, error) {
	ports := []portRow{}
	for _, word := range words {
		port := portRow{Protocol: "tcp", PublishMode: "ingress"}
		number := func(text string) uint32 {
			value, err := strconv.ParseUint(text, 10, 16)
			if err != nil {
				return 0
			}
			return uint32(value)
		}
		if strings.Contains(word, "=") {
			for _, part := range strings.Split(word, ",") {
				key, value, _ := strings.Cut(part, "=")
				switch key {
				case "target":
					port.TargetPort = number(value)
				case "published":
					port.PublishedPort = number(value)
				case "protocol":
					port.Protocol = value
				case "mode":
					if value != "host" && value != "ingress" {
						return nil, fmt.Errorf("invalid publish mode value (%s): must be either 'ingress' or 'host'", value)
					}
					port.PublishMode = value
				default:
					return nil, fmt.Errorf("invalid field key: %s", key)
				}
			}
		} else {
			rest, protocol, found := strings.Cut(word, "/")
			if found {
				port.Protocol = protocol
			}
			published, target, two := strings.Cut(rest, ":")
			if !two {
				target, published = published, ""
			}
			port.TargetPort, port.PublishedPort = number(target), number(published)
			if two && port.PublishedPort == 0 {
				return nil, fmt.Errorf("invalid published port in %q: write PUBLISHED:TARGET", word)
			}
		}
		if port.TargetPort == 0 {
			return nil, fmt.Errorf("invalid target port in %q: write PUBLISHED:TARGET, or target=NUMBER,published=NUMBER", word)
		}
		ports = append(ports, port)
	}
	return ports, nil
}

// pollPeriod is how often a service is looked at while it becomes what is wanted; stableFor is how long it must stay so.
const (
	pollPeriod = 200 * time.Millisecond
	stableFor  = 5 * time.Second
)

// converge waits until a service's tasks run, and says how far they are.
func converge(call *command.Call, id string) error {
	if call.Bool("detach") {
		return nil
	}
	say := func(format string, arguments ...any) {
		if !call.Bool("quiet") {
			fmt.Fprintf(call.Out, format, arguments...)
		}
	}
	last := ""
	var since time.Time
	for {
		var service serviceRow
		if err := call.Engine().Get(servicePath(id), nil, &service); err != nil {
			return err
		}
		if status := service.UpdateStatus; status != nil && (status.State == "paused" || status.State == "rollback_paused") {
			return fmt.Errorf("service update paused: %s", status.Message)
		}
		var rows []serviceRow
		query := queryOf("status", "1", "filters", `{"id":{"`+id+`":true}}`)
		if err := call.Engine().Get("/services", query, &rows); err != nil {
			return err
		}
		running, wanted := uint64(0), uint64(0)
		if len(rows) == 1 && rows[0].ServiceStatus != nil {
			running, wanted = rows[0].ServiceStatus.RunningTasks, rows[0].ServiceStatus.DesiredTasks
		}
		updating := service.UpdateStatus != nil && (service.UpdateStatus.State == "updating" || service.UpdateStatus.State == "rollback_started")
		if line := fmt.Sprintf("overall progress: %d out of %d tasks\n", running, wanted); line != last {
			last = line
			say("%s", line)
		}
		switch {
		case running != wanted || updating:
			since = time.Time{}
		case since.IsZero():
			since = time.Now()
			say("verify: Waiting %d seconds to verify that tasks are stable...\n", int(stableFor.Seconds()))
		case time.Since(since) >= stableFor:
			say("verify: Service %s converged\n", service.ID)
			return nil
		}
		time.Sleep(pollPeriod)
	}
}
