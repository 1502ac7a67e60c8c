package api

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"twinhull/engine/events"
)

// As in moby: no `since` is none of the past, 0 is all of it.
func TestEventsOfThePast(t *testing.T) {
	system := System{Events: &events.Bus{}}
	system.Events.Publish("container", "die", "one", nil)
	now := time.Now()
	until := fmt.Sprintf("until=%d.%09d", now.Unix(), now.Nanosecond())
	for query, want := range map[string]int{
		until: 0, until + "&since=0": 1, until + "&since=9999999999": 0, "until=0&since=0": 0,
	} {
		answer := httptest.NewRecorder()
		if err := system.events(answer, httptest.NewRequest("GET", "/events?"+query, nil)); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(answer.Body.String(), "\n"); got != want {
			t.Errorf("%s: %d events instead of %d", query, got, want)
		}
	}
}
