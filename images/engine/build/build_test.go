package build

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"twinhull/engine/fault"
)

func TestOutputIsDockers(t *testing.T) {
	w := newWorkshop(t)
	files := map[string]string{
		"Dockerfile": "FROM busybox\nENV who=you\nCOPY a.txt /srv/\nRUN echo hello $who\n", "a.txt": "a",
	}
	first := w.build(files, Options{Tags: []string{"me/hello", "me/hello:1"}})
	want := `Step 1/4 : FROM busybox
 ---> ID
Step 2/4 : ENV who=you
 ---> Running in ID
 ---> Removed intermediate container ID
 ---> ID
Step 3/4 : COPY a.txt /srv/
 ---> ID
Step 4/4 : RUN echo hello $who
 ---> Running in ID
hello you
 ---> Removed intermediate container ID
 ---> ID
Successfully built ID
Successfully tagged me/hello:latest
Successfully tagged me/hello:1
`
	if first.err != nil || masked(first.text) != want {
		t.Errorf("%v\n%s", first.err, first.text)
	}
	second := w.build(files, Options{})
	want = `Step 1/4 : FROM busybox
 ---> ID
Step 2/4 : ENV who=you
 ---> Using cache
 ---> ID
Step 3/4 : COPY a.txt /srv/
 ---> Using cache
 ---> ID
Step 4/4 : RUN echo hello $who
 ---> Using cache
 ---> ID
Successfully built ID
`
	if second.err != nil || masked(second.text) != want || second.id != first.id {
		t.Errorf("%v\n%s", second.err, second.text)
	}
	if len(w.boxes.present) != 0 {
		t.Errorf("containers are left: %v", w.boxes.present)
	}
	if left, _ := os.ReadDir(w.Scratch); len(left) != 0 {
		t.Errorf("files are left: %v", left)
	}
}

func TestEveryInstruction(t *testing.T) {
	w := newWorkshop(t)
	result := w.must(`# escape=\
ARG base=busybox
FROM ${base} AS first
LABEL a=1 b="two words"
MAINTAINER somebody
ENV A=1 B=${A:-none}
ENV C $A$B
ARG D=4
ARG E
WORKDIR /srv
WORKDIR data
RUN pwd > where && echo "$A $B $C $D" > values
USER web:staff
EXPOSE 80 8000-8002/udp
VOLUME /data ["/ignored"]
STOPSIGNAL SIGTERM
SHELL ["/bin/sh", "-e", "-c"]
HEALTHCHECK --interval=5s --retries=2 CMD echo ok
ENTRYPOINT ["echo"]
CMD ["hello"]
ONBUILD RUN echo later > /later
`)
	config := w.image(result.id).Config
	c := config.Config
	if config.Author != "somebody" || c.Labels["b"] != "two words" || c.User != "web:staff" || c.WorkingDir != "/srv/data" ||
		c.StopSignal != "SIGTERM" || len(c.Volumes) != 2 || len(c.ExposedPorts) != 4 || c.Healthcheck.Retries != 2 ||
		!slices.Equal(c.Entrypoint, []string{"echo"}) || !slices.Equal(c.Cmd, []string{"hello"}) ||
		!slices.Equal(c.Shell, []string{"/bin/sh", "-e", "-c"}) || !slices.Equal(c.OnBuild, []string{"RUN echo later > /later"}) {
		t.Errorf("configuration %+v", config)
	}
	if want := []string{"PATH=" + defaultPath, "A=1", "B=none", "C=1none"}; !slices.Equal(c.Env, want) {
		t.Errorf("environment %q, want %q", c.Env, want)
	}
	if text := w.file(result.id, "srv/data/values"); text != "1 none 1none 4\n" {
		t.Errorf("values %q", text)
	}
	if text := w.file(result.id, "srv/data/where"); text != "/srv/data\n" {
		t.Errorf("working directory %q", text)
	}
	if layers := len(config.RootFS.DiffIDs); layers != 4 {
		t.Errorf("%d layers: one of busybox, two of WORKDIR, one of RUN", layers)
	}
	w.tag(w.image(result.id), "parent")
	child := w.must("FROM parent\nUSER root\n")
	if !strings.Contains(child.text, "# Executing 1 build trigger\n") || w.file(child.id, "later") != "later\n" ||
		len(w.image(child.id).Config.Config.OnBuild) != 0 {
		t.Errorf("trigger:\n%s", child.text)
	}
}

