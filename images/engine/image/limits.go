package image

import (
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

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

// reserve is the memory that an archive leaves to others, in bytes: enough to start a container or two and tidy up.
const reserve = 8 << 20

// roomAt is how many bytes can be written to a directory's file system. Files on a tmpfs are memory.
func roomAt(directory int) (int64, error) {
	var system unix.Statfs_t
	if err := unix.Fstatfs(directory, &system); err != nil {
		return 0, err
	}
	room := int64(system.Bavail) * int64(system.Bsize)
	switch uint32(system.Type) {
	case unix.TMPFS_MAGIC, unix.RAMFS_MAGIC, unix.OVERLAYFS_SUPER_MAGIC:
	default:
		return room, nil
	}
	if system.Blocks == 0 {
		room = math.MaxInt64
	}
	free, err := freeMemory()
	return min(room, free-reserve), err
}

// freeMemory is what the kernel could give to somebody now, in bytes.
func freeMemory() (int64, error) {
	info, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, err
	}
	_, line, _ := strings.Cut(string(info), "MemAvailable:")
	kilobytes, err := strconv.ParseInt(strings.TrimSpace(line[:strings.IndexByte(line+"k", 'k')]), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read MemAvailable of /proc/meminfo: %w", err)
	}
	return kilobytes << 10, nil
}

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
