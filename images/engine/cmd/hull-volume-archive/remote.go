package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// remote is the other machine, the one that has the archives.
type remote struct {
	url   string
	limit int64
}

var errMissing = errors.New("no such volume")

// maxList bounds the list of archives, in bytes.
const maxList = 4 << 20

// client gives up before the engine does, which waits for two minutes.
var client = http.Client{Timeout: 100 * time.Second}

func (r remote) place(name string) string {
	return strings.TrimSuffix(r.url, "/") + "/" + name + ".tar"
}

// do sends a request and returns the answer's body, which the caller closes.
func (r remote) do(method, url string, body io.Reader) (*http.Response, error) {
	request, err := http.NewRequest(method, url, body)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode == http.StatusNotFound {
		response.Body.Close()
		return nil, errMissing
	}
	if response.StatusCode >= 300 {
		defer response.Body.Close()
		text, _ := io.ReadAll(io.LimitReader(response.Body, 1024))
		return nil, fmt.Errorf("%s %s: %s: %s", method, url, response.Status, strings.TrimSpace(string(text)))
	}
	return response, nil
}

func (r remote) find(name string) (archive, error) {
	if !validName.MatchString(name) {
		return archive{}, errMissing
	}
	response, err := r.do(http.MethodHead, r.place(name), nil)
	if err != nil {
		return archive{}, err
	}
	response.Body.Close()
	modified, _ := http.ParseTime(response.Header.Get("Last-Modified"))
	return archive{Name: name, Bytes: response.ContentLength, Modified: modified}, nil
}

func (r remote) list() ([]archive, error) {
	response, err := r.do(http.MethodGet, r.url, nil)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var archives []archive
	if err := json.NewDecoder(io.LimitReader(response.Body, maxList)).Decode(&archives); err != nil {
		return nil, fmt.Errorf("reading the list of archives at %s: %w", r.url, err)
	}
	return archives, nil
}

// fetch unpacks a volume's archive into a new directory.
func (r remote) fetch(name, directory string) error {
	response, err := r.do(http.MethodGet, r.place(name), nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	incoming, err := os.MkdirTemp(filepath.Dir(directory), ".incoming-")
	if err != nil {
		return err
	}
	if err := unpack(response.Body, incoming, r.limit); err != nil {
		_ = os.RemoveAll(incoming)
		return fmt.Errorf("unpacking %s: %w", r.place(name), err)
	}
	return os.Rename(incoming, directory)
}

// send packs a directory and replaces the volume's archive by it.
func (r remote) send(name, directory string) error {
	reader, writer := io.Pipe()
	go func() { writer.CloseWithError(pack(writer, directory)) }()
	response, err := r.do(http.MethodPut, r.place(name), reader)
	reader.Close() // Ends the packing if the other side did not want all of it.
	if err != nil {
		return err
	}
	return response.Body.Close()
}

func (r remote) remove(name string) error {
	if !validName.MatchString(name) {
		return errMissing
	}
	response, err := r.do(http.MethodDelete, r.place(name), nil)
	if err != nil {
		return err
	}
	return response.Body.Close()
}
