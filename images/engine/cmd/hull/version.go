package main

import (
	"fmt"
	"runtime"
	"sort"
	"text/tabwriter"

	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/format"
	"twinhull/engine/client/rest"
)

var showVersion = command.Command{
	Usage: []string{"[OPTIONS]"}, Short: "Show the Docker version information",
	Flags: flag.Set{inspectFormatFlag}, Run: version,
}

type versionView struct {
	Client clientVersion
	Server *serverVersion
}

type clientVersion struct {
	Version           string `json:",omitempty"`
	APIVersion        string `json:"ApiVersion,omitempty"`
	DefaultAPIVersion string `json:"DefaultAPIVersion,omitempty"`
	GitCommit         string `json:",omitempty"`
	GoVersion         string `json:",omitempty"`
	Os                string `json:",omitempty"`
	Arch              string `json:",omitempty"`
	BuildTime         string `json:",omitempty"`
	Context           string
}

type serverVersion struct {
	Platform      struct{ Name string }
	Version       string
	APIVersion    string `json:"ApiVersion"`
	MinAPIVersion string `json:"MinAPIVersion,omitempty"`
	Os            string
	Arch          string
	Components    []component `json:",omitempty"`
	GitCommit     string      `json:",omitempty"`
	GoVersion     string      `json:",omitempty"`
	KernelVersion string      `json:",omitempty"`
	Experimental  bool        `json:",omitempty"`
	BuildTime     string      `json:",omitempty"`
}

type component struct {
	Name    string
	Version string
	Details map[string]string `json:",omitempty"`
}

func version(call *command.Call) error {
	layout := call.String("format")
	if _, err := format.Parse("version", layout); err != nil {
		return command.Fail(64, "%v", err)
	}
	server := new(serverVersion)
	failed := call.Engine().Get("/version", nil, server)
	view := versionView{Client: clientVersion{
		Version: command.ClientVersion, APIVersion: call.Engine().Version, DefaultAPIVersion: rest.Version,
		GitCommit: "twinhull", GoVersion: runtime.Version(), Os: runtime.GOOS, Arch: runtime.GOARCH,
		Context: call.ContextName(),
	}}
	if failed == nil {
		view.Server = server
	}
	if layout != "" {
		if err := printTemplate(call, "version", layout, &view); err != nil {
			return err
		}
		return failed
	}
	out := tabwriter.NewWriter(call.Out, 20, 1, 1, ' ', 0)
	client := view.Client
	fmt.Fprintf(out, "Client:\n Version:\t%s\n API version:\t%s", client.Version, client.APIVersion)
	if client.APIVersion != client.DefaultAPIVersion {
		fmt.Fprintf(out, " (downgraded from %s)", client.DefaultAPIVersion)
	}
	fmt.Fprintf(out, "\n Go version:\t%s\n Git commit:\t%s\n OS/Arch:\t%s/%s\n Context:\t%s\n",
		client.GoVersion, client.GitCommit, client.Os, client.Arch, client.Context)
	if view.Server != nil {
		server.print(out)
	}
	_ = out.Flush()
	return failed
}

func (s *serverVersion) print(out *tabwriter.Writer) {
	fmt.Fprint(out, "\nServer:")
	if s.Platform.Name != "" {
		fmt.Fprint(out, " "+s.Platform.Name)
	}
	fmt.Fprintln(out)
	for _, part := range s.Components {
		fmt.Fprintf(out, " %s:\n  Version:\t%s\n", part.Name, part.Version)
		if part.Name != "Engine" {
			names := make([]string, 0, len(part.Details))
			for name := range part.Details {
				names = append(names, name)
			}
			sort.Strings(names)
			for _, name := range names {
				fmt.Fprintf(out, "  %s:\t%s\n", name, part.Details[name])
			}
			continue
		}
		of := part.Details
		fmt.Fprintf(out, "  API version:\t%s (minimum version %s)\n  Go version:\t%s\n  Git commit:\t%s\n  Built:\t%s\n"+
			"  OS/Arch:\t%s/%s\n  Experimental:\t%s\n", of["ApiVersion"], of["MinAPIVersion"], of["GoVersion"], of["GitCommit"],
			of["BuildTime"], of["Os"], of["Arch"], of["Experimental"])
	}
}
