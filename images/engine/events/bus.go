// Package events keeps and spreads what `docker events` prints.
package events

import (
	"sync"
	"time"
)

// Message is one event, in the form of Docker's API.
type Message struct {
	// Of containers and images alone, for old clients.
	Status string `json:"status,omitempty"`
	ID     string `json:"id,omitempty"`
	From   string `json:"from,omitempty"`

	Type     string `json:"Type"`
	Action   string `json:"Action"`
	Actor    Actor  `json:"Actor"`
	Scope    string `json:"scope"`
	Time     int64  `json:"time"`
	TimeNano int64  `json:"timeNano"`
}

// Actor is what an event happened to. Attributes are its labels and, for example, its name and image.
type Actor struct {
	ID         string            `json:"ID"`
	Attributes map[string]string `json:"Attributes"`
}

const (
	// history is how many past events `--since` can reach, as in moby.
	history = 256
	// backlog is how many events a subscriber may lag behind before it loses some.
	backlog = 256
)

// Bus spreads events. Its zero value is ready for use.
type Bus struct {
	mutex       sync.Mutex
	past        []Message
	subscribers map[chan Message]struct{}
}

// Publish tells all subscribers of an event that happened now. It never blocks: who does not keep up loses events.
// kind is "container", "image", "network", "volume" or "builder".
func (b *Bus) Publish(kind, action, id string, attributes map[string]string) {
	now := time.Now()
	message := Message{
		Type: kind, Action: action, Scope: "local",
		Actor: Actor{ID: id, Attributes: attributes},
		Time:  now.Unix(), TimeNano: now.UnixNano(),
	}
	if kind == "container" || kind == "image" {
		message.Status, message.ID, message.From = action, id, attributes["image"]
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.past = append(b.past, message)
	if len(b.past) > history {
		b.past = b.past[len(b.past)-history:]
	}
	for subscriber := range b.subscribers {
		select {
		case subscriber <- message:
		default:
		}
	}
}

// Subscribe returns the events since a moment (the zero time: none of the past ones), the channel on which later ones
// come, and what ends the subscription.
func (b *Bus) Subscribe(since time.Time) (past []Message, later <-chan Message, end func()) {
	channel := make(chan Message, backlog)
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if !since.IsZero() {
		for _, message := range b.past {
			if !time.Unix(0, message.TimeNano).Before(since) {
				past = append(past, message)
			}
		}
	}
	if b.subscribers == nil {
		b.subscribers = map[chan Message]struct{}{}
	}
	b.subscribers[channel] = struct{}{}
	return past, channel, func() {
		b.mutex.Lock()
		defer b.mutex.Unlock()
		delete(b.subscribers, channel)
	}
}
