package distribution

import (
	"context"
	"sync"
	"time"

	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// layers brings those that are missing, some at once. The first failure ends the others.
func (p pull) layers(ctx context.Context, receiver Receiver, blobs []ocispec.Descriptor, diffIDs []digest.Digest) error {
	var missing []int
	begun := map[digest.Digest]bool{}
	for i, blob := range blobs {
		switch {
		case receiver.HasLayer(diffIDs[i]), begun[diffIDs[i]]:
			p.output.Step(shortID(blob.Digest), "Already exists")
		default:
			p.output.Step(shortID(blob.Digest), "Pulling fs layer")
			begun[diffIDs[i]] = true
			missing = append(missing, i)
		}
	}
	return inParallel(ctx, len(missing), atOnce, func(n int) {
		p.output.Step(shortID(blobs[missing[n]].Digest), "Waiting")
	}, func(ctx context.Context, n int) error {
		return p.layer(ctx, receiver, blobs[missing[n]], diffIDs[missing[n]])
	})
}

// layer unpacks one layer while it arrives: nothing of it is stored besides.
func (p pull) layer(ctx context.Context, receiver Receiver, blob ocispec.Descriptor, diffID digest.Digest) error {
	leave, err := enter(ctx, p.client.downloads)
	if err != nil {
		return err
	}
	defer leave()
	id := shortID(blob.Digest)
	content := newFetch(ctx, p.from, blob, p.client.options.Retry)
	defer content.Close()
	content.waiting = func(delay time.Duration) { p.output.Step(id, retryLine(delay)) }
	err = receiver.AddLayer(diffID, blob, &meter{Reader: content, output: p.output, id: id, action: "Downloading", total: blob.Size})
	if err != nil {
		return err
	}
	p.output.Step(id, "Verifying Checksum")
	p.output.Step(id, "Download complete")
	p.output.Progress(id, "Extracting", blob.Size, blob.Size)
	p.output.Step(id, "Pull complete")
	p.client.remember(reference.Domain(p.name), blob.Digest.String(), reference.Path(p.name))
	return nil
}

// inParallel runs n jobs, some at once; those that must wait are told so. The first error cancels the other jobs.
func inParallel(ctx context.Context, n, atOnce int, waiting func(int), job func(context.Context, int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int, n)
	for i := range n {
		next <- i
		if i >= atOnce {
			waiting(i)
		}
	}
	close(next)
	var running sync.WaitGroup
	for range min(atOnce, n) {
		running.Go(func() {
			for i := range next {
				if ctx.Err() != nil {
					return
				}
				if err := job(ctx, i); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	running.Wait()
	return context.Cause(ctx)
}
