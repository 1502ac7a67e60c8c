package xray

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
)

const (
	// maxSteps is more than any start takes; hullrun's have some 250.
	maxSteps = 4096
	// maxLine bounds one step in bytes; the longest hold a path.
	maxLine = 8 << 10
)

// line is what is needed of images/runtime/TRACE.md; the whole of it is passed on as it is.
type line struct {
	AtNs   int64  `json:"atNs"`
	Ns     *int64 `json:"ns"`
	Detail string `json:"detail"`
}

// Steps tells the watchers what the runtime has written of its steps into a file, and removes the file. It need not be
// there: not every runtime writes one.
func (s *Stream) Steps(container, path string) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer os.Remove(path)
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(make([]byte, 0, 1024), maxLine)
	var begun int64
	for count := 0; count < maxSteps && lines.Scan(); count++ {
		var step line
		if err := json.Unmarshal(lines.Bytes(), &step); err != nil {
			return fmt.Errorf("step %d of container %s: %w", count, container, err)
		}
		if count == 0 {
			// The first line's detail is the wall clock when the trace began.
			if begun, err = strconv.ParseInt(step.Detail, 10, 64); err != nil {
				return fmt.Errorf("the beginning of container %s: %w", container, err)
			}
		}
		event := Event{Type: "step", UnixNs: begun + step.AtNs, Container: container}
		event.Step = append(event.Step, lines.Bytes()...)
		if step.Ns != nil {
			event.Ns = *step.Ns
		}
		s.Publish(event)
	}
	return lines.Err()
}
