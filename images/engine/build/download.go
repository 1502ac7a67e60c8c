package build

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"twinhull/engine/fault"
	"twinhull/engine/image"
)

const (
	// downloadTimeout is how long ADD waits for a whole file.
	downloadTimeout = 10 * time.Minute
	// unnamed is the name of a file whose address has none.
	unnamed = "__unnamed__"
)

func isURL(name string) bool {
	return strings.HasPrefix(name, "http://") || strings.HasPrefix(name, "https://")
}

// download fetches a file for ADD.
func (t *transfer) download(ctx context.Context, address string) ([]source, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return nil, fault.As(fault.Invalid, err)
	}
	ctx, cancel := context.WithTimeout(ctx, downloadTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fault.As(fault.Invalid, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode >= 400 {
		return nil, fault.New(fault.Invalid, "failed to GET %s with status %s", address, response.Status)
	}
	name := downloadedName(parsed, response.Header)
	if name == "" && strings.HasSuffix(t.words.DestPath, "/") {
		return nil, fault.New(fault.Invalid, "cannot determine filename for source %s", address)
	}
	if name == "" {
		name = unnamed
	}
	directory, err := t.newDirectory()
	if err != nil {
		return nil, err
	}
	if err := t.save(response, path.Join(directory.path, name)); err != nil {
		return nil, fmt.Errorf("downloading %s: %w", address, err)
	}
	fmt.Fprintln(t.output.Stdout())
	file, err := directory.find(name)
	return []source{{tree: directory, name: name, file: file, downloaded: true}}, err
}

// save writes a file with the time that the server says.
func (t *transfer) save(response *http.Response, place string) error {
	limit := t.Limits.Bytes
	if limit == 0 {
		limit = image.DefaultLimits.Bytes
	}
	file, err := os.OpenFile(place, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	written, err := io.Copy(file, io.LimitReader(response.Body, limit+1))
	if err != nil {
		return err
	}
	if written > limit {
		return fault.New(fault.Invalid, "it has more than %d bytes", limit)
	}
	if err := file.Close(); err != nil {
		return err
	}
	modified, err := http.ParseTime(response.Header.Get("Last-Modified"))
	if err != nil {
		modified = time.Unix(0, 0)
	}
	return os.Chtimes(place, modified, modified)
}

// downloadedName is what a file is called by its address, or by the server.
func downloadedName(address *url.URL, header http.Header) string {
	names := []string{address.Path}
	if _, parameters, err := mime.ParseMediaType(header.Get("Content-Disposition")); err == nil {
		names = append(names, parameters["filename"])
	}
	for _, name := range names {
		if name != "" && !strings.HasSuffix(name, "/") && lastName(name) != "/" {
			return lastName(name)
		}
	}
	return ""
}
