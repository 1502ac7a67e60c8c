package container

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// logRecord is one line of a json-file log.
type logRecord struct {
	Log    string `json:"log"`
	Stream string `json:"stream"`
	// Time stays text until somebody asks for it: parsing it costs more than all the rest.
	Time string `json:"time"`
}

// parseLogRecord reads {"log":"TEXT","stream":"stdout","time":"RFC 3339"}. What the shim writes has this order, without
// spaces; such a line whose text has no escapes but a newline at its end is read without the JSON decoder, which would
// take most of the time of `docker logs`.
func parseLogRecord(line []byte) (logRecord, error) {
	if record, ok := plainLogRecord(line); ok {
		return record, nil
	}
	var record logRecord
	if err := json.Unmarshal(line, &record); err != nil {
		return record, fmt.Errorf("read a log record: %w", err)
	}
	return record, nil
}

func plainLogRecord(line []byte) (record logRecord, ok bool) {
	text, rest, ok := plainString(line, `{"log":"`)
	if !ok {
		return record, false
	}
	stream, rest, ok := plainString(rest, `,"stream":"`)
	if !ok || bytes.IndexByte(stream, '\\') >= 0 {
		return record, false
	}
	moment, rest, ok := plainString(rest, `,"time":"`)
	if !ok || bytes.IndexByte(moment, '\\') >= 0 || string(bytes.TrimRight(rest, "\n")) != "}" {
		return record, false
	}
	whole, end := bytes.CutSuffix(text, []byte(`\n`))
	if bytes.IndexByte(whole, '\\') >= 0 {
		return record, false
	}
	record = logRecord{Log: string(whole), Stream: string(stream), Time: string(moment)}
	if end {
		record.Log += "\n"
	}
	return record, true
}

// plainString returns what stands between a prefix and the next quote. Text that needs a decoder is refused.
func plainString(line []byte, prefix string) (text, rest []byte, ok bool) {
	after, found := bytes.CutPrefix(line, []byte(prefix))
	if !found {
		return nil, nil, false
	}
	for i, c := range after {
		switch {
		case c == '"':
			return after[:i], after[i+1:], true
		case c < ' ' || c >= 0x80 || c == '\\' && (i+1 == len(after) || after[i+1] != 'n'):
			return nil, nil, false
		}
	}
	return nil, nil, false
}

// fixedTime is RFC 3339 with all nine digits, so that the lines of `docker logs -t` stand below each other.
const fixedTime = "2006-01-02T15:04:05.000000000Z07:00"

func (r *logRecord) moment() (time.Time, error) { return time.Parse(time.RFC3339Nano, r.Time) }
