package options

import (
	"encoding/json"
	"testing"

	"twinhull/engine/client/flag"
	"twinhull/engine/client/jsonlite"
)

func body(t *testing.T, line ...string) (map[string]any, error) {
	t.Helper()
	values, arguments, err := flag.Parse(flag.Set{Flags}, line, true)
	if err != nil {
		return nil, err
	}
	request, err := Parse(values, arguments)
	if err != nil {
		return nil, err
	}
	var text jsonlite.Writer
	request.WriteJSON(&text)
	var read map[string]any
	if err := json.Unmarshal(text.Bytes(), &read); err != nil {
		t.Fatalf("%s: %v", text.Bytes(), err)
	}
	return read, nil
}

// TestShortest asks for nothing special: the body has nothing special. What flags do is compared with Docker's client in
// cmd/hull.
func TestShortest(t *testing.T) {
	read, err := body(t, "busybox", "true")
	if err != nil {
		t.Fatal(err)
	}
	want := `{"AttachStderr":true,"AttachStdout":true,"Cmd":["true"],"HostConfig":{"NetworkMode":"default","RestartPolicy":{"Name":"no"}},"Image":"busybox"}`
	if raw, _ := json.Marshal(read); string(raw) != want {
		t.Errorf("the body is %s", raw)
	}
}

func TestPublish(t *testing.T) {
	read, err := body(t, "-p", "127.0.0.1:8000-8001:80-81/udp", "busybox")
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := json.Marshal(read["HostConfig"].(map[string]any)["PortBindings"])
	want := `{"80/udp":[{"HostIp":"127.0.0.1","HostPort":"8000"}],"81/udp":[{"HostIp":"127.0.0.1","HostPort":"8001"}]}`
	if string(raw) != want {
		t.Errorf("the ports are %s", raw)
	}
}

// FuzzFlag gives any flag any value: it is refused, or becomes JSON.
func FuzzFlag(f *testing.F) {
	for i, value := range []string{"80:80", "type=bind,src=/a,dst=/b", "name=n,alias=a", "nofile=1:2", "/a:/b:ro", "1.5", "a:1.2.3.4", "c 1:* rwm", "64m", "all"} {
		f.Add(uint8(i*7), value)
	}
	f.Fuzz(func(t *testing.T, which uint8, value string) {
		described := Flags[int(which)%len(Flags)]
		if described.Name == "env-file" || described.Name == "label-file" || described.Name == "security-opt" {
			return // these open files
		}
		_, _ = body(t, "--"+described.Name+"="+value, "image")
	})
}
