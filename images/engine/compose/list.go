package compose

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	containertypes "github.com/moby/moby/api/types/container"
)

// PsOptions are which containers `docker compose ps` lists.
type PsOptions struct {
	All      bool
	Services []string
	// States are the states to list, if any are given.
	States []string
}

// Ps lists the project's containers.
func (p *Project) Ps(options PsOptions) ([]*Container, error) {
	list, err := p.engine.containers(selection{
		project: p.Name, services: options.Services, stopped: options.All || len(options.States) > 0, oneOff: options.All,
	})
	if err != nil || len(options.States) == 0 {
		return list, err
	}
	return slices.DeleteFunc(list, func(c *Container) bool { return !contains(options.States, string(c.State)) }), nil
}

// Publisher is a published port in the JSON of `docker compose ps`.
type Publisher struct {
	URL           string
	TargetPort    int
	PublishedPort int
	Protocol      string
}

// Publishers lists the container's ports.
func (c *Container) Publishers() []Publisher {
	list := []Publisher{}
	for _, port := range c.Ports {
		made := Publisher{TargetPort: int(port.PrivatePort), PublishedPort: int(port.PublicPort), Protocol: port.Type}
		if port.IP.IsValid() {
			made.URL = port.IP.String()
		}
		list = append(list, made)
	}
	return list
}

// HealthText is the state of the container's health check; "" without one.
func (c *Container) HealthText() string {
	if c.Summary.Health != nil {
		if c.Summary.Health.Status == containertypes.NoHealthcheck {
			return ""
		}
		return string(c.Summary.Health.Status)
	}
	// Engines before API 1.52 say it only in the text.
	for text, health := range map[string]string{"(healthy)": "healthy", "(unhealthy)": "unhealthy", "(health: starting)": "starting"} {
		if strings.Contains(c.Status, text) {
			return health
		}
	}
	return ""
}

// Exited is what the container's process ended with, as its status says.
func (c *Container) Exited() int {
	_, text, found := strings.Cut(c.Status, "Exited (")
	if !found {
		return 0
	}
	code, _, _ := strings.Cut(text, ")")
	number, _ := strconv.Atoi(code)
	return number
}

// Top prints the processes of services' containers.
func (p *Project) Top(services []string, print func(c *Container, titles []string, processes [][]string) error) error {
	list, err := p.engine.containers(selection{project: p.Name, services: services})
	if err != nil {
		return err
	}
	for _, c := range list {
		var answer containertypes.TopResponse
		if err := p.engine.get(c.path()+"/top", nil, &answer); err != nil {
			return err
		}
		if err := print(c, answer.Titles, answer.Processes); err != nil {
			return err
		}
	}
	return nil
}

// ContainersOf lists a service's containers that run or have run, or the one with a number; 0 stands for all.
func (p *Project) ContainersOf(service string, number int) ([]*Container, error) {
	if number != 0 {
		c, err := p.one(service, number, true)
		return []*Container{c}, err
	}
	list, err := p.engine.containers(selection{project: p.Name, services: []string{service}, stopped: true})
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("no container found for service %q", service)
	}
	return list, err
}

// Shown are the containers of some services, by ID, for commands that name containers. A project without any is an error.
func (p *Project) Shown(services []string, stopped bool) ([]string, error) {
	list, err := p.engine.containers(selection{project: p.Name, services: services, stopped: stopped})
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("no containers for project %q", p.Name)
	}
	var ids []string
	for _, c := range list {
		ids = append(ids, c.ID)
	}
	return ids, err
}

// one finds a container of a service by its number; 0 is the first.
func (p *Project) one(service string, number int, stopped bool) (*Container, error) {
	list, err := p.engine.containers(selection{project: p.Name, services: []string{service}, stopped: stopped})
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		if number == 0 || c.Number() == number {
			return c, nil
		}
	}
	if number > 1 {
		return nil, fmt.Errorf("service %q is not running container #%d", service, number)
	}
	return nil, fmt.Errorf("service %q is not running", service)
}

// ExitCode asks how the first container of a service ended.
func (p *Project) ExitCode(service string) (int, error) {
	c, err := p.one(service, 0, true)
	if err != nil {
		return 0, err
	}
	inspected, err := p.engine.inspect(c.ID)
	if err != nil {
		return 0, err
	}
	return inspected.State.ExitCode, nil
}

// Port prints where a port of a service is published.
func (p *Project) Port(service string, port int, protocol string, number int) error {
	c, err := p.one(service, number, true)
	if err != nil {
		return err
	}
	for _, published := range c.Ports {
		if int(published.PrivatePort) == port && published.Type == protocol && published.PublicPort != 0 {
			_, err := fmt.Fprintf(p.Out, "%s:%d\n", published.IP, published.PublicPort)
			return err
		}
	}
	return fmt.Errorf("no port %d/%s for container %s", port, protocol, c.Name())
}

// Stack is a project as `docker compose ls` lists it.
type Stack struct{ Name, Status, ConfigFiles string }

// Stacks lists all projects of an engine.
func (e *Engine) Stacks(all bool) ([]Stack, error) {
	query := labelFilter(labelProject, labelHash)
	if all {
		query.Set("all", "1")
	}
	var list []containertypes.Summary
	if err := e.get("/containers/json", query, &list); err != nil {
		return nil, err
	}
	files, states := map[string]string{}, map[string]map[string]int{}
	for _, c := range list {
		name := c.Labels[labelProject]
		if states[name] == nil {
			states[name] = map[string]int{}
		}
		states[name][string(c.State)]++
		files[name] = c.Labels[labelConfigFiles]
	}
	stacks := []Stack{}
	for _, name := range slices.Sorted(maps.Keys(states)) {
		var status []string
		for _, state := range slices.Sorted(maps.Keys(states[name])) {
			status = append(status, fmt.Sprintf("%s(%d)", state, states[name][state]))
		}
		stacks = append(stacks, Stack{name, strings.Join(status, ", "), files[name]})
	}
	return stacks, nil
}

// Table prints columns as wide as their widest cell, three spaces apart.
func Table(out io.Writer, header []string, rows [][]string) {
	widths := make([]int, len(header))
	all := append([][]string{header}, rows...)
	for _, row := range all {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	for _, row := range all {
		var line strings.Builder
		for i, cell := range row {
			fmt.Fprintf(&line, "%-*s", widths[i]+3, cell)
		}
		fmt.Fprintln(out, strings.TrimRight(line.String(), " "))
	}
}
