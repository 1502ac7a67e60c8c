package distribution

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// attempts is how often a blob is asked for before a pull fails, as in Docker.
const attempts = 5

// fetch reads one blob to its end: it goes on where a connection broke, and never gives more than the descriptor says.
// Whoever reads it checks the digest, so that under emulation no byte is hashed twice.
type fetch struct {
	ctx    context.Context
	from   source
	wanted ocispec.Descriptor
	retry  time.Duration
	// waiting, if not nil, is told of a pause before the next attempt.
	waiting func(time.Duration)

	body   io.ReadCloser
	offset int64
	failed int
}

func newFetch(ctx context.Context, from source, wanted ocispec.Descriptor, retry time.Duration) *fetch {
	return &fetch{ctx: ctx, from: from, wanted: wanted, retry: retry}
}

func (f *fetch) Read(bytes []byte) (int, error) {
	for {
		if f.offset == f.wanted.Size {
			return 0, f.finish()
		}
		if f.body == nil {
			body, err := f.from.blob(f.ctx, f.wanted.Digest, f.offset)
			if err != nil {
				if err := f.again(err); err != nil {
					return 0, err
				}
				continue
			}
			f.body = body
		}
		room := min(int64(len(bytes)), f.wanted.Size-f.offset)
		n, err := f.body.Read(bytes[:room])
		f.offset += int64(n)
		if n > 0 {
			return n, nil
		}
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			_ = f.Close()
			if err := f.again(err); err != nil {
				return 0, err
			}
		}
	}
}

// again waits for the next attempt, or gives up.
func (f *fetch) again(cause error) error {
	f.failed++
	if err := f.ctx.Err(); err != nil {
		return err
	}
	if f.failed >= attempts || !temporary(cause) {
		return fmt.Errorf("reading the blob %s: %w", f.wanted.Digest, cause)
	}
	delay := f.retry * time.Duration(f.failed)
	if f.waiting != nil {
		f.waiting(delay)
	}
	return pause(f.ctx, delay)
}

// finish makes sure that nothing follows.
func (f *fetch) finish() error {
	if f.body != nil {
		var more [1]byte
		if n, _ := io.ReadFull(f.body, more[:]); n > 0 {
			return fmt.Errorf("the blob %s has more than its %d bytes: %w", f.wanted.Digest, f.wanted.Size, errMismatch)
		}
	}
	return io.EOF
}

func (f *fetch) Close() error {
	if f.body == nil {
		return nil
	}
	err := f.body.Close()
	f.body = nil
	return err
}
