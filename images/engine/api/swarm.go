package api

import (
	"net/http"
	"strconv"

	swarmtypes "github.com/moby/moby/api/types/swarm"

	"twinhull/engine/fault"
	"twinhull/engine/filters"
	"twinhull/engine/network"
	"twinhull/engine/swarm"
)

// AddSwarm adds the routes of swarms, their nodes, services and tasks.
func (r *Router) AddSwarm(s *swarm.Swarm) {
	routes := swarmRoutes{s}
	r.Handle("GET /swarm", routes.inspect)
	r.Handle("POST /swarm/init", routes.init)
	r.Handle("POST /swarm/join", routes.join)
	r.Handle("POST /swarm/leave", routes.leave)
	r.Handle("POST /swarm/update", routes.update)
	r.Handle("GET /swarm/unlockkey", routes.withoutLocks)
	r.Handle("POST /swarm/unlock", routes.withoutLocks)
	r.Handle("GET /nodes", routes.nodes)
	r.Handle("GET /nodes/{id}", routes.node)
	r.Handle("POST /nodes/{id}/update", routes.updateNode)
	r.Handle("DELETE /nodes/{id}", routes.removeNode)
	r.Handle("GET /services", routes.services)
	r.Handle("POST /services/create", routes.createService)
	r.Handle("GET /services/{id}", routes.service)
	r.Handle("GET /services/{id}/logs", routes.serviceLogs)
	r.Handle("POST /services/{id}/update", routes.updateService)
	r.Handle("DELETE /services/{id}", routes.removeService)
	r.Handle("GET /tasks", routes.tasks)
	r.Handle("GET /tasks/{id}", routes.task)
	r.Handle("GET /tasks/{id}/logs", routes.taskLogs)
	for _, kind := range []string{"secret", "config"} {
		r.Handle("GET /"+kind+"s", routes.none)
		r.Handle("GET /"+kind+"s/{id}", func(_ http.ResponseWriter, r *http.Request) error {
			return fault.New(fault.NotFound, "%s %s not found", kind, r.PathValue("id"))
		})
		r.Handle("POST /"+kind+"s/create", func(http.ResponseWriter, *http.Request) error {
			return fault.New(fault.NotImplemented, "this engine's swarms keep no %ss: use --mount or --env", kind)
		})
	}
}

type swarmRoutes struct{ swarm *swarm.Swarm }

func (a swarmRoutes) inspect(w http.ResponseWriter, _ *http.Request) error {
	described, err := a.swarm.Inspect()
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, described)
	return nil
}

func (a swarmRoutes) init(w http.ResponseWriter, r *http.Request) error {
	var request swarmtypes.InitRequest
	if err := readJSON(r, &request); err != nil {
		return err
	}
	id, err := a.swarm.Init(request)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, id)
	return nil
}

func (a swarmRoutes) join(_ http.ResponseWriter, r *http.Request) error {
	var request swarmtypes.JoinRequest
	if err := readJSON(r, &request); err != nil {
		return err
	}
	return a.swarm.Join(request)
}

func (a swarmRoutes) leave(_ http.ResponseWriter, r *http.Request) error {
	return a.swarm.Leave(flag(r, "force"))
}

func (a swarmRoutes) update(_ http.ResponseWriter, r *http.Request) error {
	var spec swarmtypes.Spec
	if err := readJSON(r, &spec); err != nil {
		return err
	}
	version, err := versionOf(r)
	if err != nil {
		return err
	}
	return a.swarm.Update(version, spec, flag(r, "rotateWorkerToken"), flag(r, "rotateManagerToken"))
}

func (a swarmRoutes) withoutLocks(http.ResponseWriter, *http.Request) error {
	return fault.New(fault.NotImplemented, "this engine's swarms are never locked: managers keep their keys as they are")
}

// none answers for what a manager of this engine never has.
func (a swarmRoutes) none(w http.ResponseWriter, _ *http.Request) error {
	if info := a.swarm.Info(); !info.ControlAvailable {
		return network.NotManager(info.NodeID != "")
	}
	writeJSON(w, http.StatusOK, []struct{}{})
	return nil
}

func versionOf(r *http.Request) (uint64, error) {
	text := r.URL.Query().Get("version")
	version, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fault.New(fault.Invalid, "invalid %s version '%s': %w", "object", text, err)
	}
	return version, nil
}

func (a swarmRoutes) nodes(w http.ResponseWriter, r *http.Request) error {
	wanted, err := filters.Parse(r.URL.Query().Get("filters"), "id", "name", "label", "node.label", "role", "membership")
	if err != nil {
		return err
	}
	all, err := a.swarm.Nodes(wanted)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, all)
	return nil
}

