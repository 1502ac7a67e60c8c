package main

import (
	"errors"
	"fmt"
	"sort"
	"strings"

	"github.com/docker/go-units"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
)

var pruneSystem = command.Command{
	Usage: []string{"[OPTIONS]"}, Short: "Remove unused data",
	Flags: flag.Set{{
		{Name: "all", Short: "a", Usage: "Remove all unused images not just dangling ones"},
		{Name: "filter", Type: "filter", Usage: `Provide filter values (e.g. "label=<key>=<value>")`, Check: checkFilter},
		{Name: "force", Short: "f", Usage: "Do not prompt for confirmation"},
		{Name: "volumes", Usage: "Prune anonymous volumes"},
	}},
	Run: systemPrune,
}

func systemPrune(call *command.Call) error {
	list := []*pruner{&containerPruner, &networkPruner}
	if call.Bool("volumes") {
		for _, word := range call.List("filter") {
			if strings.HasPrefix(word, "until=") {
				return errors.New(`ERROR: The "until" filter is not supported with "--volumes"`)
			}
		}
		list = append(list, &volumePruner)
	}
	list = append(list, &imagePruner, &buildPruner)
	if !call.Bool("force") {
		if err := confirm(call, systemQuestion(call, list)); err != nil {
			return err
		}
	}
	total := uint64(0)
	for _, p := range list {
		result, err := p.run(call)
		if err != nil {
			return err
		}
		total += result.SpaceReclaimed
		if text := p.report(result); text != "" {
			fmt.Fprintln(call.Out, text)
		}
	}
	fmt.Fprintln(call.Out, "Total reclaimed space:", units.HumanSize(float64(total)))
	return nil
}

func systemQuestion(call *command.Call, list []*pruner) string {
	text := "WARNING! This will remove:\n"
	for _, p := range list {
		what := p.what
		if call.Bool("all") && p != &volumePruner && p.all != "" {
			what = p.all
		}
		if p == &buildPruner && !call.Bool("all") {
			what = "unused build cache"
		}
		text += "  - " + what + "\n"
	}
	if words := call.List("filter"); len(words) > 0 {
		sort.Strings(words)
		text += "\n  Items to be pruned will be filtered with:\n  - " + strings.Join(words, "\n  - ") + "\n"
	}
	return text + "\nAre you sure you want to continue?"
}
