package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	containertypes "github.com/moby/moby/api/types/container"

	"twinhull/engine/container"
	"twinhull/engine/fault"
	"twinhull/engine/filters"
)

// AddContainers adds the routes of containers' lives. Their streams are in streams.go.
func (r *Router) AddContainers(manager *container.Manager) {
	routes := containers{manager}
	r.Handle("POST /containers/create", routes.create)
	r.Handle("GET /containers/json", routes.list)
	r.Handle("GET /containers/{name}/json", routes.inspect)
	r.Handle("POST /containers/{name}/start", routes.start)
	r.Handle("POST /containers/{name}/stop", routes.stop)
	r.Handle("POST /containers/{name}/restart", routes.restart)
	r.Handle("POST /containers/{name}/kill", routes.kill)
	r.Handle("POST /containers/{name}/pause", routes.pause)
	r.Handle("POST /containers/{name}/unpause", routes.unpause)
	r.Handle("POST /containers/{name}/wait", routes.wait)
	r.Handle("POST /containers/{name}/resize", routes.resize)
	r.Handle("POST /containers/{name}/attach", routes.attach)
	r.Handle("GET /containers/{name}/logs", routes.logs)
	r.Handle("GET /containers/{name}/stats", routes.stats)
	r.Handle("GET /containers/{name}/top", routes.top)
	r.Handle("GET /containers/{name}/changes", routes.changes)
	r.Handle("GET /containers/{name}/export", routes.export)
	r.Handle("HEAD /containers/{name}/archive", routes.statPath)
	r.Handle("GET /containers/{name}/archive", routes.getArchive)
	r.Handle("PUT /containers/{name}/archive", routes.putArchive)
	r.Handle("POST /containers/{name}/update", routes.update)
	r.Handle("POST /containers/{name}/rename", routes.rename)
	r.Handle("POST /containers/prune", routes.prune)
	r.Handle("DELETE /containers/{name}", routes.remove)
}

type containers struct{ manager *container.Manager }

func (a containers) find(r *http.Request) (*container.Container, error) {
	return a.manager.Get(r.PathValue("name"))
}

func (a containers) create(w http.ResponseWriter, r *http.Request) error {
	var body containertypes.CreateRequest
	if err := readJSON(r, &body); err != nil {
		return err
	}
	request := container.CreateRequest{Name: r.URL.Query().Get("name"), Config: body.Config, Host: body.HostConfig}
	if body.NetworkingConfig != nil {
		request.Networks = body.NetworkingConfig.EndpointsConfig
	}
	made, warnings, err := a.manager.Create(r.Context(), request)
	if err != nil {
		return err
	}
	if warnings == nil {
		warnings = []string{}
	}
	writeJSON(w, http.StatusCreated, containertypes.CreateResponse{ID: made.ID, Warnings: warnings})
	return nil
}

func (a containers) list(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	parsed, err := filters.Parse(query.Get("filters"), container.ListFilters...)
	if err != nil {
		return err
	}
	options := container.ListOptions{All: flag(r, "all"), Size: flag(r, "size"), Filters: parsed}
	if limit := query.Get("limit"); limit != "" {
		if options.Limit, err = strconv.Atoi(limit); err != nil {
			return fault.New(fault.Invalid, "invalid limit %q: %w", limit, err)
		}
	}
	list, err := a.manager.List(options)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, list)
	return nil
}

