package main

import (
	"encoding/json"

	"twinhull/engine/client/rest"
)

// followEvents adds containers that start and removes those that end.
func (b *board) followEvents() error {
	response, err := b.call.Engine().Another().Do(&rest.Request{
		Method: "GET", Path: "/events", Query: queryOf("filters", filtersOf([]string{"type=container"})),
	})
	if err != nil {
		return err
	}
	go func() {
		defer response.Body.Close()
		_ = rest.Lines(response.Body, func(raw *json.RawMessage) error {
			var happened event
			if err := json.Unmarshal(*raw, &happened); err != nil {
				return err
			}
			switch happened.Action {
			case "start":
				b.add(happened.Actor.ID, func() {})
			case "create":
				if b.call.Bool("all") {
					b.add(happened.Actor.ID, func() {})
				}
			case "die":
				if !b.call.Bool("all") {
					b.remove(happened.Actor.ID)
				}
			case "destroy":
				b.remove(happened.Actor.ID)
			}
			return nil
		})
	}()
	return nil
}
