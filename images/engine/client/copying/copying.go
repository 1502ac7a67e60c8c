// Package copying brings files and folders into containers and out of them, as `docker cp` does.
package copying

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/docker/go-units"

	"twinhull/engine/client/archive"
	"twinhull/engine/client/command"
	"twinhull/engine/client/flag"
	"twinhull/engine/client/rest"
)

// Flags are those of every command that copies.
var Flags = []flag.Flag{
	{Name: "archive", Short: "a", Usage: "Archive mode (copy all uid/gid information)"},
	{Name: "follow-link", Short: "L", Usage: "Always follow symbol link in SRC_PATH"},
}

// Place is one end of a copy: in a container, or here if that is "".
type Place struct{ Container, Path string }

// PlaceOf reads CONTAINER:PATH. A path of ours that has a colon begins with / or with a dot.
func PlaceOf(word string) Place {
	container, path, found := strings.Cut(word, ":")
	if filepath.IsAbs(word) || !found || strings.HasPrefix(container, ".") {
		return Place{"", word}
	}
	return Place{container, path}
}

// Copy does what a line with two places says. Its call has Flags, and perhaps one more, quiet.
func Copy(call *command.Call, from, to Place) error {
	switch {
	case from.Container != "" && to.Container != "":
		return errors.New("copying between containers is not supported")
	case from.Container != "":
		return copyOut(call, from, to.Path)
	case to.Container != "":
		return copyIn(call, from.Path, to)
	}
	return errors.New("must specify at least one container source")
}

// pathStat is what the engine knows of a path in a container.
type pathStat struct {
	Name       string      `json:"name"`
	Size       int64       `json:"size"`
	Mode       fs.FileMode `json:"mode"`
	LinkTarget string      `json:"linkTarget"`
}

func statOf(response *rest.Response) (*pathStat, error) {
	raw, err := base64.StdEncoding.DecodeString(response.Header["x-docker-container-path-stat"])
	stat := new(pathStat)
	if err == nil {
		err = json.Unmarshal(raw, stat)
	}
	if err != nil {
		return nil, fmt.Errorf("unable to decode container path stat header: %w", err)
	}
	return stat, nil
}

func statIn(call *command.Call, at Place) (*pathStat, error) {
	response, err := call.Engine().Do(&rest.Request{
		Method: "HEAD", Path: "/containers/" + rest.Escape(at.Container) + "/archive", Query: url.Values{"path": {at.Path}},
	})
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return statOf(response)
}

// linked is where a link in a container leads.
func linked(from, target string) string {
	if path.IsAbs(target) {
		return target
	}
	return path.Join(path.Dir(strings.TrimSuffix(from, "/")), target)
}

// Counter knows how much passed.
type Counter struct {
	io.Reader
	Count int64
}

func (r *Counter) Read(into []byte) (int, error) {
	n, err := r.Reader.Read(into)
	r.Count += int64(n)
	return n, err
}

// quiet tells whether nobody wants to hear that a copy is done.
func quiet(call *command.Call) bool {
	if call.Defines("quiet") && call.Has("quiet") {
		return call.Bool("quiet")
	}
	return !call.OutIsTerminal()
}

func tell(call *command.Call, size int64, to string) {
	if !quiet(call) {
		fmt.Fprintf(call.Err, "Successfully copied %s to %s\n", units.HumanSizeWithPrecision(float64(size), 3), to)
	}
}

func copyOut(call *command.Call, from Place, to string) error {
	rebase := ""
	if call.Bool("follow-link") {
		if stat, err := statIn(call, from); err == nil && stat.Mode&fs.ModeSymlink != 0 {
			rebase = base(from.Path)
			from.Path = linked(from.Path, stat.LinkTarget)
		}
	}
	if to != "-" {
		if _, err := os.Stat(filepath.Dir(strings.TrimSuffix(to, "/"))); err != nil {
			return fmt.Errorf("invalid output path: directory %q does not exist", absolute(filepath.Dir(strings.TrimSuffix(to, "/"))))
		}
	}
	response, err := call.Engine().Do(&rest.Request{
		Method: "GET", Path: "/containers/" + rest.Escape(from.Container) + "/archive", Query: url.Values{"path": {from.Path}},
	})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if to == "-" {
		_, err := io.Copy(call.Out, response.Body)
		return err
	}
	stat, err := statOf(response)
	if err != nil {
		return err
	}
	counted := &Counter{Reader: response.Body}
	if err := unpackTo(counted, base(from.Path), rebase, stat.Mode.IsDir(), to); err != nil {
		return err
	}
	tell(call, counted.Count, absolute(to))
	return nil
}

