package stats

import (
	"net/url"
	"sync"

	"twinhull/engine/client/command"
	"twinhull/engine/client/rest"
)

// watched is a container and its last sample, nil before the first one.
type watched struct {
	name string

	mutex sync.Mutex
	last  *sample
	err   error
}

func (w *watched) set(last *sample, err error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if last != nil {
		w.last = last
	}
	w.err = err
}

func (w *watched) get() (*sample, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.last, w.err
}

// follow keeps the last sample. first is called when there is one, or never will be.
func (w *watched) follow(client *rest.Client, stream bool, first func()) {
	first = sync.OnceFunc(first)
	defer first()
	query := url.Values{"stream": {"1"}}
	if !stream {
		query.Set("stream", "0")
	}
	response, err := client.Do(&rest.Request{Method: "GET", Path: "/containers/" + rest.Escape(w.name) + "/stats", Query: query})
	if err != nil {
		w.set(nil, err)
		return
	}
	defer response.Body.Close()
	err = rest.Lines(response.Body, func(last *sample) error {
		w.set(last, nil)
		first()
		return nil
	})
	if err != nil && !stream {
		w.set(nil, err)
	}
}

// board is what is shown: the containers in the order in which they came.
type board struct {
	call    *command.Call
	options Options

	mutex sync.Mutex
	list  []*watched
}

// add begins to watch a container, unless it is watched.
func (b *board) add(name string, first func()) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, known := range b.list {
		if known.name == name {
			first()
			return
		}
	}
	container := &watched{name: name}
	b.list = append(b.list, container)
	go container.follow(b.call.Engine().Another(), !b.options.Once, first)
}

func (b *board) remove(name string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for i, known := range b.list {
		if known.name == name {
			b.list = append(b.list[:i:i], b.list[i+1:]...)
			return
		}
	}
}

func (b *board) snapshot() []*watched {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return append([]*watched(nil), b.list...)
}
