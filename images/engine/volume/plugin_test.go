package volume

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"twinhull/engine/fault"
	"twinhull/engine/filters"
)

// answers are a plugin's replies by call. A call that is not among them gets a 404.
type answers map[string]string

// startPlugin listens where the store looks for plugins and returns what it was asked.
func startPlugin(t *testing.T, store *Store, name string, replies answers) *[]string {
	t.Helper()
	var calls []string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := strings.TrimPrefix(r.URL.Path, "/")
		var body json.RawMessage
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Errorf("%s: %v", call, err)
		}
		calls = append(calls, call+" "+string(body))
		reply, known := replies[call]
		if !known {
			http.NotFound(w, r)
			return
		}
		if status, text, found := strings.Cut(reply, ":"); found && status == "500" {
			w.WriteHeader(http.StatusInternalServerError)
			reply = text
		}
		fmt.Fprint(w, reply)
	}))
	if err := os.MkdirAll(store.plugins.sockets, 0o755); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", filepath.Join(store.plugins.sockets, name+".sock"))
	if err != nil {
		t.Fatal(err)
	}
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	return &calls
}

const activated = `{"Implements":["VolumeDriver"]}`

func TestPluginIsAskedAsDocumented(t *testing.T) {
	store, _ := openStore(t)
	replies := answers{
		"Plugin.Activate":      activated,
		"VolumeDriver.Get":     `{"Err":"no such volume"}`,
		"VolumeDriver.Create":  `{"Err":""}`,
		"VolumeDriver.Mount":   `{"Mountpoint":"/mnt/notes","Err":""}`,
		"VolumeDriver.Unmount": `{}`,
		"VolumeDriver.Remove":  `{}`,
	}
	calls := startPlugin(t, store, "cloud", replies)
	ctx := t.Context()
	create(t, store, CreateOptions{Name: "notes", Driver: "cloud", Options: map[string]string{"size": "1g"}})
	replies["VolumeDriver.Get"] = `{"Volume":{"Name":"notes","CreatedAt":"2020-01-02T03:04:05Z","Status":{"disks":3}}}`
	volume, err := store.Get(ctx, "notes")
	if err != nil || volume.CreatedAt != "2020-01-02T03:04:05Z" || volume.Status["disks"] != 3.0 || volume.Scope != "local" {
		t.Errorf("volume %+v, %v", volume, err)
	}
	if path, err := store.Mount(ctx, "notes", "c1"); err != nil || path != "/mnt/notes" {
		t.Errorf("mounted at %q, %v", path, err)
	}
	if err := store.Unmount(ctx, "notes", "c1"); err != nil {
		t.Error(err)
	}
	if err := store.Remove(ctx, "notes", false); err != nil {
		t.Error(err)
	}
	got := slices.DeleteFunc(*calls, func(call string) bool { return strings.HasPrefix(call, "VolumeDriver.Get ") })
	want := []string{
		`Plugin.Activate {}`, `VolumeDriver.Create {"Name":"notes","Opts":{"size":"1g"}}`, `VolumeDriver.Capabilities {}`,
		`VolumeDriver.Mount {"Name":"notes","ID":"c1"}`, `VolumeDriver.Unmount {"Name":"notes","ID":"c1"}`,
		`VolumeDriver.Remove {"Name":"notes"}`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("calls\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestPluginsFaultsAreTold(t *testing.T) {
	for name, tried := range map[string]struct {
		replies answers
		text    string
	}{
		"no driver": {
			answers{"Plugin.Activate": `{"Implements":["NetworkDriver"]}`},
			`create notes: error looking up volume plugin cloud: plugin "cloud": it is not a volume driver: it implements ["NetworkDriver"]`,
		},
		"refuses": {
			answers{"Plugin.Activate": activated, "VolumeDriver.Create": `{"Err":"the disk is full"}`},
			`create notes: the disk is full`,
		},
		"fails": {
			answers{"Plugin.Activate": activated, "VolumeDriver.Create": `500:{"Err":"out of disks"}`},
			`create notes: VolumeDriver.Create: out of disks`,
		},
		"fails without words": {
			answers{"Plugin.Activate": activated, "VolumeDriver.Create": "500:oops\n"},
			`create notes: VolumeDriver.Create: oops`,
		},
		"talks without end": {
			answers{"Plugin.Activate": activated, "VolumeDriver.Create": strings.Repeat(" ", maxReply+1)},
			`create notes: VolumeDriver.Create: the plugin's reply has more than 4194304 bytes`,
		},
		"no JSON": {
			answers{"Plugin.Activate": activated, "VolumeDriver.Create": "yes"},
			`create notes: VolumeDriver.Create: the plugin's reply is not what it should be: invalid character 'y' looking for beginning of value`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			store, _ := openStore(t)
			startPlugin(t, store, "cloud", tried.replies)
			_, err := store.Create(t.Context(), CreateOptions{Name: "notes", Driver: "cloud"})
			if err == nil || err.Error() != tried.text {
				t.Errorf("error %v, want %s", err, tried.text)
			}
			if volumes, _, _ := store.List(t.Context(), nil); len(volumes) != 0 {
				t.Errorf("volumes %v", names(volumes))
			}
		})
	}
}

func TestMissingPlugin(t *testing.T) {
	store, _ := openStore(t)
	_, err := store.Create(t.Context(), CreateOptions{Name: "notes", Driver: "cloud"})
	wantError(t, err, fault.NotFound, `create notes: error looking up volume plugin cloud: plugin "cloud" not found`)
	_, err = store.Create(t.Context(), CreateOptions{Name: "notes", Driver: "../cloud"})
	wantError(t, err, fault.NotFound, `create notes: error looking up volume plugin ../cloud: plugin "../cloud" not found`)
}

func TestVolumesOfAStoppedPlugin(t *testing.T) {
	store, _ := openStore(t)
	startPlugin(t, store, "cloud", answers{"Plugin.Activate": activated, "VolumeDriver.Create": `{}`})
	create(t, store, CreateOptions{Name: "notes", Driver: "cloud"})
	create(t, store, CreateOptions{Name: "here"})
	// The socket's file stays when a plugin is killed.
	socket := filepath.Join(store.plugins.sockets, "cloud.sock")
	must(t, os.Remove(socket))
	listener, err := net.Listen("unix", socket)
	must(t, err)
	listener.(*net.UnixListener).SetUnlinkOnClose(false)
	must(t, listener.Close())

	volumes, warnings, err := store.List(t.Context(), nil)
	if err != nil || !slices.Equal(names(volumes), []string{"here", "notes"}) || len(warnings) != 1 {
		t.Errorf("%v, %v, %v", names(volumes), warnings, err)
	}
	if err := store.Remove(t.Context(), "notes", false); err == nil {
		t.Error("removed a volume that nobody could remove")
	}
	if err := store.Remove(t.Context(), "notes", true); err != nil {
		t.Error(err)
	}
	if volumes, _, _ := store.List(t.Context(), nil); !slices.Equal(names(volumes), []string{"here"}) {
		t.Errorf("after removal with force: %v", names(volumes))
	}
}

func TestPluginsOwnVolumesAreFound(t *testing.T) {
	store, _ := openStore(t)
	startPlugin(t, store, "cloud", answers{
		"Plugin.Activate":           activated,
		"VolumeDriver.Get":          `{"Volume":{"Name":"old","Mountpoint":"/mnt/old"}}`,
		"VolumeDriver.List":         `{"Volumes":[{"Name":"old","Mountpoint":"/mnt/old"}]}`,
		"VolumeDriver.Capabilities": `{"Capabilities":{"Scope":"GLOBAL"}}`,
	})
	volumes, _, err := store.List(t.Context(), filters.Filters{"driver": {"cloud"}})
	if err != nil || len(volumes) != 1 || volumes[0].Scope != "global" || volumes[0].Mountpoint != "/mnt/old" {
		t.Errorf("listed %+v, %v", volumes, err)
	}
	volume, err := store.Get(t.Context(), "old")
	if err != nil || volume.Driver != "cloud" {
		t.Errorf("found %+v, %v", volume, err)
	}
	_, err = store.Create(t.Context(), CreateOptions{Name: "old", Driver: LocalDriver})
	wantError(t, err, fault.Conflict, "create old: driver 'cloud' already has volume 'old': volume name must be unique")
}

func TestAddresses(t *testing.T) {
	store, _ := openStore(t)
	specs := t.TempDir()
	store.plugins.specs = []string{specs}
	must(t, os.Mkdir(filepath.Join(specs, "three"), 0o755))
	for file, text := range map[string]string{
		"one.spec":         "unix:///run/one.sock\n",
		"two.json":         `{"Name":"two","Addr":"https://disks:7766","TLSConfig":{"CertFile":"/c","KeyFile":"/k"}}`,
		"three/three.spec": "tcp://disks:7767",
		"other.txt":        "tcp://nobody:1",
		"bad.spec":         "just words",
	} {
		must(t, os.WriteFile(filepath.Join(specs, file), []byte(text), 0o600))
	}
	for name, want := range map[string]pluginAddress{
		"one":   {url: "unix:///run/one.sock"},
		"two":   {url: "https://disks:7766", tls: pluginTLS{InsecureSkipVerify: true, CertFile: "/c", KeyFile: "/k"}},
		"three": {url: "tcp://disks:7767"},
	} {
		if found, err := store.plugins.address(name); err != nil || found != want {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
	if _, err := store.plugins.address("bad"); !fault.Is(err, fault.Invalid) {
		t.Errorf("words: %v", err)
	}
	if found := store.plugins.names(); !slices.Equal(found, []string{"one", "three", "two"}) {
		t.Errorf("names %v", found)
	}
}

func FuzzAddress(f *testing.F) {
	f.Add(true, []byte(`{"Addr":"tcp://x:1","TLSConfig":{"CAFile":"x"}}`))
	f.Add(false, []byte("unix:///run/x.sock\n"))
	f.Fuzz(func(t *testing.T, isJSON bool, text []byte) {
		path := "x.spec"
		if isJSON {
			path = "x.json"
		}
		address, err := parseAddress(path, text)
		if err == nil {
			if _, err := newPluginClient(address, dockersPatience); err != nil && address.tls == (pluginTLS{}) {
				t.Errorf("%q is taken, and then: %v", address.url, err)
			}
		}
	})
}