func TestFailedCommand(t *testing.T) {
	w := newWorkshop(t)
	files := map[string]string{"Dockerfile": "FROM busybox\nRUN echo trouble >&2; exit 3\nRUN true\n"}
	result := w.build(files, Options{Tags: []string{"never"}})
	var failed *CommandError
	if !errors.As(result.err, &failed) || failed.Code != 3 ||
		result.err.Error() != "The command '/bin/sh -c echo trouble >&2; exit 3' returned a non-zero code: 3" {
		t.Errorf("error %v", result.err)
	}
	if !strings.Contains(result.text, "\x1b[91mtrouble\n\x1b[0m") || strings.Contains(result.text, "Removed") {
		t.Errorf("output %q", result.text)
	}
	if len(w.boxes.present) != 1 {
		t.Errorf("the failed container is kept for a look: %v", w.boxes.present)
	}
	result = w.build(files, Options{ForceRemove: true})
	if !strings.Contains(result.text, "Removed intermediate container") || len(w.boxes.present) != 1 {
		t.Errorf("with --force-rm: %v\n%s", w.boxes.present, result.text)
	}
	if _, err := w.Images.Get("never"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a failed build was tagged: %v", err)
	}
}

func TestRequestsThatFailBeforeTheyBegin(t *testing.T) {
	w := newWorkshop(t)
	for _, tried := range []struct {
		dockerfile string
		options    Options
		text       string
	}{
		{"FROM busybox\nFOO bar\n", Options{}, "dockerfile parse error on line 2: unknown instruction: FOO (did you mean FROM?)"},
		{"FROM busybox\nCOPY\n", Options{}, "dockerfile parse error on line 2: COPY requires at least two arguments, but only one was provided. Destination could not be determined"},
		{"", Options{}, "the Dockerfile (Dockerfile) cannot be empty"},
		{"RUN true\n", Options{}, "no build stage in current context"},
		{"FROM busybox\n", Options{Target: "x"}, `target stage "x" could not be found`},
		{"FROM busybox\n", Options{Dockerfile: "other"}, "Cannot locate specified Dockerfile: other"},
		{"FROM busybox\n", Options{Dockerfile: "../../../etc/passwd"}, "Cannot locate specified Dockerfile: ../../../etc/passwd"},
		{"FROM busybox\n", Options{Tags: []string{"UPPER"}}, "invalid reference format: repository name (library/UPPER) must be lowercase"},
	} {
		result := w.build(map[string]string{"Dockerfile": tried.dockerfile}, tried.options)
		if result.err == nil || result.err.Error() != tried.text || !fault.Is(result.err, fault.Invalid) || result.text != "" {
			t.Errorf("%q: %v, want %s\n%s", tried.dockerfile, result.err, tried.text, result.text)
		}
	}
}

func TestStepsThatFail(t *testing.T) {
	w := newWorkshop(t)
	for line, text := range map[string]string{
		"COPY missing /":                        "COPY failed: file not found in build context or excluded by .dockerignore: stat missing: file does not exist",
		"ADD missing.tar /":                     "ADD failed: file not found in build context or excluded by .dockerignore: stat missing.tar: file does not exist",
		"COPY no*thing /":                       "COPY failed: no source files were specified",
		"COPY http://x/y /":                     "COPY failed: source can't be a URL for COPY",
		"COPY a.txt b.txt /srv":                 "When using COPY with more than one source file, the destination must be a directory and end with a /",
		"COPY --chown=nobody a.txt /":           "unable to convert uid/gid chown string to host mapping: can't find uid for user nobody: no such user: nobody",
		"COPY --from=0 a.txt /":                 "invalid from flag value 0: refers to current build stage",
		"COPY --from=3 a.txt /":                 "invalid from flag value 3: index out of bounds",
		"RUN --mount=type=cache,target=/x true": "the --mount option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ to learn how to build images with BuildKit enabled",
		"EXPOSE http":                           "Invalid containerPort: http",
		"STOPSIGNAL NOPE":                       "Invalid signal: NOPE",
	} {
		result := w.build(map[string]string{"Dockerfile": "FROM busybox\n" + line + "\n", "a.txt": "a", "b.txt": "b"}, Options{})
		if result.err == nil || result.err.Error() != text {
			t.Errorf("%s: %v, want %s", line, result.err, text)
		}
	}
}

