package distribution

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// hasBlob asks whether the repository has a blob.
func (r *remote) hasBlob(ctx context.Context, id digest.Digest) (bool, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, r.address("blobs/"+id.String()), nil)
	if err != nil {
		return false, err
	}
	response, err := r.do(request)
	if err != nil {
		return false, err
	}
	switch response.StatusCode {
	case http.StatusOK:
		return true, response.Body.Close()
	case http.StatusNotFound:
		return false, response.Body.Close()
	}
	return false, refusalOf(response)
}

// startUpload returns where a blob may be sent, or nil if the registry took it from another repository.
func (r *remote) startUpload(ctx context.Context, id digest.Digest, from string) (*url.URL, error) {
	address := r.address("blobs/uploads") + "/"
	if from != "" && from != r.name {
		address += "?" + url.Values{"mount": {id.String()}, "from": {from}}.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := r.send(request, http.StatusAccepted, http.StatusCreated)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusCreated {
		return nil, nil
	}
	location, err := response.Location()
	if err != nil {
		return nil, fmt.Errorf("the registry does not say where to upload to: %w", err)
	}
	return location, nil
}

// send uploads a blob in one request, and tells the progress if it has an id.
func (p push) send(ctx context.Context, upload *url.URL, blob ocispec.Descriptor, id string) error {
	address := *upload
	query := address.Query()
	query.Set("digest", blob.Digest.String())
	address.RawQuery = query.Encode()
	open := func() (io.ReadCloser, error) {
		content, size, err := p.images.Blob(blob.Digest)
		if err != nil || id == "" {
			return content, err
		}
		metered := &meter{Reader: content, output: p.output, id: id, action: "Pushing", total: size}
		return struct {
			io.Reader
			io.Closer
		}{metered, content}, nil
	}
	content, err := open()
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, address.String(), content)
	if err != nil {
		_ = content.Close()
		return err
	}
	request.GetBody = open
	request.ContentLength = blob.Size
	if blob.Size == 0 {
		request.Body = http.NoBody
	}
	request.Header.Set("Content-Type", "application/octet-stream")
	response, err := p.to.send(request, http.StatusCreated)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

func (r *remote) putManifest(ctx context.Context, tag, kind string, content []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, r.address("manifests/"+tag), bytes.NewReader(content))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", kind)
	response, err := r.send(request, http.StatusCreated)
	if err != nil {
		return err
	}
	return response.Body.Close()
}