func (a containers) inspect(w http.ResponseWriter, r *http.Request) error {
	c, err := a.find(r)
	if err != nil {
		return err
	}
	answer, err := a.manager.Inspect(c, flag(r, "size"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

// change answers 204 when an action on a container went well.
func (a containers) change(w http.ResponseWriter, r *http.Request, act func(context.Context, *container.Container) error) error {
	c, err := a.find(r)
	if err != nil {
		return err
	}
	if err := act(r.Context(), c); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a containers) start(w http.ResponseWriter, r *http.Request) error {
	return a.change(w, r, func(ctx context.Context, c *container.Container) error {
		// A client that goes away does not stop a start half-way.
		return a.manager.Start(context.WithoutCancel(ctx), c)
	})
}

func stopOptions(r *http.Request) (container.StopOptions, error) {
	options := container.StopOptions{Signal: r.URL.Query().Get("signal")}
	if text := r.URL.Query().Get("t"); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil {
			return options, fault.New(fault.Invalid, "invalid timeout %q: %w", text, err)
		}
		options.Seconds = &seconds
	}
	return options, nil
}

func (a containers) stop(w http.ResponseWriter, r *http.Request) error {
	options, err := stopOptions(r)
	if err != nil {
		return err
	}
	return a.change(w, r, func(ctx context.Context, c *container.Container) error {
		return a.manager.Stop(ctx, c, options)
	})
}

func (a containers) restart(w http.ResponseWriter, r *http.Request) error {
	options, err := stopOptions(r)
	if err != nil {
		return err
	}
	return a.change(w, r, func(ctx context.Context, c *container.Container) error {
		return a.manager.Restart(context.WithoutCancel(ctx), c, options)
	})
}

func (a containers) kill(w http.ResponseWriter, r *http.Request) error {
	return a.change(w, r, func(ctx context.Context, c *container.Container) error {
		return a.manager.Kill(ctx, c, r.URL.Query().Get("signal"))
	})
}

func (a containers) pause(w http.ResponseWriter, r *http.Request) error {
	return a.change(w, r, a.manager.Pause)
}

func (a containers) unpause(w http.ResponseWriter, r *http.Request) error {
	return a.change(w, r, a.manager.Unpause)
}

func (a containers) remove(w http.ResponseWriter, r *http.Request) error {
	if flag(r, "link") {
		return fault.New(fault.NotImplemented, "links of the default bridge cannot be removed: connect containers by a network")
	}
	options := container.RemoveOptions{Volumes: flag(r, "v"), Force: flag(r, "force")}
	return a.change(w, r, func(ctx context.Context, c *container.Container) error {
		return a.manager.Remove(context.WithoutCancel(ctx), c, options)
	})
}

func (a containers) wait(w http.ResponseWriter, r *http.Request) error {
	c, err := a.find(r)
	if err != nil {
		return err
	}
	told, err := c.Wait(r.Context(), containertypes.WaitCondition(r.URL.Query().Get("condition")))
	if err != nil {
		return err
	}
	// Clients start the container only after they have seen this answer begin.
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	if err := http.NewResponseController(w).Flush(); err != nil {
		return nil
	}
	select {
	case code := <-told:
		_ = json.NewEncoder(w).Encode(containertypes.WaitResponse{StatusCode: int64(code)})
	case <-r.Context().Done():
	}
	return nil
}

func (a containers) top(w http.ResponseWriter, r *http.Request) error {
	c, err := a.find(r)
	if err != nil {
		return err
	}
	answer, err := a.manager.Top(c, r.URL.Query().Get("ps_args"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

func (a containers) update(w http.ResponseWriter, r *http.Request) error {
	var body containertypes.UpdateConfig
	if err := readJSON(r, &body); err != nil {
		return err
	}
	c, err := a.find(r)
	if err != nil {
		return err
	}
	warnings, err := a.manager.Update(r.Context(), c, body)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, containertypes.UpdateResponse{Warnings: warnings})
	return nil
}

func (a containers) rename(w http.ResponseWriter, r *http.Request) error {
	return a.change(w, r, func(ctx context.Context, c *container.Container) error {
		return a.manager.Rename(ctx, c, r.URL.Query().Get("name"))
	})
}

func (a containers) prune(w http.ResponseWriter, r *http.Request) error {
	chosen, err := filters.Parse(r.URL.Query().Get("filters"), container.PruneFilters...)
	if err != nil {
		return err
	}
	report, err := a.manager.Prune(r.Context(), chosen)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, report)
	return nil
}

func (a containers) resize(w http.ResponseWriter, r *http.Request) error {
	rows, columns, err := sizeOf(r)
	if err != nil {
		return err
	}
	return a.change(w, r, func(_ context.Context, c *container.Container) error { return c.Resize(rows, columns) })
}

func sizeOf(r *http.Request) (rows, columns int, err error) {
	for name, to := range map[string]*int{"h": &rows, "w": &columns} {
		value, err := strconv.ParseUint(r.URL.Query().Get(name), 10, 16)
		if err != nil {
			return 0, 0, fault.New(fault.Invalid, "invalid resize %s=%q: %w", name, r.URL.Query().Get(name), err)
		}
		*to = int(value)
	}
	return rows, columns, nil
}