// base is the name of the last part of a path; "." if it says what is in a folder, rather than the folder.
func base(name string) string {
	if strings.HasSuffix(name, "/.") || name == "." {
		return "."
	}
	return path.Base(name)
}

func absolute(name string) string {
	if full, err := filepath.Abs(name); err == nil {
		return full
	}
	return name
}

// unpackTo puts an archive of a file or folder where cp's rules say: into a folder that is there, else under the
// destination's name.
func unpackTo(from io.Reader, name, rebase string, isFolder bool, to string) error {
	if rebase != "" && rebase != name {
		from, name = archive.Renamed(from, name, rebase), rebase
	}
	info, err := os.Stat(to)
	switch {
	case err == nil && info.IsDir():
		return archive.Unpack(from, to)
	case err == nil && isFolder:
		return errors.New("cannot copy directory")
	case err != nil && !isFolder && strings.HasSuffix(to, "/"):
		return errors.New("no such directory")
	}
	to = absolute(to)
	if isFolder && name == "." {
		if err := os.Mkdir(to, 0o755); err != nil {
			return err
		}
		return archive.Unpack(from, to)
	}
	return archive.Unpack(archive.Renamed(from, name, filepath.Base(to)), filepath.Dir(to))
}

func copyIn(call *command.Call, from string, to Place) error {
	target, folder, known := to.Path, false, false
	if stat, err := statIn(call, to); err == nil {
		if stat.Mode&fs.ModeSymlink != 0 {
			target = linked(to.Path, stat.LinkTarget)
			stat, err = statIn(call, Place{to.Container, target})
		}
		if err == nil {
			known, folder = true, stat.Mode.IsDir()
			if !folder && !stat.Mode.IsRegular() {
				return fmt.Errorf(`destination "%s:%s" must be a directory or a regular file`, to.Container, to.Path)
			}
		}
	}
	query := url.Values{"noOverwriteDirNonDir": {"true"}}
	if call.Bool("archive") {
		query.Set("copyUIDGID", "true")
	}
	var content io.Reader = call.In
	if from == "-" {
		if !folder {
			return fmt.Errorf(`destination "%s:%s" must be a directory`, to.Container, to.Path)
		}
		query.Set("path", target)
	} else {
		packing, into, err := packFor(call, from, target, known, folder)
		if err != nil {
			return err
		}
		query.Set("path", into)
		content = packing.Pack()
	}
	counted := &Counter{Reader: content}
	err := call.Engine().Call(&rest.Request{
		Method: "PUT", Path: "/containers/" + rest.Escape(to.Container) + "/archive", Query: query, Stream: counted,
	}, nil)
	if err != nil {
		return err
	}
	tell(call, counted.Count, to.Container+":"+target)
	return nil
}

// packFor says how a file or folder of ours is packed, and into which of the container's folders it goes.
func packFor(call *command.Call, from, target string, known, folder bool) (*archive.Packing, string, error) {
	source := absolute(from)
	if call.Bool("follow-link") {
		if real, err := filepath.EvalSymlinks(source); err == nil {
			source = real
		}
	}
	info, err := os.Lstat(source)
	if err != nil {
		return nil, "", err
	}
	packing := &archive.Packing{Source: source, Name: base(filepath.ToSlash(from)), Owner: true}
	if packing.Name == ".." || packing.Name == "/" {
		packing.Name = filepath.Base(source)
	}
	switch {
	case known && folder:
		return packing, target, nil
	case known && info.IsDir():
		return nil, "", errors.New("cannot copy directory")
	case !known && !info.IsDir() && strings.HasSuffix(target, "/"):
		return nil, "", errors.New("no such directory")
	}
	packing.Name = path.Base(target)
	return packing, path.Dir(strings.TrimSuffix(target, "/")), nil
}
