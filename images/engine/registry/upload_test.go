package registry_test

import (
	"errors"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"twinhull/engine/registry"
)

func (c client) start(name string) string {
	c.t.Helper()
	header, _ := c.want(202, "POST", "/v2/"+name+"/blobs/uploads/", "")
	if header.Get("Range") != "0-0" || header.Get("Docker-Upload-UUID") == "" {
		c.t.Errorf("a new upload has %v", header)
	}
	return header.Get("Location")
}

func TestChunks(t *testing.T) {
	c := newClient(t, registry.Options{})
	upload := c.start("app")
	header, _ := c.want(202, "PATCH", upload, "0123", "Content-Range", "0-3")
	if header.Get("Range") != "0-3" || header.Get("Location") != upload {
		t.Errorf("after the first chunk: %v", header)
	}
	header = c.refused(416, "RANGE_INVALID", "PATCH", upload, "89", "Content-Range", "8-9")
	if header.Get("Range") != "0-3" || header.Get("Location") != upload {
		t.Errorf("a chunk too far: %v", header)
	}
	c.refused(416, "RANGE_INVALID", "PATCH", upload, "0123", "Content-Range", "0-3")
	c.refused(416, "RANGE_INVALID", "PATCH", upload, "4", "Content-Range", "bytes 4-4/5")
	c.refused(400, "SIZE_INVALID", "PATCH", upload, "45", "Content-Range", "4-6")
	if header, _ := c.want(204, "GET", upload, ""); header.Get("Range") != "0-3" {
		t.Errorf("status: %v", header)
	}
	c.want(202, "PATCH", upload, "45", "Content-Range", "4-5")
	c.want(202, "PATCH", upload, "6")
	digest := digestOf("012345678")
	header, _ = c.want(201, "PUT", upload+"?digest="+digest, "78", "Content-Range", "7-8")
	if header.Get("Location") != "/v2/app/blobs/"+digest || header.Get("Docker-Content-Digest") != digest {
		t.Errorf("finished: %v", header)
	}
	if _, body := c.want(200, "GET", "/v2/app/blobs/"+digest, ""); body != "012345678" {
		t.Error(body)
	}
	c.refused(404, "BLOB_UPLOAD_UNKNOWN", "GET", upload, "")
}

func TestUploadsThatFailLeaveNothing(t *testing.T) {
	root := t.TempDir()
	c, _ := newClientAt(t, root, registry.Options{MaxBlob: 8})
	wrong := digestOf("other")
	c.refused(400, "DIGEST_INVALID", "POST", "/v2/app/blobs/uploads/?digest="+wrong, "content")
	c.refused(400, "DIGEST_INVALID", "POST", "/v2/app/blobs/uploads/?digest=md5:00", "content")
	upload := c.start("app")
	c.refused(400, "DIGEST_INVALID", "PUT", upload, "content")
	c.refused(400, "DIGEST_INVALID", "PUT", upload+"?digest="+wrong, "content")
	c.refused(404, "BLOB_UPLOAD_UNKNOWN", "PUT", upload+"?digest="+wrong, "content")
	upload = c.start("app")
	c.want(204, "DELETE", upload, "")
	c.refused(404, "BLOB_UPLOAD_UNKNOWN", "PATCH", upload, "x")
	c.refused(413, "SIZE_INVALID", "POST", "/v2/app/blobs/uploads/?digest="+digestOf("too large"), "too large")
	upload = c.start("app")
	c.refused(404, "BLOB_UPLOAD_UNKNOWN", "PATCH", strings.Replace(upload, "app", "other", 1), "x")
	c.want(204, "DELETE", upload, "")
	noFiles(t, filepath.Join(root, "uploads"))
	noFiles(t, filepath.Join(root, "blobs", "sha256"))
}

func noFiles(t *testing.T, folder string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) > 0 {
		t.Errorf("%s has %v: %v", folder, entries, err)
	}
}

func TestUploadsAtOnceAreBounded(t *testing.T) {
	c := newClient(t, registry.Options{MaxUploads: 2})
	upload := c.start("app")
	c.start("app")
	c.refused(429, "TOOMANYREQUESTS", "POST", "/v2/app/blobs/uploads/", "")
	c.want(204, "DELETE", upload, "")
	c.start("app")
}

func TestIdleUploadsExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		root := t.TempDir()
		c, store := newClientAt(t, root, registry.Options{IdleUpload: time.Minute})
		upload := c.start("app")
		time.Sleep(59 * time.Second)
		c.want(202, "PATCH", upload, "x")
		time.Sleep(59 * time.Second)
		c.want(204, "GET", upload, "")
		time.Sleep(61 * time.Second)
		synctest.Wait()
		c.refused(404, "BLOB_UPLOAD_UNKNOWN", "GET", upload, "")
		noFiles(t, filepath.Join(root, "uploads"))
		store.Close()
	})
}

// broken is a body that ends before its time.
type broken struct{ io.Reader }

func (b broken) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = errors.New("the client left")
	}
	return n, err
}

func TestABrokenChunkIsResumed(t *testing.T) {
	c := newClient(t, registry.Options{})
	upload := c.start("app")
	request := httptest.NewRequest("PATCH", upload, broken{strings.NewReader("0123")})
	answer := httptest.NewRecorder()
	c.handler.ServeHTTP(answer, request)
	if answer.Code != 400 {
		t.Errorf("a broken chunk answered %d", answer.Code)
	}
	if header, _ := c.want(204, "GET", upload, ""); header.Get("Range") != "0-3" {
		t.Errorf("status: %v", header)
	}
	c.want(201, "PUT", upload+"?digest="+digestOf("01234"), "4", "Content-Range", "4-4")
}

func TestOneRequestAtATimeWritesToAnUpload(t *testing.T) {
	c := newClient(t, registry.Options{})
	upload := c.start("app")
	reader, writer := io.Pipe()
	ended := make(chan int)
	go func() {
		answer := httptest.NewRecorder()
		c.handler.ServeHTTP(answer, httptest.NewRequest("PATCH", upload, reader))
		ended <- answer.Code
	}()
	if _, err := writer.Write([]byte("first")); err != nil {
		t.Fatal(err)
	}
	c.refused(409, "BLOB_UPLOAD_INVALID", "PATCH", upload, "second")
	c.refused(409, "BLOB_UPLOAD_INVALID", "DELETE", upload, "")
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if status := <-ended; status != 202 {
		t.Errorf("the first request answered %d", status)
	}
	c.want(201, "PUT", upload+"?digest="+digestOf("first"), "")
}

func TestARestartForgetsUploads(t *testing.T) {
	root := t.TempDir()
	c, _ := newClientAt(t, root, registry.Options{})
	upload := c.start("app")
	c, _ = newClientAt(t, root, registry.Options{})
	c.refused(404, "BLOB_UPLOAD_UNKNOWN", "PATCH", upload, "x")
	noFiles(t, filepath.Join(root, "uploads"))
}