func (a swarmRoutes) node(w http.ResponseWriter, r *http.Request) error {
	n, err := a.swarm.Node(r.PathValue("id"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, n)
	return nil
}

func (a swarmRoutes) updateNode(_ http.ResponseWriter, r *http.Request) error {
	var spec swarmtypes.NodeSpec
	if err := readJSON(r, &spec); err != nil {
		return err
	}
	version, err := versionOf(r)
	if err != nil {
		return err
	}
	return a.swarm.UpdateNode(r.PathValue("id"), version, spec)
}

func (a swarmRoutes) removeNode(_ http.ResponseWriter, r *http.Request) error {
	return a.swarm.RemoveNode(r.PathValue("id"), flag(r, "force"))
}

func (a swarmRoutes) services(w http.ResponseWriter, r *http.Request) error {
	wanted, err := filters.Parse(r.URL.Query().Get("filters"), "id", "name", "label", "mode", "runtime")
	if err != nil {
		return err
	}
	all, err := a.swarm.Services(wanted, flag(r, "status"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, all)
	return nil
}

func (a swarmRoutes) service(w http.ResponseWriter, r *http.Request) error {
	found, err := a.swarm.Service(r.PathValue("id"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, found)
	return nil
}

func (a swarmRoutes) createService(w http.ResponseWriter, r *http.Request) error {
	var spec swarmtypes.ServiceSpec
	if err := readJSON(r, &spec); err != nil {
		return err
	}
	id, err := a.swarm.CreateService(spec)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusCreated, swarmtypes.ServiceCreateResponse{ID: id})
	return nil
}

func (a swarmRoutes) updateService(w http.ResponseWriter, r *http.Request) error {
	var spec swarmtypes.ServiceSpec
	if err := readJSON(r, &spec); err != nil {
		return err
	}
	version, err := versionOf(r)
	if err != nil {
		return err
	}
	rollback := r.URL.Query().Get("rollback") == "previous"
	if err := a.swarm.UpdateService(r.PathValue("id"), version, spec, rollback); err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, swarmtypes.ServiceUpdateResponse{})
	return nil
}

func (a swarmRoutes) removeService(_ http.ResponseWriter, r *http.Request) error {
	return a.swarm.RemoveService(r.PathValue("id"))
}

func (a swarmRoutes) tasks(w http.ResponseWriter, r *http.Request) error {
	wanted, err := filters.Parse(r.URL.Query().Get("filters"), "id", "name", "label", "service", "node", "desired-state", "_up-to-date", "runtime")
	if err != nil {
		return err
	}
	all, err := a.swarm.Tasks(wanted)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, all)
	return nil
}

func (a swarmRoutes) task(w http.ResponseWriter, r *http.Request) error {
	t, err := a.swarm.Task(r.PathValue("id"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, t)
	return nil
}

func (a swarmRoutes) serviceLogs(w http.ResponseWriter, r *http.Request) error {
	found, err := a.swarm.Service(r.PathValue("id"))
	if err != nil {
		return err
	}
	all, err := a.swarm.Tasks(filters.Filters{"service": {found.ID}})
	if err != nil {
		return err
	}
	return a.logs(w, r, all)
}

func (a swarmRoutes) taskLogs(w http.ResponseWriter, r *http.Request) error {
	t, err := a.swarm.Task(r.PathValue("id"))
	if err != nil {
		return err
	}
	return a.logs(w, r, []swarmtypes.Task{t})
}

// logs sends what tasks with a container have said. With details, which clients use to say whose a line is, every line
// begins with the node's, the service's and the task's id.
func (a swarmRoutes) logs(w http.ResponseWriter, r *http.Request, tasks []swarmtypes.Task) error {
	asked, err := logOptions(r)
	if err != nil {
		return err
	}
	var with []swarmtypes.Task
	terminal := false
	for _, t := range tasks {
		if status := t.Status.ContainerStatus; status != nil && status.ContainerID != "" {
			with = append(with, t)
			terminal = t.Spec.ContainerSpec.TTY
		}
	}
	kind := multiplexedStream
	if terminal {
		kind = rawStream
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(http.StatusOK)
	flusher := http.NewResponseController(w)
	_ = flusher.Flush()
	write := lineWriter(w, terminal)
	// What goes wrong after the headers, such as a node that is cut off, cannot be said; the other nodes' lines come.
	_ = a.swarm.Logs(r.Context(), with, swarm.LogOptions{
		Since: asked.Since, Tail: asked.Tail, Follow: asked.Follow, Timestamps: asked.Timestamps,
	}, func(t *swarmtypes.Task, stderr bool, line []byte) error {
		if !asked.Stdout && !stderr || !asked.Stderr && stderr {
			return nil
		}
		if asked.Details {
			labels := "com.docker.swarm.node.id=" + t.NodeID + ",com.docker.swarm.service.id=" + t.ServiceID +
				",com.docker.swarm.task.id=" + t.ID + " "
			// After the time, as Docker's.
			at := 0
			if asked.Timestamps {
				for at < len(line) && line[at] != ' ' {
					at++
				}
				at = min(at+1, len(line))
			}
			line = append(append(append([]byte(nil), line[:at]...), labels...), line[at:]...)
		}
		if err := write(stderr, line); err != nil {
			return err
		}
		return flusher.Flush()
	})
	return nil
}
