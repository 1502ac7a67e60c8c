package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/compose"
)

func (p *program) configCommand() *command.Command {
	return &command.Command{
		Usage: []string{"[OPTIONS] [SERVICE...]"}, Short: "Parse, resolve and render compose file in canonical format", Max: command.Any,
		Flags: flag.Set{{
			{Name: "format", Type: "string", Default: "yaml", Usage: "Format the output. Values: [yaml | json]"},
			{Name: "hash", Type: "string", Usage: "Print the service config hash, one per line."},
			{Name: "images", Usage: "Print the image names, one per line."},
			{Name: "no-interpolate", Usage: "Don't interpolate environment variables."},
			{Name: "output", Short: "o", Type: "string", Usage: "Save to file (default to stdout)"},
			{Name: "profiles", Usage: "Print the profile names, one per line."},
			{Name: "quiet", Short: "q", Usage: "Only validate the configuration, don't print anything."},
			{Name: "services", Usage: "Print the service names, one per line."},
			{Name: "volumes", Usage: "Print the volume names, one per line."},
		}},
		Run: p.config,
	}
}

func (p *program) config(call *command.Call) error {
	p.source.NoInterpolation = call.Bool("no-interpolate")
	project, err := p.source.Load(p.context, call.Args...)
	if err != nil {
		return err
	}
	if len(call.Args) > 0 {
		if project, err = compose.Select(project, call.Args, false); err != nil {
			return err
		}
	}
	if call.Bool("quiet") {
		return nil
	}
	if lines, wanted, err := configLines(call, project); wanted || err != nil {
		for _, line := range lines {
			fmt.Fprintln(call.Out, line)
		}
		return err
	}
	var text []byte
	switch call.String("format") {
	case "yaml":
		text, err = project.MarshalYAML()
	case "json":
		if text, err = json.MarshalIndent(project, "", "  "); err == nil {
			text = append(text, '\n')
		}
	default:
		err = fmt.Errorf("unsupported format %q: it is yaml or json", call.String("format"))
	}
	if err != nil {
		return err
	}
	if path := call.String("output"); path != "" {
		return os.WriteFile(path, text, 0o666)
	}
	_, err = call.Out.Write(text)
	return err
}

// configLines answers the flags that print names, one a line.
func configLines(call *command.Call, project *types.Project) (lines []string, wanted bool, err error) {
	switch {
	case call.Bool("services"):
		return project.ServiceNames(), true, nil
	case call.Bool("volumes"):
		return project.VolumeNames(), true, nil
	case call.Bool("images"):
		for _, name := range project.ServiceNames() {
			lines = append(lines, compose.ImageName(project, project.Services[name]))
		}
		return lines, true, nil
	case call.Bool("profiles"):
		profiles := map[string]bool{}
		for _, service := range project.AllServices() {
			for _, name := range service.Profiles {
				profiles[name] = true
			}
		}
		return slices.Sorted(maps.Keys(profiles)), true, nil
	case call.Has("hash"):
		names := project.ServiceNames()
		if text := call.String("hash"); text != "*" {
			names = strings.Split(text, ",")
		}
		for _, name := range names {
			service, err := project.GetService(name)
			if err != nil {
				return nil, true, err
			}
			hash, err := compose.ServiceHash(service)
			if err != nil {
				return nil, true, err
			}
			lines = append(lines, name+" "+hash)
		}
		return lines, true, nil
	}
	return nil, false, nil
}

func hexOf(id string) string { return strings.TrimPrefix(id, "sha256:") }
