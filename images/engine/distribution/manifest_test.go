package distribution_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"twinhull/engine/fault"
)

// list answers a manifest list for the tag latest; the registry has its member as the tag member.
func list(platform string, member []byte) func(w http.ResponseWriter, r *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/manifests/latest") {
			return false
		}
		w.Header().Set("Content-Type", "application/vnd.docker.distribution.manifest.list.v2+json")
		fmt.Fprintf(w, `{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.list.v2+json","manifests":[`+
			`{"digest":%q,"size":1,"platform":{"os":"linux","architecture":"arm64"}},{"digest":%q,"size":%d,"platform":{%s}}]}`,
			digest.FromString("other"), digest.FromBytes(member), len(member), platform)
		return true
	}
}

func TestAListIsSearchedForThePlatform(t *testing.T) {
	for platform, wanted := range map[string]string{
		`"os":"linux","architecture":"386"`:   "",
		`"os":"linux","architecture":"amd64"`: "no matching manifest for linux/386 in the manifest list entries",
		`"os":"windows","architecture":"386"`: "no matching manifest for linux/386 in the manifest list entries",
	} {
		var answer func(w http.ResponseWriter, r *http.Request) bool
		host := serve(t, tamper(func(w http.ResponseWriter, r *http.Request) bool { return answer(w, r) }))
		client, here, there := newClient(), newMemory(), newMemory()
		id := here.put(t, host+"/app:member", layer)
		_, member, _ := here.Manifest(id)
		answer = list(platform, member)
		mustPush(t, client, host+"/app:member", here)
		lines, err := pull(t, client, host+"/app:latest", there)
		switch {
		case wanted != "":
			if err == nil || err.Error() != wanted || !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: got %v", platform, err)
			}
		case err != nil || there.ID(parse(t, host+"/app:latest")) != id:
			t.Errorf("%s: %v after\n%s", platform, err, strings.Join(lines, "\n"))
		default:
			// The digest that the image gets is the list's.
			if _, isMember := there.names[host+"/app@"+digest.FromBytes(member).String()]; isMember || len(there.names) != 2 {
				t.Errorf("the names are %v", there.names)
			}
		}
	}
}
