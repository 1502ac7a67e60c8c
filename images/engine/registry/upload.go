package registry

import (
	"crypto/rand"
	"crypto/sha256"
	"hash"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// upload is a blob that arrives. It is open from its start until it is finished, cancelled or has been idle for too
// long, and belongs to at most one request at a time.
type upload struct {
	id, name string
	file     *os.File
	hash     hash.Hash
	size     int64
	busy     bool
	idle     *time.Timer
}

// uploads are those that are open.
type uploads struct {
	folder  string
	options Options

	mutex sync.Mutex
	open  map[string]*upload
}

func newUploads(folder string, options Options) *uploads {
	return &uploads{folder: folder, options: options, open: map[string]*upload{}}
}

// start opens an upload to a repository. The caller has it and must release it.
func (u *uploads) start(name string) (*upload, error) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if len(u.open) >= u.options.MaxUploads {
		return nil, tooManyUploads.with("%d uploads are open; finish or cancel some", len(u.open))
	}
	id := strings.ToLower(rand.Text())
	file, err := os.OpenFile(u.path(id), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	started := &upload{id: id, name: name, file: file, hash: sha256.New(), busy: true}
	started.idle = time.AfterFunc(u.options.IdleUpload, func() { u.expire(id) })
	u.open[id] = started
	return started, nil
}

// acquire gives a request the upload that it names.
func (u *uploads) acquire(name, id string) (*upload, error) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	found := u.open[id]
	if found == nil || found.name != name {
		return nil, blobUploadUnknown.with("no upload %s to %s is open", id, name)
	}
	if found.busy {
		return nil, blobUploadBusy.with("another request is writing to this upload")
	}
	found.busy = true
	found.idle.Stop()
	return found, nil
}

// release gives an upload back, which then waits for its next request.
func (u *uploads) release(held *upload) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	held.busy = false
	held.idle.Reset(u.options.IdleUpload)
}

// forget ends an upload that the caller has; its file is the caller's now.
func (u *uploads) forget(held *upload) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	held.idle.Stop()
	delete(u.open, held.id)
}

// cancel ends an upload that the caller has, and removes its file.
func (u *uploads) cancel(held *upload) {
	u.forget(held)
	held.discard()
}

func (u *uploads) expire(id string) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if found := u.open[id]; found != nil && !found.busy {
		delete(u.open, id)
		found.discard()
	}
}

func (u *uploads) close() {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	for id, each := range u.open {
		each.idle.Stop()
		delete(u.open, id)
		each.discard()
	}
}

func (u *uploads) path(id string) string { return u.folder + string(os.PathSeparator) + id }

func (u *upload) discard() {
	_ = u.file.Close()
	_ = os.Remove(u.file.Name())
}

// append adds what a request brings, at most to the given size of the whole. What came before the client left stays,
// so that it can go on from there.
func (u *upload) append(body io.Reader, limit int64) error {
	room := limit - u.size
	_, err := io.Copy(u, io.LimitReader(body, room+1))
	if err == nil && u.size > limit {
		err = blobTooLarge.with("a blob has at most %d bytes", limit)
	}
	return err
}

// Write appends to the file, and hashes what has reached it.
func (u *upload) Write(bytes []byte) (int, error) {
	n, err := u.file.Write(bytes)
	u.hash.Write(bytes[:n])
	u.size += int64(n)
	return n, err
}

// digest is the content's by an algorithm. Only SHA-256 has been kept along the way; for another one the file is read.
func (u *upload) digest(algorithm string) (Digest, error) {
	if algorithm == sha256Name {
		return digestFrom(algorithm, u.hash), nil
	}
	return Digest(algorithm + ":").of(io.NewSectionReader(u.file, 0, u.size))
}

// finish makes the upload, which the caller has, a repository's blob. One that is not what the digest says is gone.
func (s *Store) finish(held *upload, digest Digest) error {
	found, err := held.digest(digest.Algorithm())
	if err != nil {
		s.uploads.cancel(held)
		return err
	}
	if found != digest {
		s.uploads.cancel(held)
		return digestInvalid.with("the content of %d bytes has the digest %s, not %s", held.size, found, digest)
	}
	s.uploads.forget(held)
	if err = s.adopt(held.file, held.name, digest); err != nil {
		held.discard()
	}
	return err
}

// PutBlob stores content that a program of the store's own brings, and returns its digest and size.
func (s *Store) PutBlob(name string, content io.Reader) (Digest, int64, error) {
	if err := checkName(name); err != nil {
		return "", 0, err
	}
	held, err := s.uploads.start(name)
	if err != nil {
		return "", 0, err
	}
	if err := held.append(content, s.options.MaxBlob); err != nil {
		s.uploads.cancel(held)
		return "", 0, err
	}
	digest := digestFrom(sha256Name, held.hash)
	return digest, held.size, s.finish(held, digest)
}
