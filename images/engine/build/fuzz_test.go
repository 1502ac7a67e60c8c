package build

import (
	"bytes"
	"io"
	"os"
	"testing"

	"twinhull/engine/image"
)

// FuzzDockerfile holds that whatever stands in a Dockerfile, its configuration steps end in an error or a result.
func FuzzDockerfile(f *testing.F) {
	for _, line := range []string{
		"ENV a=b c=${a:-d}", "EXPOSE 1-65535/udp", "HEALTHCHECK --interval=1s CMD x", `CMD ["a", "b"]`, "USER a:b", "WORKDIR ../..",
		"LABEL a='b' \"c\"=d", "ONBUILD RUN x", "STOPSIGNAL 9", "VOLUME [\"/a\"]", "ENTRYPOINT a", "# escape=`\nENV a=`$b",
	} {
		f.Add(line)
	}
	f.Fuzz(func(_ *testing.T, line string) {
		config := image.RunConfig{}
		_ = Change(&config, []string{line})
	})
}

// FuzzBuild builds from scratch, where there is nothing to run, with a file to copy.
func FuzzBuild(f *testing.F) {
	for _, text := range []string{
		"FROM scratch\nCOPY a /b\n", "FROM scratch\nADD a ../../b/\n", "FROM scratch AS x\nCOPY <<E /e\n$x\nE\nFROM x\nCOPY --from=0 /e /f\n",
		"ARG a=scratch\nFROM $a\nCOPY --chown=1:2 --chmod=7777 . .\n",
	} {
		f.Add(text)
	}
	w := newWorkshop(f)
	f.Fuzz(func(t *testing.T, text string) {
		if bytes.Contains([]byte(text), []byte("http")) {
			t.Skip("no network in a fuzzer")
		}
		files := map[string]string{"Dockerfile": text, "a": "a", "sub/b": "b"}
		_, _ = w.Build(t.Context(), Options{}, archive(t, files), NewOutput(io.Discard))
		if left, _ := os.ReadDir(w.Scratch); len(left) != 0 {
			t.Fatalf("files are left: %v", left)
		}
	})
}

func FuzzPorts(f *testing.F) {
	f.Add("80/tcp")
	f.Add("1.2.3.4:5:6-7")
	f.Fuzz(func(t *testing.T, word string) {
		if ports, err := parsePorts(word); err == nil && (len(ports) == 0 || len(ports) > 65536) {
			t.Errorf("%q: %d ports", word, len(ports))
		}
	})
}
