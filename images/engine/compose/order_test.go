package compose

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	containertypes "github.com/moby/moby/api/types/container"
)

const chain = `
services:
  app: {image: x, depends_on: [db, cache]}
  proxy: {image: x, depends_on: [app]}
  db: {image: x}
  cache: {image: x, depends_on: [db]}
  lone: {image: x}
`

// visits walks a project and returns the services in the order in which they were visited.
func visits(t *testing.T, text string, walk func(*Project, visitor) error) []string {
	t.Helper()
	var lock sync.Mutex
	var order []string
	project := On(nil, load(t, text), io.Discard, NewProgress(io.Discard), nil)
	err := walk(project, func(_ context.Context, service types.ServiceConfig) error {
		lock.Lock()
		defer lock.Unlock()
		order = append(order, service.Name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return order
}

func TestOrder(t *testing.T) {
	wanted := []string{"db", "cache", "app", "proxy"}
	up := visits(t, chain, func(p *Project, visit visitor) error { return p.inOrder(context.Background(), visit) })
	down := visits(t, chain, func(p *Project, visit visitor) error { return p.inReverse(context.Background(), visit) })
	for name, order := range map[string][]string{"up": up, "down": down} {
		if len(order) != 5 {
			t.Errorf("%s visits %v", name, order)
		}
		order = slices.DeleteFunc(slices.Clone(order), func(service string) bool { return service == "lone" })
		if name == "down" {
			slices.Reverse(order)
		}
		if !slices.Equal(order, wanted) {
			t.Errorf("%s goes through %v", name, order)
		}
	}
}

func TestNothingFollowsAFailure(t *testing.T) {
	broken := errors.New("broken")
	// The library's own order has a race here, so once would not show it.
	for range 200 {
		project := On(nil, load(t, "services: {db: {image: x}, app: {image: x, depends_on: [db]}}"), io.Discard, NewProgress(io.Discard), nil)
		err := project.inOrder(context.Background(), func(_ context.Context, service types.ServiceConfig) error {
			if service.Name == "app" {
				t.Error("app was visited")
			}
			return broken
		})
		if !errors.Is(err, broken) {
			t.Fatalf("the walk ends with %v", err)
		}
	}
}

func TestConditions(t *testing.T) {
	state := func(status containertypes.ContainerState, code int, health containertypes.HealthStatus) *containertypes.State {
		made := &containertypes.State{Status: status, Running: status == containertypes.StateRunning, ExitCode: code}
		if health != "" {
			made.Health = &containertypes.Health{Status: health}
		}
		return made
	}
	const running, exited = containertypes.StateRunning, containertypes.StateExited
	const healthy, done = types.ServiceConditionHealthy, types.ServiceConditionCompletedSuccessfully
	for _, test := range []struct {
		state           *containertypes.State
		condition       string
		status, failure string
	}{
		{state(running, 0, "starting"), healthy, "", ""},
		{state(running, 0, "healthy"), healthy, "Healthy", ""},
		{state(running, 0, "unhealthy"), healthy, "", "container demo-db-1 is unhealthy"},
		{state(running, 0, ""), healthy, "", "container demo-db-1 has no healthcheck configured"},
		{state(exited, 2, "unhealthy"), healthy, "", "container demo-db-1 exited (2)"},
		{state(running, 0, ""), done, "", ""},
		{state(exited, 0, ""), done, "Exited", ""},
		{state(exited, 3, ""), done, "", `service "db" didn't complete successfully: exit 3`},
		{state(running, 0, ""), runningOrHealthy, "Healthy", ""},
		{state(running, 0, "starting"), runningOrHealthy, "", ""},
		{state(exited, 1, ""), runningOrHealthy, "", "container demo-db-1 exited (1)"},
		{state(running, 0, ""), "service_blessed", "", "unsupported depends_on condition: service_blessed"},
	} {
		container := &containertypes.InspectResponse{State: test.state, Config: &containertypes.Config{Labels: map[string]string{labelService: "db"}}}
		status, err := reached(container, "demo-db-1", test.condition)
		failure := ""
		if err != nil {
			failure = err.Error()
		}
		if status != test.status || failure != test.failure {
			t.Errorf("%s of %+v: %q, %q", test.condition, test.state, status, failure)
		}
	}
}

func TestDependsOnLabel(t *testing.T) {
	service := load(t, `services: {db: {image: x}, job: {image: x}, web: {image: x, depends_on: {db: {condition: service_healthy, restart: true}, job: {condition: service_completed_successfully}}}}`).Services["web"]
	text := dependsOnText(service)
	if text != "db:service_healthy:true,job:service_completed_successfully:false" {
		t.Errorf("the label is %s", text)
	}
	read := parseDependsOn(text)
	if len(read) != 2 || read["db"].Condition != types.ServiceConditionHealthy || !read["db"].Restart || read["job"].Restart {
		t.Errorf("it reads as %+v", read)
	}
}

func FuzzParseDependsOn(f *testing.F) {
	for _, seed := range []string{"", "a", "a:b", "a:b:true,c", ",:,", "::"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, dependency := range parseDependsOn(text) {
			if name == "" || dependency.Condition == "" {
				t.Fatalf("%q has the dependency %q with the condition %q", text, name, dependency.Condition)
			}
		}
	})
}
