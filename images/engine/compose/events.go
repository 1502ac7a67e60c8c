package compose

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"twinhull/engine/client/rest"
)

// Event is what happened to one of a project's containers.
type Event struct {
	Time       time.Time         `json:"time"`
	Type       string            `json:"type"`
	Action     string            `json:"action"`
	ID         string            `json:"id"`
	Service    string            `json:"service"`
	Attributes map[string]string `json:"attributes"`
}

// EventOptions are which events `docker compose events` shows: of services, nil for all, and of when.
type EventOptions struct {
	Services     []string
	Since, Until string
}

// Events shows events as they come, until the engine has no more of them.
func (p *Project) Events(options EventOptions, show func(Event) error) error {
	filters, err := json.Marshal(map[string]map[string]bool{
		"type": {"container": true}, "label": {labelProject + "=" + p.Name: true},
	})
	if err != nil {
		return err
	}
	query := map[string][]string{"filters": {string(filters)}}
	for name, moment := range map[string]string{"since": options.Since, "until": options.Until} {
		if moment != "" {
			query[name] = []string{moment}
		}
	}
	answer, err := p.engine.stream(&rest.Request{Method: "GET", Path: "/events", Query: query})
	if err != nil {
		return err
	}
	defer answer.Close()
	return rest.Lines(answer, func(raw *json.RawMessage) error {
		var told struct {
			Type, Action string
			Actor        struct {
				ID         string
				Attributes map[string]string
			}
			TimeNano int64 `json:"timeNano"`
		}
		if err := json.Unmarshal(*raw, &told); err != nil {
			return err
		}
		service := told.Actor.Attributes[labelService]
		oneOff := told.Actor.Attributes[labelOneOff]
		if oneOff != "" && oneOff != notOneOff || options.Services != nil && !slices.Contains(options.Services, service) {
			return nil
		}
		attributes := map[string]string{}
		for name, value := range told.Actor.Attributes {
			// Compose's own labels are how it found the container, and of no interest to who asks.
			if !strings.HasPrefix(name, "com.docker.compose.") {
				attributes[name] = value
			}
		}
		return show(Event{time.Unix(0, told.TimeNano), told.Type, told.Action, told.Actor.ID, service, attributes})
	})
}
