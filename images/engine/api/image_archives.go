package api

import (
	"io"
	"net/http"
	"strings"

	"github.com/distribution/reference"

	"twinhull/engine/distribution"
	"twinhull/engine/fault"
	"twinhull/engine/image"
)

func (i Images) saveAll(w http.ResponseWriter, r *http.Request) error {
	return i.write(w, r, r.URL.Query()["names"])
}

func (i Images) save(w http.ResponseWriter, r *http.Request, name string) error {
	return i.write(w, r, []string{name})
}

func (i Images) write(w http.ResponseWriter, r *http.Request, names []string) error {
	w.Header().Set("Content-Type", "application/x-tar")
	return cutOff(w, func(archive io.Writer) error { return i.Store.Save(r.Context(), archive, names) })
}

// sentWriter remembers whether anything was written.
type sentWriter struct {
	io.Writer
	sent bool
}

func (w *sentWriter) Write(bytes []byte) (int, error) {
	w.sent = true
	return w.Writer.Write(bytes)
}

func (i Images) load(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	controller := http.NewResponseController(w)
	// Lines are sent while the body is still being read.
	_ = controller.EnableFullDuplex()
	output := distribution.NewOutput(w)
	observer := image.LoadObserver{Line: output.Stream}
	if query := r.URL.Query(); query.Has("quiet") && !flag(r, "quiet") {
		observer.Layer = func(id string, current, total int64) { output.Progress(id, "Loading layer", current, total) }
	}
	if _, err := i.Store.Load(r.Context(), r.Body, observer); err != nil {
		output.Error(err)
	}
	// An archive is padded, and of a refused one most is still to come: a client hears the answer when it has sent all. In
	// full duplex net/http panics if a handler leaves that to it.
	_, _ = io.CopyN(io.Discard, r.Body, maxRest)
	return nil
}

// maxRest is how much of a body may follow what was read of it, in bytes: more than any archive has.
const maxRest = 16 << 30

// create pulls an image, or imports one from an archive: Docker has one route for both.
func (i Images) create(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	if query.Get("fromImage") != "" {
		return i.Registries.Pull(w, r)
	}
	var name reference.Named
	if repo := query.Get("repo"); repo != "" {
		tagged, err := withTag(repo, query.Get("tag"))
		if err != nil {
			return err
		}
		name = tagged
	}
	source := query.Get("fromSrc")
	comment := query.Get("message")
	if comment == "" {
		comment = "Imported from " + source
	}
	platform, err := parsePlatform(query.Get("platform"))
	if err != nil {
		return err
	}
	config := image.Config{}
	if platform != nil {
		config.Platform = *platform
	}
	if changes := query["changes"]; len(changes) > 0 {
		if i.Change == nil {
			return fault.New(fault.NotImplemented, "this engine applies no changes to what it imports")
		}
		if err := i.Change(&config.Config, changes); err != nil {
			return fault.As(fault.Invalid, err)
		}
	}
	w.Header().Set("Content-Type", "application/json")
	output := distribution.NewOutput(w)
	body := r.Body
	if source != "-" {
		if body, err = download(r, source, output); err != nil {
			return conclude(output, err)
		}
		defer body.Close()
	}
	img, err := i.Store.Import(body, config, comment)
	if err == nil && name != nil {
		err = i.Store.Tag(img, name)
	}
	if err == nil {
		output.Status("", "%s", img.ID)
	}
	return conclude(output, err)
}

func download(r *http.Request, source string, output *distribution.Output) (io.ReadCloser, error) {
	if !strings.Contains(source, "://") {
		source = "http://" + source
	}
	request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, source, nil)
	if err != nil {
		return nil, fault.As(fault.Invalid, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "download %s: %w", source, err)
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		return nil, fault.New(fault.Unavailable, "failed to GET %s with status %s", source, response.Status)
	}
	output.Status("", "Downloading from %s", source)
	return response.Body, nil
}
