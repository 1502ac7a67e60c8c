package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// logDirectory has a log of lines 0 to 99 in three files.
func logDirectory(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x-json.log")
	for name, bounds := range map[string][2]int{path + ".2": {0, 30}, path + ".1": {30, 70}, path: {70, 100}} {
		var text strings.Builder
		for number := bounds[0]; number < bounds[1]; number++ {
			text.WriteString(logLine(number))
		}
		if err := os.WriteFile(name, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func logLine(number int) string {
	return fmt.Sprintf(`{"log":"%d\n","stream":"stdout","time":"2026-01-02T03:04:05Z"}`+"\n", number)
}

func readLog(t *testing.T, path string, tail int) []string {
	t.Helper()
	files, err := openLog(path, 3)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	reading := &logReading{
		options: LogOptions{Stdout: true, Stderr: true, Tail: tail}, files: files, reader: newRecordReader(),
		sink: LogSink{
			Line:  func(_ bool, line []byte) error { lines = append(lines, strings.TrimSpace(string(line))); return nil },
			Flush: func() error { return nil },
		},
	}
	defer func() { reading.files.close() }()
	if err := reading.run(context.Background()); err != nil && !errors.Is(err, errLogEnds) {
		t.Fatal(err)
	}
	return lines
}

func TestLastLinesAreFoundAcrossFiles(t *testing.T) {
	path := logDirectory(t)
	for _, tail := range []int{0, 1, 29, 30, 31, 70, 99, 100, 1000, -1} {
		want := 100
		if tail >= 0 {
			want = min(tail, 100)
		}
		lines := readLog(t, path, tail)
		if len(lines) != want || want > 0 && (lines[0] != fmt.Sprint(100-want) || lines[want-1] != "99") {
			t.Errorf("--tail %d: %d lines: %v", tail, len(lines), lines)
		}
	}
}

func TestFollowingGoesOnInTheFileThatCameAfter(t *testing.T) {
	path := logDirectory(t)
	files, err := openLog(path, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer files.close()
	// The shim replaces the file: what we had open as the newest is now .1, and there is a new one.
	for _, number := range []string{"1", ""} {
		from, to := path+"."+number, path+".2"
		if number == "" {
			from, to = path, path+".1"
		}
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, []byte(logLine(100)), 0o600); err != nil {
		t.Fatal(err)
	}
	newest := files.open[len(files.open)-1]
	if files.isCurrent(newest) {
		t.Fatal("the renamed file counts as the one that is written")
	}
	anew, err := openLog(path, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer anew.close()
	later := anew.after(newest)
	if len(later) != 1 || later[0].Name() != path {
		t.Fatalf("after it come %v", later)
	}
}
