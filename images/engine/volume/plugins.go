package volume

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"twinhull/engine/fault"
)

type plugins struct {
	sockets string
	specs   []string
}

func newPlugins(sockets string, specs ...string) *plugins { return &plugins{sockets, specs} }

func (p *plugins) find(ctx context.Context, name string) (driver, error) {
	return nil, fault.New(fault.NotFound, "error looking up volume plugin %s: plugin %q not found", name, name)
}

func (p *plugins) all(ctx context.Context) iter.Seq2[string, driver] {
	return func(yield func(string, driver) bool) {}
}

var _, _, _ = os.Stat, filepath.Join, strings.Cut