func TestStages(t *testing.T) {
	w := newWorkshop(t)
	result := w.must(`FROM busybox AS make
RUN mkdir /out && echo made > /out/file && ln -s file /out/link && touch /out/owned && busybox chown 33:34 /out/owned
FROM busybox AS other
RUN echo other > /other
FROM scratch
COPY --from=make /out/ /in/
COPY --from=1 /other /other
COPY --from=busybox /etc/passwd /
COPY --from=make --chown=7:8 /out/owned /given
`)
	if w.file(result.id, "in/file") != "made\n" || w.file(result.id, "other") != "other\n" || w.file(result.id, "in/link") != "made\n" {
		t.Errorf("files are not what they were:\n%s", result.text)
	}
	w.inside(result.id, func(root string) {
		for name, owner := range map[string][2]uint32{"in/owned": {33, 34}, "given": {7, 8}} {
			info, err := os.Lstat(filepath.Join(root, name))
			if err != nil {
				t.Error(err)
				continue
			}
			status := info.Sys().(*syscall.Stat_t)
			if status.Uid != owner[0] || status.Gid != owner[1] {
				t.Errorf("%s is of %d:%d", name, status.Uid, status.Gid)
			}
		}
	})
	dockerfile := "FROM busybox AS one\nRUN echo 1 > /1\nFROM one AS two\nRUN echo 2 > /2\n"
	target := w.build(map[string]string{"Dockerfile": dockerfile}, Options{Target: "ONE"})
	if target.err != nil || strings.Contains(target.text, "echo 2") || !strings.Contains(target.text, "Step 2/2") {
		t.Errorf("%v\n%s", target.err, target.text)
	}
}

func TestArguments(t *testing.T) {
	w := newWorkshop(t)
	value, other := "given", "unused"
	files := map[string]string{"Dockerfile": `ARG tag=latest
FROM busybox:${tag}
ARG tag
ARG name=default
RUN echo "$name $tag $http_proxy" > /out
`}
	options := Options{Arguments: map[string]*string{"name": &value, "nobody": &other, "http_proxy": &other, "unset": nil}}
	result := w.build(files, options)
	if result.err != nil {
		t.Fatalf("%v\n%s", result.err, result.text)
	}
	if text := w.file(result.id, "out"); text != "given latest unused\n" {
		t.Errorf("the command saw %q", text)
	}
	if !strings.HasSuffix(result.text, "[Warning] One or more build-args [nobody unset] were not consumed\nSuccessfully built "+
		short(w.image(result.id).ID)+"\n") {
		t.Errorf("output %s", result.text)
	}
	history := w.image(result.id).Config.History
	if last := history[len(history)-1].CreatedBy; last != `|2 name=given tag=latest /bin/sh -c echo "$name $tag $http_proxy" > /out` {
		t.Errorf("history %q", last)
	}
	if env := w.image(result.id).Config.Config.Env; len(env) != 1 {
		t.Errorf("arguments are in the image: %q", env)
	}
}

func TestHereDocuments(t *testing.T) {
	w := newWorkshop(t)
	result := w.must("FROM busybox\nARG who=you\nRUN <<EOF\necho one > /1\necho two > /2\nEOF\nRUN cat <<A > /3 && cat <<B > /4\nthree\nA\nfour\nB\n" +
		"COPY <<EOF <<'RAW' /in/\nhello $who\nEOF\nhello $who\nRAW\n")
	for name, want := range map[string]string{
		"1": "one\n", "2": "two\n", "3": "three\n", "4": "four\n", "in/EOF": "hello you\n", "in/RAW": "hello $who\n",
	} {
		if text := w.file(result.id, name); text != want {
			t.Errorf("%s: %q, want %q", name, text, want)
		}
	}
}

func TestLabelsOfTheRequest(t *testing.T) {
	w := newWorkshop(t)
	result := w.build(map[string]string{"Dockerfile": "FROM busybox\n"}, Options{Labels: map[string]string{"b": "$x", "a": "1"}})
	if result.err != nil || !strings.Contains(result.text, "Step 2/3 : LABEL a=1\n") {
		t.Fatalf("%v\n%s", result.err, result.text)
	}
	if labels := w.image(result.id).Config.Config.Labels; labels["a"] != "1" || labels["b"] != "$x" {
		t.Errorf("labels %v", labels)
	}
}
