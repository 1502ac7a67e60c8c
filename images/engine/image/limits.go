package image

import (
	"io"

	"twinhull/engine/fault"
)

// Limits bound what an archive may become. Zero values stand for the defaults.
type Limits struct {
	// Bytes is how much the files of one archive may hold together, holes included.
	Bytes int64
	// Entries is how many files one archive may have.
	Entries int64
	// Ratio is how many times a compressed archive may grow.
	Ratio int64
}

// DefaultLimits are far above every image that fits on a machine of this project, and far below what harms the browser's
// computer. Layers of real images shrink to a half or a tenth; some have files of zeros, so small ones may grow as they
// like: ratioFloor.
var DefaultLimits = Limits{Bytes: 4 << 30, Entries: 200_000, Ratio: 200}

// ratioFloor is how far an archive may grow before Ratio counts, in bytes.
const ratioFloor = 32 << 20

func (l Limits) withDefaults() Limits {
	if l.Bytes == 0 {
		l.Bytes = DefaultLimits.Bytes
	}
	if l.Entries == 0 {
		l.Entries = DefaultLimits.Entries
	}
	if l.Ratio == 0 {
		l.Ratio = DefaultLimits.Ratio
	}
	return l
}

// counter counts the bytes that pass.
type counter struct {
	io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// ratioGuard stops reading an archive that grows out of proportion to the compressed bytes it came from.
type ratioGuard struct {
	io.Reader
	compressed *counter
	unpacked   int64
	ratio      int64
}

func (g *ratioGuard) Read(p []byte) (int, error) {
	n, err := g.Reader.Read(p)
	g.unpacked += int64(n)
	if g.unpacked > ratioFloor && g.unpacked/g.ratio > g.compressed.n {
		return 0, fault.New(fault.Invalid, "%d compressed bytes have become more than %d, which is more than %d times as many: "+
			"this is no honest archive", g.compressed.n, g.unpacked, g.ratio)
	}
	return n, err
}
