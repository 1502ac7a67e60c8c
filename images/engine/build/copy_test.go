package build

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"
)

func TestNothingLeadsOutOfContextOrImage(t *testing.T) {
	w := newWorkshop(t)
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	up := strings.Repeat("../", 30)
	for _, tried := range []struct {
		line  string
		files map[string]string
	}{
		{"COPY link /", map[string]string{"link": "-> " + secret}},
		{"COPY link/secret /", map[string]string{"link": "-> " + outside}},
		{"COPY link /", map[string]string{"link": "-> " + up + secret}},
		{"COPY " + up + secret + " /", nil},
		{"ADD link /", map[string]string{"link": "-> " + secret}},
	} {
		tried.line = "FROM busybox\n" + tried.line + "\n"
		files := map[string]string{"Dockerfile": tried.line}
		for name, text := range tried.files {
			files[name] = text
		}
		if result := w.build(files, Options{}); result.err == nil {
			t.Errorf("%q found a file from outside:\n%s", tried.line, result.text)
		}
	}
	// A link in the image leads to a place in the image.
	result := w.must("FROM busybox\nRUN mkdir -p "+outside+" && ln -s "+outside+" /out && ln -s "+up+"etc /climb\n"+
		"COPY a /out/\nCOPY a /climb/\n", map[string]string{"a": "a"})
	if left, _ := os.ReadDir(outside); len(left) != 1 {
		t.Errorf("written outside: %v", left)
	}
	if text := w.file(result.id, "etc/a"); text != "a" {
		t.Errorf("through a link: %q", text)
	}
}

func TestDestinations(t *testing.T) {
	w := newWorkshop(t)
	result := w.must(`FROM busybox
WORKDIR /work
COPY a relative
COPY a dir/
COPY . /all
COPY *.txt /texts/
COPY a /existing/deeper/
COPY b.txt /existing/deeper
COPY --chmod=0751 a /mode
RUN mkdir /real && ln -s /real /to && echo old > /real/file && ln -s /real/file /point
COPY a /to
COPY a /point
`, map[string]string{"a": "a", "b.txt": "b", "c.txt": "c", "sub/d": "d"})
	for name, want := range map[string]string{
		"work/relative": "a", "work/dir/a": "a", "all/sub/d": "d", "texts/b.txt": "b", "texts/c.txt": "c",
		"existing/deeper/a": "a", "existing/deeper/b.txt": "b", "real/a": "a", "real/file": "a",
	} {
		if text := w.file(result.id, name); text != want {
			t.Errorf("%s: %q, want %q", name, text, want)
		}
	}
	w.inside(result.id, func(root string) {
		if info, err := os.Stat(filepath.Join(root, "mode")); err != nil || info.Mode() != 0o751 {
			t.Errorf("mode: %v %v", info, err)
		}
	})
}

func TestAddUnpacksArchives(t *testing.T) {
	w := newWorkshop(t)
	plain := archive(t, map[string]string{"in/file": "content"}).Bytes()
	compressed := func(open func(io.Writer) io.WriteCloser) string {
		var buffer bytes.Buffer
		writer := open(&buffer)
		_, _ = writer.Write(plain)
		_ = writer.Close()
		return buffer.String()
	}
	files := map[string]string{
		"a.tar": string(plain),
		"a.tgz": compressed(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }),
		"a.txz": compressed(func(w io.Writer) io.WriteCloser { opened, _ := xz.NewWriter(w); return opened }),
		"text":  "no archive",
	}
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { _, _ = out.Write(plain) }))
	defer server.Close()
	result := w.must("FROM busybox\nADD a.tar /1\nADD a.tgz /2/\nADD a.txz /3\nADD text /4/\nCOPY a.tar /5/\nADD "+
		server.URL+"/b.tar /6/\n", files)
	for name, want := range map[string]string{
		"1/in/file": "content", "2/in/file": "content", "3/in/file": "content", "4/text": "no archive",
		"5/a.tar": string(plain), "6/b.tar": string(plain),
	} {
		if text := w.file(result.id, name); text != want {
			t.Errorf("%s: %d bytes, want %d", name, len(text), len(want))
		}
	}
}

func TestDockerignoreHidesItselfAndTheDockerfile(t *testing.T) {
	w := newWorkshop(t)
	result := w.must("FROM busybox\nCOPY . /all/\n", map[string]string{".dockerignore": "Docker*\n.dockerignore\n", "a": "a"})
	w.inside(result.id, func(root string) {
		if left, _ := os.ReadDir(filepath.Join(root, "all")); len(left) != 1 || left[0].Name() != "a" {
			t.Errorf("copied %v", left)
		}
	})
}

// hits counts the steps that the cache had.
func hits(told told) int { return strings.Count(told.text, " ---> Using cache\n") }

func TestCacheKeys(t *testing.T) {
	w := newWorkshop(t)
	const dockerfile = "FROM busybox\nARG who\nCOPY dir /dir\nRUN echo $who\nCMD [\"echo\", \"a b\"]\n"
	one, two := "one", "two"
	build := func(dockerfile, content string, who *string, options Options) told {
		t.Helper()
		options.Arguments = map[string]*string{"who": who}
		result := w.build(map[string]string{"Dockerfile": dockerfile, "dir/file": content}, options)
		if result.err != nil {
			t.Fatalf("%v\n%s", result.err, result.text)
		}
		return result
	}
	first := build(dockerfile, "x", &one, Options{})
	for name, tried := range map[string]struct {
		result told
		hits   int
	}{
		"nothing else":       {build(dockerfile, "x", &one, Options{}), 4},
		"other content":      {build(dockerfile, "y", &one, Options{}), 1},
		"other argument":     {build(dockerfile, "x", &two, Options{}), 2},
		"other words":        {build(strings.Replace(dockerfile, `"a b"`, `"a", "b"`, 1), "x", &one, Options{}), 3},
		"no cache":           {build(dockerfile, "x", &one, Options{NoCache: true}), 0},
		"cache from nowhere": {build(dockerfile, "x", &one, Options{CacheFrom: []string{"nobody"}}), 0},
		"cache from it":      {build(dockerfile, "x", &one, Options{CacheFrom: []string{strings.TrimPrefix(first.id, "sha256:")}}), 4},
	} {
		if found := hits(tried.result); found != tried.hits {
			t.Errorf("%s: %d steps from the cache, want %d\n%s", name, found, tried.hits, tried.result.text)
		}
	}
}

func TestCancelledBuildLeavesNothing(t *testing.T) {
	w := newWorkshop(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	context := archive(t, map[string]string{"Dockerfile": "FROM busybox\nRUN echo never\n"})
	if _, err := w.Build(ctx, Options{}, context, NewOutput(io.Discard)); err == nil {
		t.Error("it went on")
	}
	if left, _ := os.ReadDir(w.Scratch); len(left) != 0 || len(w.boxes.present) != 0 {
		t.Errorf("left %v %v", left, w.boxes.present)
	}
}
