package runtime

import (
	"encoding/json"
	"testing"

	"github.com/moby/moby/api/types/container"
	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func TestSpecIsWhatJSONWouldWrite(t *testing.T) {
	for name, host := range map[string]*container.HostConfig{
		"default": {}, "privileged": {Privileged: true}, "unconfined": {SecurityOpt: []string{"seccomp=unconfined"}},
	} {
		spec, err := Spec(Wanted{
			ID: "c1", Root: "/r", Args: []string{"true", "<&>\u2028"}, Config: &container.Config{}, Host: host,
		})
		if err != nil {
			t.Fatal(err)
		}
		// The second time the profile's text is there already.
		for range 2 {
			text, err := encode(spec)
			if err != nil {
				t.Fatal(err)
			}
			var read specs.Spec
			if err := json.Unmarshal(text, &read); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			want, _ := json.Marshal(spec)
			got, _ := json.Marshal(read)
			if string(got) != string(want) {
				t.Errorf("%s: read back is\n%s\nnot\n%s", name, got, want)
			}
		}
	}
}
