package main

import "twinhull/engine/client/jsonlite"

// containerSummary is a row of GET /containers/json, as far as it is shown.
type containerSummary struct {
	ID, Image, ImageID, Command string
	State, Status               string
	Names                       []string
	Created, SizeRw, SizeRootFs int64
	Ports                       []portSummary
	Labels                      map[string]string
	Mounts                      []mountSummary
	Networks                    []string
}

type mountSummary struct{ Name, Source, Driver string }

// containerSummaries is the list.
type containerSummaries []*containerSummary

// ReadJSON reads the list. It is the one that `docker ps` waits for.
func (l *containerSummaries) ReadJSON(r *jsonlite.Reader) {
	r.Array(func() {
		c := new(containerSummary)
		r.Object(func(field string) { c.read(r, field) })
		*l = append(*l, c)
	})
}

// UnmarshalJSON is for lists inside of other values.
func (c *containerSummary) UnmarshalJSON(raw []byte) error {
	r := jsonlite.NewReader(raw)
	r.Object(func(field string) { c.read(r, field) })
	return r.Err()
}

func (c *containerSummary) read(r *jsonlite.Reader, field string) {
	switch field {
	case "Id":
		c.ID = r.String()
	case "Names":
		c.Names = r.Strings()
	case "Image":
		c.Image = r.String()
	case "ImageID":
		c.ImageID = r.String()
	case "Command":
		c.Command = r.String()
	case "Created":
		c.Created = r.Int()
	case "Ports":
		r.Array(func() { c.Ports = append(c.Ports, readPort(r)) })
	case "SizeRw":
		c.SizeRw = r.Int()
	case "SizeRootFs":
		c.SizeRootFs = r.Int()
	case "Labels":
		c.Labels = r.Map()
	case "State":
		c.State = r.String()
	case "Status":
		c.Status = r.String()
	case "Mounts":
		r.Array(func() { c.Mounts = append(c.Mounts, readMount(r)) })
	case "NetworkSettings":
		c.readNetworks(r)
	default:
		r.Skip()
	}
}

func (c *containerSummary) readNetworks(r *jsonlite.Reader) {
	r.Object(func(field string) {
		if field != "Networks" {
			r.Skip()
			return
		}
		r.Object(func(name string) {
			c.Networks = append(c.Networks, name)
			r.Skip()
		})
	})
}

func readPort(r *jsonlite.Reader) (port portSummary) {
	r.Object(func(field string) {
		switch field {
		case "IP":
			port.IP = r.String()
		case "PrivatePort":
			port.PrivatePort = int(r.Int())
		case "PublicPort":
			port.PublicPort = int(r.Int())
		case "Type":
			port.Type = r.String()
		default:
			r.Skip()
		}
	})
	return port
}

func readMount(r *jsonlite.Reader) (mount mountSummary) {
	r.Object(func(field string) {
		switch field {
		case "Name":
			mount.Name = r.String()
		case "Source":
			mount.Source = r.String()
		case "Driver":
			mount.Driver = r.String()
		default:
			r.Skip()
		}
	})
	return mount
}
