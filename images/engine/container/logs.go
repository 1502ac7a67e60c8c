package container

import (
	"context"
	"errors"
	"io"
	"log"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"twinhull/engine/fault"
	"twinhull/engine/runtime"
)

// LogOptions of GET /containers/{id}/logs.
type LogOptions struct {
	Stdout, Stderr bool
	// Since and Until are zero for no bound.
	Since, Until time.Time
	// Tail is how many lines from the end to begin with, negative for all.
	Tail                        int
	Follow, Timestamps, Details bool
}

// LogSink takes what a log says. Flush is called whenever there is nothing more for now.
type LogSink struct {
	Line  func(stderr bool, line []byte) error
	Flush func() error
}

// Logs sends a container's log. To follow it ends with the container's process, ctx, or an error of the sink.
func (m *Manager) Logs(ctx context.Context, c *Container, options LogOptions, sink LogSink) error {
	record := c.Record()
	settings, err := logOf(record.HostConfig.LogConfig, c.logPath())
	if err != nil {
		return err
	}
	if settings.Path == "" {
		return fault.New(fault.NotImplemented, "configured logging driver does not support reading")
	}
	// Before the files are looked at, so that nothing is missed in between.
	reading := &logReading{options: options, sink: sink, reader: newRecordReader()}
	if options.Follow {
		if shim, err := c.runningShim(); err == nil {
			reading.shim = shim
		}
	}
	if options.Details {
		reading.details = logDetails(&record)
	}
	if reading.shim != nil {
		if reading.watch, err = watchLog(c.stateDir); err != nil {
			return err
		}
		defer reading.watch.close()
	}
	if reading.files, err = openLog(settings.Path, settings.MaxFiles); err != nil {
		return err
	}
	defer func() { reading.files.close() }()
	err = reading.run(ctx)
	if errors.Is(err, errLogEnds) {
		return sink.Flush()
	}
	return err
}

// logReading is one client's way through a log.
type logReading struct {
	options LogOptions
	sink    LogSink
	details string
	files   *logFiles
	reader  *recordReader
	// Only when a running container's log is followed:
	shim  *runtime.Shim
	watch *logWatch
}

// errLogEnds is told when a record is later than what was asked for.
var errLogEnds = errors.New("the log was asked for up to here")

func (r *logReading) run(ctx context.Context) error {
	index, offset := 0, int64(0)
	if r.options.Tail >= 0 {
		var err error
		if index, offset, err = r.files.seekTail(r.options.Tail); err != nil {
			return err
		}
	}
	for _, file := range r.files.open[min(index, len(r.files.open)):] {
		info, err := file.Stat()
		if err != nil {
			return err
		}
		// What is written while we read belongs to those who follow: otherwise a talkative container has no end.
		r.reader.read(file, offset, info.Size())
		if err := r.drain(ctx); err != nil {
			return err
		}
		offset = 0
	}
	if r.shim == nil {
		return r.sink.Flush()
	}
	return r.follow(ctx)
}

// drain sends what there is of a file.
func (r *logReading) drain(ctx context.Context) error {
	for {
		line, err := r.reader.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = r.send(line)
		}
		if err != nil {
			return err
		}
	}
}

func (r *logReading) send(line []byte) error {
	record, err := parseLogRecord(line)
	if err != nil {
		log.Print(err)
		return nil
	}
	if r.options.Timestamps || !r.options.Since.IsZero() || !r.options.Until.IsZero() {
		moment, err := record.moment()
		switch {
		case err != nil:
			log.Printf("a log record's time: %v", err)
		case moment.Before(r.options.Since):
			return nil
		case !r.options.Until.IsZero() && moment.After(r.options.Until):
			return errLogEnds
		}
		if r.options.Timestamps {
			record.Log = moment.UTC().Format(fixedTime) + " " + r.withDetails(record.Log)
			return r.pass(&record)
		}
	}
	record.Log = r.withDetails(record.Log)
	return r.pass(&record)
}

func (r *logReading) withDetails(text string) string {
	if r.options.Details {
		return r.details + " " + text
	}
	return text
}

func (r *logReading) pass(record *logRecord) error {
	stderr := record.Stream == "stderr"
	if stderr && !r.options.Stderr || !stderr && !r.options.Stdout {
		return nil
	}
	return r.sink.Line(stderr, []byte(record.Log))
}

// follow goes on until the process has ended.
func (r *logReading) follow(ctx context.Context) error {
	var over <-chan time.Time
	if !r.options.Until.IsZero() {
		timer := time.NewTimer(time.Until(r.options.Until))
		defer timer.Stop()
		over = timer.C
	}
	r.reader.end = -1
	for ended := false; ; {
		if err := r.catchUp(ctx); err != nil {
			return err
		}
		if err := r.sink.Flush(); err != nil || ended {
			return err
		}
		select {
		case <-r.watch.changed:
		case <-r.shim.Exited():
			// All that it has said is in the log by now.
			ended = true
		case <-over:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// catchUp reads to the end of the log, through the files that have come meanwhile.
func (r *logReading) catchUp(ctx context.Context) error {
	for {
		if file := r.reader.file; file != nil {
			// Asked first: a file that is not written any more is complete when it is read after that.
			current := r.files.isCurrent(file)
			if r.reader.truncated() {
				r.reader.moveTo(0)
			}
			if err := r.drain(ctx); err != nil || current {
				return err
			}
		}
		found, err := r.nextFile()
		if err != nil || !found {
			return err
		}
	}
}

// nextFile goes on to the file after the one that was read, or to the first.
func (r *logReading) nextFile() (found bool, err error) {
	anew, err := openLog(r.files.path, r.files.count)
	if err != nil {
		return false, err
	}
	later := anew.open
	if r.reader.file != nil {
		later = anew.after(r.reader.file)
	}
	if len(later) == 0 {
		anew.close()
		return false, nil
	}
	r.files.close()
	r.files = anew
	r.reader.read(later[0], 0, -1)
	return true, nil
}

// logDetails are the variables and labels that --log-opt chooses, as `docker logs --details` shows them.
func logDetails(record *Record) string {
	chosen := map[string]string{}
	for name := range strings.SplitSeq(record.HostConfig.LogConfig.Config["labels"], ",") {
		if value, found := record.Config.Labels[name]; found {
			chosen[name] = value
		}
	}
	for name := range strings.SplitSeq(record.HostConfig.LogConfig.Config["env"], ",") {
		for _, variable := range record.Config.Env {
			if value, found := strings.CutPrefix(variable, name+"="); found && name != "" {
				chosen[name] = value
			}
		}
	}
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(chosen)) {
		pairs = append(pairs, url.QueryEscape(name)+"="+url.QueryEscape(chosen[name]))
	}
	return strings.Join(pairs, ",")
}
