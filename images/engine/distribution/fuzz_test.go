package distribution

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

func TestChallenges(t *testing.T) {
	for header, wanted := range map[string]challenge{
		`Basic realm="a \"quoted\" realm"`: {"basic", map[string]string{"realm": `a "quoted" realm`}},
		`Bearer realm="https://t/token",service="s",scope="repository:a:pull,push"`: {"bearer", map[string]string{
			"realm": "https://t/token", "service": "s", "scope": "repository:a:pull,push"}},
		`BEARER realm=x , error=invalid_token`: {"bearer", map[string]string{"realm": "x", "error": "invalid_token"}},
		`Bearer`:                               {"bearer", map[string]string{}},
		``:                                     {"", map[string]string{}},
	} {
		got := parseChallenge(header)
		gotText, _ := json.Marshal(got.parameters)
		wantedText, _ := json.Marshal(wanted.parameters)
		if got.scheme != wanted.scheme || string(gotText) != string(wantedText) {
			t.Errorf("%s: got %s %s", header, got.scheme, gotText)
		}
	}
	response := &http.Response{Header: http.Header{"Www-Authenticate": {`Basic realm="x"`, `Bearer realm="y"`, `Negotiate`}}}
	if got := challengeOf(response); got.scheme != "bearer" {
		t.Errorf("of several, %s is chosen", got.scheme)
	}
}

// FuzzChallenges writes what it read as a header again, and must read the same.
func FuzzChallenges(f *testing.F) {
	for _, seed := range []string{`Basic realm="x"`, `Bearer realm="a\"b",service=c`, `Bearer =`, `Bearer a="`, `a b=c d=e`, `Bearer a="\`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		first := parseChallenge(header)
		var written strings.Builder
		written.WriteString(first.scheme + " ")
		for name, value := range first.parameters {
			written.WriteString(name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `",`)
		}
		second := parseChallenge(written.String())
		if len(first.scheme) > 0 && len(second.parameters) != len(first.parameters) {
			t.Errorf("%q was read as %v, and that as %v", header, first, second)
		}
		for name, value := range first.parameters {
			if first.scheme != "" && second.parameters[name] != value {
				t.Errorf("%q was read as %v, and that as %v", header, first, second)
			}
		}
	})
}

func FuzzCredentials(f *testing.F) {
	text := `{"username":"ann","password":"p"}`
	f.Add(base64.URLEncoding.EncodeToString([]byte(text)))
	f.Add(base64.RawStdEncoding.EncodeToString([]byte(text)))
	f.Add(base64.StdEncoding.EncodeToString([]byte(`{"auth":"YW5uOnA="}`)))
	f.Add("null")
	f.Fuzz(func(t *testing.T, header string) {
		read := ParseCredentials(header)
		encoded, err := json.Marshal(read)
		if err != nil {
			t.Fatal(err)
		}
		if again := ParseCredentials(base64.URLEncoding.EncodeToString(encoded)); again != read {
			t.Errorf("%q was read as %+v, and that as %+v", header, read, again)
		}
	})
}

// FuzzManifests makes sure that whatever passes is safe to work with: digests are digests, sizes are none below zero.
func FuzzManifests(f *testing.F) {
	id := digest.FromString("x").String()
	f.Add([]byte(`{"schemaVersion":2,"config":{"digest":"`+id+`","size":1},"layers":[{"digest":"`+id+`","size":3}]}`), "")
	f.Add([]byte(`{"schemaVersion":2,"manifests":[{"digest":"`+id+`","platform":{"os":"linux","architecture":"386"}}]}`), ocispec.MediaTypeImageIndex)
	f.Add([]byte(`{"schemaVersion":1}`), "text/plain")
	f.Fuzz(func(t *testing.T, content []byte, declared string) {
		described, _, err := describe("latest", content, declared)
		if err != nil {
			return
		}
		if described.Digest != digest.FromBytes(content) || described.MediaType == "" {
			t.Errorf("described as %+v", described)
		}
		if isList(described.MediaType) {
			entry, err := choose(content, ocispec.Platform{OS: "linux", Architecture: "386"})
			if err == nil && (entry.Digest.Validate() != nil || entry.Size < 0) {
				t.Errorf("chose %+v", entry)
			}
			return
		}
		manifest, err := parseImage(described.MediaType, content)
		for _, each := range append(manifest.Layers, manifest.Config) {
			if err == nil && (each.Digest.Validate() != nil || each.Size < 0) {
				t.Errorf("passed %+v", each)
			}
		}
	})
}

func TestSizesAndBars(t *testing.T) {
	for bytes, wanted := range map[int64]string{0: "0B", 999: "999B", 1000: "1kB", 1234567: "1.235MB", 99999: "100kB"} {
		if got := size(bytes); got != wanted {
			t.Errorf("%d bytes are %s, wanted %s", bytes, got, wanted)
		}
	}
	if got, wanted := bar(1, 4), "[============>"+strings.Repeat(" ", 38)+"]       1B/4B"; got != wanted {
		t.Errorf("got %q, wanted %q", got, wanted)
	}
	if got := bar(5, 0); got != "      5B" {
		t.Errorf("without a total: %q", got)
	}
}

func TestHostsOfServers(t *testing.T) {
	for address, wanted := range map[string]string{
		"": hub, "https://index.docker.io/v1/": hub, "docker.io": hub, "localhost:5000": "localhost:5000",
		"http://10.0.0.1:5000/v2/": "10.0.0.1:5000", "registry-1.docker.io": hub,
	} {
		if got := hostOf(address); got != wanted {
			t.Errorf("%q: got %q", address, got)
		}
	}
	for host, wanted := range map[string]bool{
		"localhost": true, "localhost:5000": true, "127.1.2.3:80": true, "registry.twinhull": true, "registry.twinhull:5000": true,
		"10.0.0.1": false, "example.com": false, "twinhull": false, "localhost.example.com": false,
	} {
		if local(host) != wanted {
			t.Errorf("%s: local is %t", host, !wanted)
		}
	}
	client := New(Options{Insecure: []string{"10.0.0.0/8", "plain.example.com", "some.example.com:5000"}})
	for host, wanted := range map[string]bool{
		"10.1.2.3:5000": true, "11.1.2.3": false, "plain.example.com:80": true, "some.example.com:5000": true, "some.example.com": false,
	} {
		if client.insecure(host) != wanted {
			t.Errorf("%s: insecure is %t", host, !wanted)
		}
	}
}
