package compose

import (
	"encoding/json"
	"io"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"sync"

	containertypes "github.com/moby/moby/api/types/container"

	"twinhull/engine/client/rest"
)

// Engine is the engine that a project runs on. Several goroutines may use it.
type Engine struct {
	first *rest.Client

	lock sync.Mutex
	idle []*rest.Client
}

// NewEngine returns an engine that is asked through copies of a client.
func NewEngine(client *rest.Client) *Engine { return &Engine{first: client} }

// client takes a client of the engine; done gives it back.
func (e *Engine) client() (client *rest.Client, done func()) {
	e.lock.Lock()
	defer e.lock.Unlock()
	if last := len(e.idle) - 1; last >= 0 {
		client = e.idle[last]
		e.idle = e.idle[:last]
	} else {
		client = e.first.Another()
	}
	return client, func() {
		e.lock.Lock()
		defer e.lock.Unlock()
		e.first.Version = client.Version
		e.idle = append(e.idle, client)
	}
}

func (e *Engine) get(path string, query url.Values, into any) error {
	client, done := e.client()
	defer done()
	return client.Get(path, query, into)
}

func (e *Engine) post(path string, query url.Values, body, into any) error {
	client, done := e.client()
	defer done()
	return client.Post(path, query, body, into)
}

func (e *Engine) remove(path string, query url.Values) error {
	client, done := e.client()
	defer done()
	return client.Delete(path, query, nil)
}

// stream asks for an answer that is read while it comes; closing it ends the request.
func (e *Engine) stream(request *rest.Request) (io.ReadCloser, error) {
	response, err := e.first.Another().Do(request)
	if err != nil {
		return nil, err
	}
	return response.Body, nil
}

// Container is one of a project's containers as the engine lists it.
type Container struct{ containertypes.Summary }

// Name is the container's name.
func (c *Container) Name() string {
	for _, name := range c.Names {
		if name = strings.TrimPrefix(name, "/"); !strings.Contains(name, "/") {
			return name
		}
	}
	return c.ID[:min(len(c.ID), 12)]
}

// Service is the service that the container is of.
func (c *Container) Service() string { return c.Labels[labelService] }

// Number counts a service's containers from 1.
func (c *Container) Number() int {
	number, _ := strconv.Atoi(c.Labels[labelNumber])
	return number
}

// Running tells whether a process is there.
func (c *Container) Running() bool {
	return c.State == containertypes.StateRunning || c.State == containertypes.StatePaused || c.State == containertypes.StateRestarting
}

func (c *Container) path() string { return "/containers/" + rest.Escape(c.ID) }

// labelFilter is a query for what has all of some labels, each NAME or NAME=VALUE.
func labelFilter(labels ...string) url.Values {
	wanted := map[string]bool{}
	for _, label := range labels {
		wanted[label] = true
	}
	raw, _ := json.Marshal(map[string]map[string]bool{"label": wanted})
	return url.Values{"filters": {string(raw)}}
}

// selection says which of a project's containers are meant.
type selection struct {
	project string
	// services limits it; nil means all.
	services []string
	// stopped includes containers that do not run.
	stopped bool
	// oneOff includes those of `run`.
	oneOff bool
}

// containers lists containers by service and number.
func (e *Engine) containers(wanted selection) ([]*Container, error) {
	labels := []string{labelProject + "=" + wanted.project, labelHash}
	if !wanted.oneOff {
		labels = append(labels, labelOneOff+"="+notOneOff)
	}
	query := labelFilter(labels...)
	if wanted.stopped {
		query.Set("all", "1")
	}
	var all []containertypes.Summary
	if err := e.get("/containers/json", query, &all); err != nil {
		return nil, err
	}
	var list []*Container
	for i := range all {
		c := &Container{all[i]}
		if wanted.services == nil || contains(wanted.services, c.Service()) {
			list = append(list, c)
		}
	}
	sort.SliceStable(list, func(i, j int) bool {
		if a, b := list[i].Service(), list[j].Service(); a != b {
			return a < b
		}
		if a, b := list[i].Number(), list[j].Number(); a != b {
			return a < b
		}
		return list[i].Name() < list[j].Name()
	})
	return list, nil
}

func contains(list []string, word string) bool {
	for _, other := range list {
		if other == word {
			return true
		}
	}
	return false
}

func (e *Engine) inspect(id string) (*containertypes.InspectResponse, error) {
	container := new(containertypes.InspectResponse)
	return container, e.get("/containers/"+rest.Escape(id)+"/json", nil, container)
}
