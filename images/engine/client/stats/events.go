package stats

import (
	"net/url"

	"twinhull/engine/client/rest"
)

// event is a line of GET /events, as far as it is looked at.
type event struct {
	Action string
	Actor  struct{ ID string }
}

// followEvents adds containers that start and removes those that end.
func (b *board) followEvents() error {
	response, err := b.call.Engine().Another().Do(&rest.Request{
		Method: "GET", Path: "/events", Query: url.Values{"filters": {`{"type":{"container":true}}`}},
	})
	if err != nil {
		return err
	}
	go func() {
		defer response.Body.Close()
		_ = rest.Lines(response.Body, func(happened *event) error {
			switch happened.Action {
			case "start":
				b.add(happened.Actor.ID, func() {})
			case "create":
				if b.options.All {
					b.add(happened.Actor.ID, func() {})
				}
			case "die":
				if !b.options.All {
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
