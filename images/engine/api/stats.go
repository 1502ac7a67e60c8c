package api

import (
	"encoding/json"
	"net/http"
	"time"

	containertypes "github.com/moby/moby/api/types/container"

	"twinhull/engine/container"
)

// statsInterval is between two samples, as in Docker.
const statsInterval = time.Second

// stats sends one sample or, unless told not to, one each second until the client goes or the container is removed. Each
// holds the one before, so that a client sees from one answer what was used in between.
func (a containers) stats(w http.ResponseWriter, r *http.Request) error {
	c, err := a.find(r)
	if err != nil {
		return err
	}
	stream := !r.URL.Query().Has("stream") || flag(r, "stream")
	sample, err := a.manager.Stats(c)
	if err != nil {
		return err
	}
	if !stream && (flag(r, "one-shot") || sample.Read.IsZero()) {
		writeJSON(w, http.StatusOK, sample)
		return nil
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	sender := statsSender{http.NewResponseController(w), json.NewEncoder(w)}
	if stream && sender.send(sample) != nil {
		return nil
	}
	ticker := time.NewTicker(statsInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-r.Context().Done():
			return nil
		}
		next, err := a.next(c, sample)
		if err != nil || sender.send(next) != nil || !stream {
			return nil
		}
		sample = next
	}
}

func (a containers) next(c *container.Container, before *containertypes.StatsResponse) (*containertypes.StatsResponse, error) {
	if _, err := a.manager.Get(c.ID); err != nil {
		return nil, err
	}
	next, err := a.manager.Stats(c)
	if err == nil {
		next.PreRead, next.PreCPUStats = before.Read, before.CPUStats
	}
	return next, err
}

type statsSender struct {
	connection *http.ResponseController
	encoder    *json.Encoder
}

func (s statsSender) send(sample *containertypes.StatsResponse) error {
	if err := s.encoder.Encode(sample); err != nil {
		return err
	}
	return s.connection.Flush()
}
