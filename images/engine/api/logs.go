package api

import (
	"net/http"
	"strconv"

	"twinhull/engine/container"
	"twinhull/engine/fault"
)

func (a containers) logs(w http.ResponseWriter, r *http.Request) error {
	c, err := a.find(r)
	if err != nil {
		return err
	}
	options, err := logOptions(r)
	if err != nil {
		return err
	}
	terminal := c.Record().Config.Tty
	// An error that comes before the first line gets a status of its own.
	begun := false
	begin := func() {
		if begun {
			return
		}
		begun = true
		kind := multiplexedStream
		if terminal {
			kind = rawStream
		}
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(http.StatusOK)
	}
	write := lineWriter(w, terminal)
	err = a.manager.Logs(r.Context(), c, options, container.LogSink{
		Line: func(stderr bool, line []byte) error {
			begin()
			return write(stderr, line)
		},
		Flush: func() error {
			begin()
			return http.NewResponseController(w).Flush()
		},
	})
	if begun {
		return nil
	}
	return err
}

func logOptions(r *http.Request) (options container.LogOptions, err error) {
	query := r.URL.Query()
	options = container.LogOptions{
		Stdout: flag(r, "stdout"), Stderr: flag(r, "stderr"), Tail: -1,
		Follow: flag(r, "follow"), Timestamps: flag(r, "timestamps"), Details: flag(r, "details"),
	}
	if !options.Stdout && !options.Stderr {
		return options, fault.New(fault.Invalid, "Bad parameters: you must choose at least one stream")
	}
	if options.Since, err = parseTime(query.Get("since")); err != nil {
		return options, err
	}
	// For logs, though not for events, 0 is no end in moby.
	if until := query.Get("until"); until != "0" {
		if options.Until, err = parseTime(until); err != nil {
			return options, err
		}
	}
	// What is no number means all lines, as "all" does.
	if lines, err := strconv.Atoi(query.Get("tail")); err == nil && lines >= 0 {
		options.Tail = lines
	}
	return options, nil
}
