package compose

import (
	"fmt"
	"io"
	"net/url"

	"github.com/compose-spec/compose-go/v2/types"

	"twinhull/engine/client/progress"
	"twinhull/engine/client/reference"
	"twinhull/engine/client/rest"
)

// Push sends the images of services that are built to their registries. The others come from there.
func (p *Project) Push(ignoreFailures, quiet bool) error {
	for _, name := range p.ServiceNames() {
		service := p.Services[name]
		if service.Build == nil {
			continue
		}
		if service.Image == "" {
			p.progress.phase(name, "Skipped")
			continue
		}
		if err := p.push(service, quiet); err != nil {
			if !ignoreFailures {
				return err
			}
			fmt.Fprintf(p.progress, "%v\n", err)
		}
	}
	return nil
}

func (p *Project) push(service types.ServiceConfig, quiet bool) error {
	p.progress.phase(service.Name, "Pushing")
	name, tag, _ := reference.Split(service.Image)
	if tag == "" {
		tag = "latest"
	}
	answer, err := p.engine.stream(&rest.Request{
		Method: "POST", Path: "/images/" + name + "/push", Query: url.Values{"tag": {tag}},
		Header: map[string]string{"X-Registry-Auth": p.auth(name)},
	})
	if err == nil {
		out := io.Writer(p.progress)
		if quiet {
			out = io.Discard
		}
		err = progress.Show(answer, out, 0, nil)
		answer.Close()
	}
	if err != nil {
		p.progress.phase(service.Name, "Error")
		return fmt.Errorf("push %s of service %s: %w", service.Image, service.Name, err)
	}
	p.progress.phase(service.Name, "Pushed")
	return nil
}
