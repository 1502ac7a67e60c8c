package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/docker/go-units"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
)

// pruneFlags are what all prunes have.
var pruneFlags = []flag.Flag{
	{Name: "filter", Type: "filter", Usage: `Provide filter values (e.g. "until=<timestamp>")`, Check: checkFilter},
	{Name: "force", Short: "f", Usage: "Do not prompt for confirmation"},
}

var pruneContainers = command.Command{
	Usage: []string{"[OPTIONS]"}, Short: "Remove all stopped containers", Flags: flag.Set{pruneFlags},
	Run: func(call *command.Call) error { return pruneOne(call, &containerPruner) },
}

var pruneImages = command.Command{
	Usage: []string{"[OPTIONS]"}, Short: "Remove unused images",
	Flags: flag.Set{pruneFlags, {{Name: "all", Short: "a", Usage: "Remove all unused images, not just dangling ones"}}},
	Run:   func(call *command.Call) error { return pruneOne(call, &imagePruner) },
}

var pruneNetworks = command.Command{
	Usage: []string{"[OPTIONS]"}, Short: "Remove all unused networks", Flags: flag.Set{pruneFlags},
	Run: func(call *command.Call) error { return pruneOne(call, &networkPruner) },
}

var pruneVolumes = command.Command{
	Usage: []string{"[OPTIONS]"}, Short: "Remove unused local volumes",
	Flags: flag.Set{{
		{Name: "all", Short: "a", Usage: "Remove all unused volumes, not just anonymous ones"},
		{Name: "filter", Type: "filter", Usage: `Provide filter values (e.g. "label=<label>")`, Check: checkFilter},
		{Name: "force", Short: "f", Usage: "Do not prompt for confirmation"},
	}},
	Run: func(call *command.Call) error { return pruneOne(call, &volumePruner) },
}

var pruneBuilds = command.Command{
	Usage: nil, Short: "Remove build cache",
	Flags: flag.Set{{
		{Name: "all", Short: "a", Usage: "Remove all unused build cache, not just dangling ones"},
		{Name: "filter", Type: "filter", Usage: `Provide filter values (e.g. "until=24h")`, Check: checkFilter},
		{Name: "force", Short: "f", Usage: "Do not prompt for confirmation"},
		{Name: "keep-storage", Type: "bytes", Usage: "Amount of disk space to keep for cache"},
	}},
	Run: func(call *command.Call) error { return pruneOne(call, &buildPruner) },
}

// pruner removes what nobody uses, of one kind.
type pruner struct {
	path string
	// what names the things in questions; all is what --all adds to them.
	what, all string
	// title stands above the names of what was removed.
	title string
	// space tells whether the engine says how much it freed.
	space bool
	// filters adds to those that were given.
	filters func(call *command.Call) []string
}

// pruned is what the engine removed. Each kind has a list of its own.
type pruned struct {
	ContainersDeleted []string
	NetworksDeleted   []string
	VolumesDeleted    []string
	CachesDeleted     []string
	ImagesDeleted     []struct{ Untagged, Deleted string }
	SpaceReclaimed    uint64
}

func (p *pruned) names() []string {
	names := p.ContainersDeleted
	for _, list := range [...][]string{p.NetworksDeleted, p.VolumesDeleted, p.CachesDeleted} {
		names = append(names, list...)
	}
	for _, image := range p.ImagesDeleted {
		if image.Untagged != "" {
			names = append(names, "untagged: "+image.Untagged)
		} else {
			names = append(names, "deleted: "+image.Deleted)
		}
	}
	return names
}

var containerPruner = pruner{path: "/containers/prune", what: "all stopped containers", title: "Deleted Containers:", space: true}

var networkPruner = pruner{path: "/networks/prune", what: "all networks not used by at least one container", title: "Deleted Networks:"}

var volumePruner = pruner{
	path: "/volumes/prune", what: "all anonymous volumes not used by at least one container",
	all: "all volumes not used by at least one container", title: "Deleted Volumes:", space: true,
	filters: func(call *command.Call) []string {
		if strings.HasSuffix(call.Path, "volume prune") && call.Bool("all") {
			return []string{"all=true"}
		}
		return nil
	},
}

var imagePruner = pruner{
	path: "/images/prune", what: "all dangling images", all: "all images without at least one container associated to them",
	title: "Deleted Images:", space: true,
	filters: func(call *command.Call) []string {
		if call.Bool("all") {
			return []string{"dangling=false"}
		}
		return []string{"dangling=true"}
	},
}

var buildPruner = pruner{path: "/build/prune", what: "dangling build cache", all: "all build cache", title: "Deleted build cache objects:", space: true}

func (p *pruner) question(all bool) string {
	what := p.what
	if all {
		what = p.all
	}
	switch p {
	case &networkPruner:
		what = "all custom networks not used by at least one container"
	case &volumePruner:
		what = "anonymous local volumes not used by at least one container"
		if all {
			what = "all local volumes not used by at least one container"
		}
	}
	if p == &buildPruner {
		return "WARNING! This will remove " + what + ". Are you sure you want to continue?"
	}
	return "WARNING! This will remove " + what + ".\nAre you sure you want to continue?"
}

func pruneOne(call *command.Call, p *pruner) error {
	all := p.all != "" && call.Bool("all")
	if !call.Bool("force") {
		if err := confirm(call, p.question(all)); err != nil {
			return err
		}
	}
	result, err := p.run(call)
	if err != nil {
		return err
	}
	if text := p.report(result); text != "" {
		fmt.Fprintln(call.Out, text)
	}
	if p.space {
		fmt.Fprintln(call.Out, "Total reclaimed space:", units.HumanSize(float64(result.SpaceReclaimed)))
	}
	return nil
}

func (p *pruner) run(call *command.Call) (*pruned, error) {
	words := call.List("filter")
	if p.filters != nil {
		words = append(words, p.filters(call)...)
	}
	query := url.Values{}
	if p == &buildPruner {
		query = queryOf("all", truth(call.Bool("all")))
	}
	filters, _ := json.Marshal(filterMap(words))
	if len(words) > 0 {
		query.Set("filters", string(filters))
	}
	result := new(pruned)
	err := call.Engine().Post(p.path, query, nil, result)
	return result, err
}

func (p *pruner) report(result *pruned) string {
	names := result.names()
	if len(names) == 0 {
		return ""
	}
	return p.title + "\n" + strings.Join(names, "\n") + "\n"
}

// errCancelled is for who did not say yes: nothing is done, and nothing is wrong.
var errCancelled = &command.Exit{}

// confirm asks a question that is answered with y.
func confirm(call *command.Call, question string) error {
	fmt.Fprint(call.Out, question+" [y/N] ")
	line := bufio.NewScanner(call.In)
	if line.Scan() && strings.EqualFold(strings.TrimSpace(line.Text()), "y") {
		return nil
	}
	return errCancelled
}
