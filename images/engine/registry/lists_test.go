package registry_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"twinhull/engine/registry"
)

func TestReferrers(t *testing.T) {
	c := newClient(t, registry.Options{Delete: true})
	subject := c.image("app", "1.0", "layer", "")
	refer := func(kind string) string {
		more := fmt.Sprintf(`,"artifactType":%q,"annotations":{"k":"v"},"subject":{"mediaType":%q,"digest":%q,"size":1}`, kind, ociManifest, subject)
		manifest := manifestOf(c.blob("app", "{}"), c.blob("app", "layer"), 5, more)
		header, _ := c.want(201, "PUT", "/v2/app/manifests/"+digestOf(manifest), manifest, "Content-Type", ociManifest)
		if header.Get("OCI-Subject") != subject {
			t.Errorf("OCI-Subject is %q", header.Get("OCI-Subject"))
		}
		return digestOf(manifest)
	}
	list := func(query string) (http.Header, []string) {
		header, body := c.want(200, "GET", "/v2/app/referrers/"+subject+query, "")
		var index struct {
			MediaType string
			Manifests []struct {
				Digest, ArtifactType string
				Annotations          map[string]string
			}
		}
		if err := json.Unmarshal([]byte(body), &index); err != nil || index.MediaType != ociIndex || index.Manifests == nil {
			t.Fatalf("%s: %v", body, err)
		}
		var digests []string
		for _, each := range index.Manifests {
			digests = append(digests, each.Digest)
			if each.ArtifactType == "" || each.Annotations["k"] != "v" {
				t.Errorf("a referrer is described as %+v", each)
			}
		}
		return header, digests
	}
	if _, none := list(""); len(none) != 0 {
		t.Errorf("referrers before any: %v", none)
	}
	signature, bill := refer("application/signature"), refer("application/bill")
	refer("application/bill")
	if _, all := list(""); fmt.Sprint(all) != fmt.Sprint([]string{signature, bill}) {
		t.Errorf("referrers: %v", all)
	}
	header, filtered := list("?artifactType=application/bill")
	if fmt.Sprint(filtered) != fmt.Sprint([]string{bill}) || header.Get("OCI-Filters-Applied") != "artifactType" {
		t.Errorf("filtered: %v with %v", filtered, header)
	}
	c.want(202, "DELETE", "/v2/app/manifests/"+bill, "")
	c.want(202, "DELETE", "/v2/app/manifests/"+signature, "")
	if _, none := list(""); len(none) != 0 {
		t.Errorf("referrers after deletion: %v", none)
	}
}

func TestPages(t *testing.T) {
	c := newClient(t, registry.Options{})
	for _, tag := range []string{"c", "a", "B", "d"} {
		c.image("team/app", tag, "layer", "")
	}
	c.image("zoo", "x", "layer", "")
	c.image("team", "x", "layer", "")
	if _, body := c.want(200, "GET", "/v2/_catalog", ""); body != `{"repositories":["team","team/app","zoo"]}` {
		t.Error(body)
	}
	if _, body := c.want(200, "GET", "/v2/team/app/tags/list", ""); body != `{"name":"team/app","tags":["B","a","c","d"]}` {
		t.Error(body)
	}
	var pages []string
	path := "/v2/team/app/tags/list?n=2"
	for path != "" {
		header, body := c.want(200, "GET", path, "")
		pages = append(pages, body)
		path, _, _ = strings.Cut(strings.TrimPrefix(header.Get("Link"), "<"), ">")
	}
	if fmt.Sprint(pages) != `[{"name":"team/app","tags":["B","a"]} {"name":"team/app","tags":["c","d"]}]` {
		t.Error(pages)
	}
	if _, body := c.want(200, "GET", "/v2/_catalog?last=team&n=1", ""); body != `{"repositories":["team/app"]}` {
		t.Error(body)
	}
	if _, body := c.want(200, "GET", "/v2/team/app/tags/list?n=0", ""); body != `{"name":"team/app","tags":[]}` {
		t.Error(body)
	}
	if _, body := c.want(200, "GET", "/v2/team/app/tags/list?last=bb", ""); body != `{"name":"team/app","tags":["c","d"]}` {
		t.Error(body)
	}
	c.refused(400, "PAGINATION_NUMBER_INVALID", "GET", "/v2/_catalog?n=-1", "")
	c.refused(400, "PAGINATION_NUMBER_INVALID", "GET", "/v2/_catalog?n=x", "")
	c.refused(404, "NAME_UNKNOWN", "GET", "/v2/none/tags/list", "")
}
