package registry_test

import (
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"twinhull/engine/registry"
)

// skopeo runs the stock program, which is Debian's package of the same name.
func skopeo(t *testing.T, arguments ...string) string {
	t.Helper()
	program, err := exec.LookPath("skopeo")
	if err != nil {
		t.Skip("skopeo is not on the PATH; Debian has it as a package")
	}
	policy := append([]string{"--insecure-policy", "--override-arch", "386"}, arguments...)
	output, err := exec.CommandContext(t.Context(), program, policy...).CombinedOutput()
	if err != nil {
		t.Fatalf("skopeo %s: %v\n%s", strings.Join(arguments, " "), err, output)
	}
	return string(output)
}

func TestSkopeoCopiesInspectsListsAndDeletes(t *testing.T) {
	store, err := registry.Open(t.TempDir(), registry.Options{Delete: true})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	server := httptest.NewServer(registry.NewServer(store))
	defer server.Close()
	image := "docker://" + strings.TrimPrefix(server.URL, "http://") + "/team/app"
	config := `{"architecture":"386","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["` + digestOf("layer") + `"]}}`
	manifest := manifestOf(digestOf(config), digestOf("layer"), 5, "")
	manifest = strings.Replace(manifest, `"size":2`, `"size":`+strconv.Itoa(len(config)), 1)
	source := writeArchive(t, map[string]string{
		"oci-layout": `{"imageLayoutVersion":"1.0.0"}`,
		"index.json": `{"schemaVersion":2,"manifests":[{"mediaType":"` + ociManifest + `","digest":"` + digestOf(manifest) +
			`","size":` + strconv.Itoa(len(manifest)) + `,"annotations":{"org.opencontainers.image.ref.name":"x"}}]}`,
		blobPath(manifest): manifest, blobPath(config): config, blobPath("layer"): "layer",
	})
	for _, format := range []string{"oci", "v2s2"} {
		skopeo(t, "copy", "--dest-tls-verify=false", "--format", format, "oci-archive:"+source+":x", image+":"+format)
		if output := skopeo(t, "inspect", "--tls-verify=false", image+":"+format); !strings.Contains(output, `"Architecture": "386"`) {
			t.Errorf("skopeo inspect: %s", output)
		}
		skopeo(t, "copy", "--src-tls-verify=false", image+":"+format, "oci:"+filepath.Join(t.TempDir(), "copy")+":x")
	}
	if output := skopeo(t, "list-tags", "--tls-verify=false", image); !strings.Contains(output, `"oci"`) || !strings.Contains(output, `"v2s2"`) {
		t.Errorf("skopeo list-tags: %s", output)
	}
	skopeo(t, "copy", "--src-tls-verify=false", "--dest-tls-verify=false", image+":oci", image+"-copy:oci")
	skopeo(t, "delete", "--tls-verify=false", image+":oci")
	if output := skopeo(t, "list-tags", "--tls-verify=false", image); strings.Contains(output, `"oci"`) {
		t.Errorf("skopeo list-tags after delete: %s", output)
	}
}

func TestCurlUploadsAndResumesDownloads(t *testing.T) {
	program, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("curl is not on the PATH; Debian has it as a package")
	}
	store, err := registry.Open(t.TempDir(), registry.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	server := httptest.NewServer(registry.NewServer(store))
	defer server.Close()
	curl := func(arguments ...string) string {
		output, err := exec.CommandContext(t.Context(), program, append([]string{"-sS", "--fail"}, arguments...)...).Output()
		if err != nil {
			t.Fatalf("curl %s: %v", strings.Join(arguments, " "), err)
		}
		return string(output)
	}
	address := server.URL + "/v2/app/blobs/"
	upload := curl("-X", "POST", "-o", "-", "-w", "%header{location}", address+"uploads/")
	curl("-X", "PATCH", "-H", "Content-Type: application/octet-stream", "--data-binary", "hello ", server.URL+upload)
	curl("-T", "-", "-X", "PATCH", "-H", "Transfer-Encoding: chunked", server.URL+upload)
	curl("-X", "PUT", "--data-binary", "world", server.URL+upload+"?digest="+digestOf("hello world"))
	if got := curl(address + digestOf("hello world")); got != "hello world" {
		t.Errorf("curl got %q", got)
	}
	if got := curl("-r", "6-", address+digestOf("hello world")); got != "world" {
		t.Errorf("curl got the range %q", got)
	}
}
