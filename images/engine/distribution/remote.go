package distribution

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// remote is a repository of a registry.
type remote struct {
	*authorizer
	host, name string
}

func (c *Client) remote(name reference.Named, credentials Credentials) (*remote, error) {
	host := reference.Domain(name)
	found, err := c.endpoint(host)
	if err != nil {
		return nil, err
	}
	return &remote{&authorizer{endpoint: found, credentials: credentials}, host, reference.Path(name)}, nil
}

func (r *remote) close() { r.endpoint.http.CloseIdleConnections() }

// address makes the URL of what a repository has: "manifests/latest".
func (r *remote) address(path string) string {
	return r.endpoint.base.JoinPath("v2", r.name, path).String()
}

// get asks for something and takes no other answer than these statuses.
func (r *remote) get(ctx context.Context, address string, header http.Header, statuses ...int) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	for name, values := range header {
		request.Header[name] = values
	}
	return r.send(request, statuses...)
}

func (r *remote) send(request *http.Request, statuses ...int) (*http.Response, error) {
	response, err := r.do(request)
	if err != nil {
		return nil, err
	}
	for _, status := range statuses {
		if response.StatusCode == status {
			return response, nil
		}
	}
	return nil, refusalOf(response)
}

func (r *remote) manifest(ctx context.Context, reference string) (ocispec.Descriptor, []byte, error) {
	response, err := r.get(ctx, r.address("manifests/"+reference), http.Header{"Accept": accepted}, http.StatusOK)
	if err != nil {
		return ocispec.Descriptor{}, nil, err
	}
	defer response.Body.Close()
	content, err := readBounded(response.Body, maxManifest, "the manifest")
	if err != nil {
		return ocispec.Descriptor{}, nil, fmt.Errorf("reading the manifest %s of %s: %w", reference, r.name, err)
	}
	declared, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";")
	return describe(reference, content, declared)
}

func (r *remote) blob(ctx context.Context, id digest.Digest, offset int64) (io.ReadCloser, error) {
	header := http.Header{}
	if offset > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	}
	response, err := r.get(ctx, r.address("blobs/"+id.String()), header, http.StatusOK, http.StatusPartialContent)
	if err != nil {
		return nil, err
	}
	if offset > 0 && response.StatusCode == http.StatusOK {
		// The registry knows no ranges: what is known is read over.
		if _, err := io.CopyN(io.Discard, response.Body, offset); err != nil {
			_ = response.Body.Close()
			return nil, err
		}
	}
	return response.Body, nil
}

func (r *remote) tags(ctx context.Context) ([]string, error) {
	var all []string
	for address := r.address("tags/list"); address != ""; {
		page, next, err := r.tagPage(ctx, address)
		if err != nil {
			return nil, err
		}
		if all = append(all, page...); len(all) > maxTags {
			return nil, fmt.Errorf("%s has more than %d tags", r.name, maxTags)
		}
		if len(page) == 0 {
			break
		}
		address = next
	}
	return all, nil
}

func (r *remote) tagPage(ctx context.Context, address string) (tags []string, next string, err error) {
	response, err := r.get(ctx, address, nil, http.StatusOK)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	body, err := readBounded(response.Body, maxManifest, "the list of tags")
	if err != nil {
		return nil, "", err
	}
	var page struct{ Tags []string }
	if err := json.Unmarshal(body, &page); err != nil {
		return nil, "", fmt.Errorf("the list of tags of %s is not JSON: %w", r.name, err)
	}
	return page.Tags, nextPage(response), nil
}

// nextPage is the address in a Link header: <...>; rel="next".
func nextPage(response *http.Response) string {
	target, rel, found := strings.Cut(response.Header.Get("Link"), ">")
	if !found || !strings.Contains(rel, "next") {
		return ""
	}
	next, err := url.Parse(strings.TrimPrefix(strings.TrimSpace(target), "<"))
	if err != nil {
		return ""
	}
	return response.Request.URL.ResolveReference(next).String()
}
