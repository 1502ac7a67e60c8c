package main

import (
	"fmt"
	"net/http"
	"strings"
)

const (
	longID  = "4f66ad9a0b2e4f66ad9a0b2e4f66ad9a0b2e4f66ad9a0b2e4f66ad9a0b2e4f66"
	otherID = "7c11b0d1e2f37c11b0d1e2f37c11b0d1e2f37c11b0d1e2f37c11b0d1e2f37c11"
	aDigest = "sha256:8a1f6a7d8c9e8a1f6a7d8c9e8a1f6a7d8c9e8a1f6a7d8c9e8a1f6a7d8c9e8a1f"
)

// answers are what the recording engine says, by method and path; the longest that fits counts. They have moby's form.
var answers = map[string]string{
	"GET /version": `{"Platform":{"Name":"Twinhull"},"Components":[{"Name":"Engine","Version":"0.3.0","Details":{"ApiVersion":"1.47","Arch":"386",` +
		`"BuildTime":"2026-01-02T03:04:05.000000000+00:00","Experimental":"false","GitCommit":"abc","GoVersion":"go1.26","KernelVersion":"6.12",` +
		`"MinAPIVersion":"1.24","Os":"linux"}},{"Name":"hullrun","Version":"1.0","Details":{"GitCommit":"def","Zeal":"much"}}],"Version":"0.3.0",` +
		`"ApiVersion":"1.47","MinAPIVersion":"1.24","GitCommit":"abc","GoVersion":"go1.26","Os":"linux","Arch":"386","KernelVersion":"6.12",` +
		`"BuildTime":"2026-01-02T03:04:05.000000000+00:00"}`,
	"GET /info": `{"ID":"abcd","Containers":3,"ContainersRunning":1,"ContainersPaused":1,"ContainersStopped":1,"Images":2,"Driver":"overlay2",` +
		`"DriverStatus":[["Backing Filesystem","tmpfs"],["Supports d_type","true"]],"Plugins":{"Volume":["local"],"Network":["bridge","host"],` +
		`"Authorization":null,"Log":["json-file"]},"LoggingDriver":"json-file","CgroupDriver":"cgroupfs","CgroupVersion":"2","NEventsListener":0,` +
		`"KernelVersion":"6.12","OperatingSystem":"Twinhull","OSVersion":"1","OSType":"linux","Architecture":"i686","IndexServerAddress":"x",` +
		`"RegistryConfig":{"InsecureRegistryCIDRs":["127.0.0.0/8"],"IndexConfigs":{"docker.io":{"Name":"docker.io","Mirrors":[],"Secure":true,` +
		`"Official":true}},"Mirrors":["http://m/"]},"NCPU":1,"MemTotal":268435456,"DockerRootDir":"/var/lib/docker","Name":"host","Labels":["a=b"],` +
		`"ExperimentalBuild":false,"ServerVersion":"0.3.0","Runtimes":{"hullrun":{"path":"hullrun"}},"DefaultRuntime":"hullrun","Swarm":` +
		`{"NodeID":"","NodeAddr":"","LocalNodeState":"inactive","ControlAvailable":false,"Error":"","RemoteManagers":null},` +
		`"LiveRestoreEnabled":true,"InitBinary":"tini","ContainerdCommit":{"ID":""},"RuncCommit":{"ID":"1.0"},"InitCommit":{"ID":"2"},` +
		`"SecurityOptions":["name=seccomp,profile=builtin","name=cgroupns"],"DefaultAddressPools":[{"Base":"172.17.0.0/16","Size":16}],` +
		`"Warnings":["WARNING: No swap limit support"]}`,

	"POST /containers/create":    `{"Id":"` + longID + `","Warnings":["be careful"]}`,
	"POST /containers/":          ``,
	"POST /containers/X/wait":    `{"StatusCode":3}`,
	"POST /containers/missing":   `!404 No such container: missing`,
	"GET /containers/missing":    `!404 No such container: missing`,
	"DELETE /containers/missing": `!404 No such container: missing`,
	"POST /containers/X/update":  `{"Warnings":["limited"]}`,
	"POST /containers/X/exec":    `{"Id":"` + otherID + `"}`,
	"GET /exec/":                 `{"ID":"` + otherID + `","ExitCode":5,"Running":false}`,
	"DELETE /containers/":        ``,
	"GET /containers/X/json": `{"Id":"` + longID + `","Created":"2026-01-02T03:04:05.123456789Z","Path":"sh","Args":["-c","true"],"State":{"Status":"running","Running":true,` +
		`"Paused":false,"Restarting":false,"OOMKilled":false,"Dead":false,"Pid":42,"ExitCode":0,"Error":"","StartedAt":"2026-01-02T03:04:05Z","FinishedAt":"0001-01-01T00:00:00Z"},` +
		`"Image":"` + aDigest + `","Name":"/happy_tesla","RestartCount":0,"Platform":"linux","HostConfig":{"NetworkMode":"bridge","RestartPolicy":{"Name":"no",` +
		`"MaximumRetryCount":0},"Memory":67108864},"Mounts":[],"Config":{"Hostname":"h","User":"","Tty":false,"OpenStdin":false,"Env":["A=1","B=<2>"],"Cmd":["sh","-c","true"],"Image":"busybox",` +
		`"Labels":{"x.y":"z","k":"v"}},"NetworkSettings":{"Ports":{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"},{"HostIp":"127.0.0.1","HostPort":"9"}],"443/tcp":null},` +
		`"IPAddress":"172.17.0.2","Networks":{"bridge":{"IPAddress":"172.17.0.2"}}}}`,
	"GET /containers/X/logs":    "\x01\x00\x00\x00\x00\x00\x00\x03out\x02\x00\x00\x00\x00\x00\x00\x04err\n",
	"GET /containers/X/top":     `{"Titles":["PID","USER","CMD"],"Processes":[["1","root","sh -c true"],["22","nobody","x"]]}`,
	"GET /containers/X/changes": `[{"Path":"/a","Kind":0},{"Path":"/b","Kind":1},{"Path":"/c","Kind":2}]`,
	"GET /containers/X/export":  `an archive`,
	"GET /containers/X/stats": `{"id":"` + longID + `","name":"/happy_tesla","read":"2026-01-02T03:04:05Z","preread":"2026-01-02T03:04:04Z","pids_stats":{"current":3},` +
		`"blkio_stats":{"io_service_bytes_recursive":[{"major":8,"minor":0,"op":"read","value":4096},{"major":8,"minor":0,"op":"Write","value":1234567}]},` +
		`"cpu_stats":{"cpu_usage":{"total_usage":400},"system_cpu_usage":2000,"online_cpus":2},"precpu_stats":{"cpu_usage":{"total_usage":300},"system_cpu_usage":1000},` +
		`"memory_stats":{"usage":5000000,"limit":268435456,"stats":{"inactive_file":1000000}},"networks":{"eth0":{"rx_bytes":1000,"tx_bytes":20}}}`,
	"GET /containers/json": `[{"Id":"` + longID + `","Names":["/happy_tesla","/other/link"],"Image":"busybox","ImageID":"` + aDigest + `","Command":"sh -c 'sleep 1000000'",` +
		`"Created":1700000000,"Ports":[{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":8080,"Type":"tcp"},{"IP":"0.0.0.0","PrivatePort":81,"PublicPort":81,"Type":"tcp"},` +
		`{"IP":"0.0.0.0","PrivatePort":82,"PublicPort":82,"Type":"tcp"},{"PrivatePort":53,"Type":"udp"},{"IP":"::","PrivatePort":80,"PublicPort":8080,"Type":"tcp"}],"SizeRw":12345,"SizeRootFs":4000000,` +
		`"Labels":{"com.x.kind-of":"web","b":"2"},"State":"running","Status":"Up 2 minutes","HostConfig":{"NetworkMode":"bridge"},"NetworkSettings":{"Networks":{"bridge":{}}},` +
		`"Mounts":[{"Type":"volume","Name":"0123456789abcdef0123","Source":"/v","Driver":"local"},{"Type":"bind","Source":"/src"}]},` +
		`{"Id":"` + otherID + `","Names":["/db"],"Image":"` + aDigest + `","ImageID":"` + aDigest + `","Command":"\"quoted\" ünïcode command","Created":1600000000,"Ports":[],` +
		`"Labels":{},"State":"exited","Status":"Exited (0) 3 weeks ago","HostConfig":{"NetworkMode":"none"},"NetworkSettings":{"Networks":{}},"Mounts":[]}]`,
	"POST /containers/prune": `{"ContainersDeleted":["` + longID + `"],"SpaceReclaimed":1234567}`,
	"POST /commit":           `{"Id":"` + aDigest + `"}`,

	"GET /images/json": `[{"Id":"` + aDigest + `","ParentId":"","RepoTags":["busybox:latest"],"RepoDigests":["busybox@sha256:` + longID + `"],"Created":1700000000,` +
		`"Size":4261234,"SharedSize":-1,"Containers":-1,"Labels":{}},{"Id":"sha256:` + otherID + `","RepoTags":["host:5000/team/app:v1","host:5000/team/app:v2"],"RepoDigests":[],"Created":1600000000,"Size":4261234,"SharedSize":10,"Containers":2},{"Id":"sha256:` + otherID + `","RepoTags":[],"RepoDigests":[],"Created":1600000000,"Size":999,"SharedSize":-1,"Containers":-1}]`,
	"GET /images/X/history": `[{"Id":"` + aDigest + `","Created":1700000000,"CreatedBy":"/bin/sh -c #(nop)  CMD [\"sh\"] and a very long text after it","Tags":["busybox:latest"],"Size":0,"Comment":""},` +
		`{"Id":"<missing>","Created":0,"CreatedBy":"ADD\tfile","Tags":null,"Size":4261234,"Comment":"c"}]`,
	"GET /images/X/json":     `{"Id":"` + aDigest + `","RepoTags":["busybox:latest"],"Architecture":"386","Size":4261234,"Config":{"Cmd":["sh"]}}`,
	"GET /images/missing":    `!404 No such image: missing:latest`,
	"DELETE /images/missing": `!404 No such image: missing:latest`,
	"DELETE /images/used":    `!409 conflict: unable to remove repository reference "used" (must force) - container 4f66 is using its referenced image`,
	"DELETE /images/":        `[{"Untagged":"busybox:latest"},{"Deleted":"` + aDigest + `"}]`,
	"POST /images/X/tag":     ``,
	"POST /images/create": `{"status":"Pulling from library/busybox","id":"latest"}` + "\n" + `{"status":"Pulling fs layer","progressDetail":{},"id":"abc"}` + "\n" +
		`{"status":"Downloading","progressDetail":{"current":1000,"total":2000},"progress":"[=>  ] 1kB/2kB","id":"abc"}` + "\n" + `{"status":"Pull complete","progressDetail":{},"id":"abc"}` + "\n" +
		`{"status":"Digest: sha256:` + longID + `"}` + "\n" + `{"status":"Status: Downloaded newer image for busybox:latest"}` + "\n",
	"POST /images/X/push": `{"status":"The push refers to repository [docker.io/library/busybox]"}` + "\n" + `{"status":"Preparing","progressDetail":{},"id":"abc"}` + "\n" +
		`{"progressDetail":{},"aux":{"Tag":"latest","Digest":"sha256:` + longID + `","Size":527}}` + "\n",
	"POST /images/load":  `{"stream":"Loaded image: busybox:latest\n"}` + "\n",
	"GET /images/get":    `an archive of images`,
	"POST /images/prune": `{"ImagesDeleted":[{"Untagged":"a:b"},{"Deleted":"` + aDigest + `"}],"SpaceReclaimed":5}`,
	"GET /images/search": `[{"star_count":12,"is_official":true,"name":"busybox","is_automated":false,"description":"Busybox base image, which is rather small for what it can do"},{"name":"me/x","star_count":0}]`,
	"POST /build": `{"stream":"Step 1/2 : FROM busybox\n"}` + "\n" + `{"stream":" ---\u003e 8a1f6a7d8c9e\n"}` + "\n" + `{"aux":{"ID":"` + aDigest + `"}}` + "\n" +
		`{"stream":"Successfully built 8a1f6a7d8c9e\n"}` + "\n",
	"POST /build/prune": `{"CachesDeleted":["c1"],"SpaceReclaimed":7}`,

	"GET /networks": `[{"Name":"net10","Id":"` + longID + `","Created":"2026-01-02T03:04:05.123456789Z","Scope":"local","Driver":"bridge","EnableIPv4":true,"EnableIPv6":false,"Internal":true,"Labels":{"a":"b"}},` +
		`{"Name":"net9","Id":"` + otherID + `","Created":"2026-01-02T03:04:05Z","Scope":"local","Driver":"null","EnableIPv4":true,"EnableIPv6":false,"Internal":false,"Labels":{}}]`,
	"GET /networks/":           `{"Name":"net","Id":"` + longID + `","Scope":"local","Driver":"bridge","IPAM":{"Config":[{"Subnet":"172.18.0.0/16"}]},"Containers":{}}`,
	"GET /networks/missing":    `!404 network missing not found`,
	"DELETE /networks/missing": `!404 network missing not found`,
	"POST /networks/create":    `{"Id":"` + longID + `","Warning":""}`,
	"POST /networks/":          ``,
	"DELETE /networks/":        ``,
	"POST /networks/prune":     `{"NetworksDeleted":["net9"]}`,
	"GET /volumes":             `{"Volumes":[{"Name":"data10","Driver":"local","Mountpoint":"/v/data10","Scope":"local","Labels":{"q":"r"}},{"Name":"data9","Driver":"local","Mountpoint":"/v/data9","Scope":"local","Labels":null}],"Warnings":null}`,
	"GET /volumes/":            `{"CreatedAt":"2026-01-02T03:04:05Z","Driver":"local","Labels":null,"Mountpoint":"/v/data9","Name":"data9","Options":null,"Scope":"local"}`,
	"GET /volumes/missing":     `!404 get missing: no such volume`,
	"DELETE /volumes/missing":  `!404 get missing: no such volume`,
	"DELETE /volumes/used":     `!409 remove used: volume is in use - [4f66]`,
	"POST /volumes/create":     `{"Name":"made","Driver":"local","Mountpoint":"/v/made","Scope":"local"}`,
	"DELETE /volumes/":         ``,
	"POST /volumes/prune":      `{"VolumesDeleted":["data9"],"SpaceReclaimed":1000}`,

	"GET /plugins/": `!404 plugin not found`,
	"POST /auth":    `{"Status":"Login Succeeded","IdentityToken":""}`,
	"GET /events": `{"status":"start","id":"` + longID + `","from":"busybox","Type":"container","Action":"start","Actor":{"ID":"` + longID + `","Attributes":{"name":"x","image":"busybox"}},"scope":"local","time":1700000000,"timeNano":1700000000123456789}` + "\n" +
		`{"Type":"network","Action":"connect","Actor":{"ID":"` + otherID + `","Attributes":{}},"scope":"local","time":1700000001,"timeNano":1700000001000000000}` + "\n",
	"GET /system/df": `{"LayersSize":5000000,"Images":[{"Id":"` + aDigest + `","RepoTags":["busybox:latest"],"RepoDigests":[],"Created":1700000000,"Size":4000000,"SharedSize":0,"Containers":1}],` +
		`"Containers":[{"Id":"` + longID + `","Names":["/a"],"Image":"busybox","ImageID":"` + aDigest + `","Command":"sh","Created":1700000000,"SizeRw":100,"State":"running","Status":"Up","Mounts":[]},` +
		`{"Id":"` + otherID + `","Names":["/b"],"Image":"busybox","ImageID":"` + aDigest + `","Command":"sh","Created":1700000000,"SizeRw":300,"State":"exited","Status":"Exited","Mounts":[]}],` +
		`"Volumes":[{"Name":"v","Driver":"local","Mountpoint":"/v","Scope":"local","UsageData":{"Size":70,"RefCount":0}}],"BuildCache":[]}`,
}

// answer finds what to say. Names of objects are X in the table.
func answer(w http.ResponseWriter, request *http.Request, path string, body []byte) {
	switch {
	case strings.HasSuffix(path, "/attach"), strings.Contains(path, "/exec/") && strings.HasSuffix(path, "/start") && request.Header.Get("Upgrade") != "":
		if strings.Contains(string(body), `"Tty":true`) {
			hijackRaw(w)
			return
		}
		hijack(w, request, "to stdout\n", "to stderr\n")
		return
	case path == "/containers/create" && strings.Contains(string(body), `"Image":"echo"`):
		fmt.Fprint(w, `{"Id":"terminal"}`)
		return
	case path == "/containers/create" && strings.Contains(request.URL.RawQuery, "name=refused"):
		fail(w, http.StatusConflict, "Conflict. The container name \"/refused\" is already in use")
		return
	case strings.HasSuffix(path, "/wait"):
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
	}
	found, best := "", -1
	for key, text := range answers {
		method, pattern, _ := strings.Cut(key, " ")
		if length := fits(pattern, path); method == request.Method && length > best {
			found, best = text, length
		}
	}
	if status, message, failed := strings.Cut(strings.TrimPrefix(found, "!"), " "); failed && strings.HasPrefix(found, "!") {
		code := 0
		fmt.Sscan(status, &code)
		fail(w, code, message)
		return
	}
	if best < 0 {
		fail(w, http.StatusNotFound, "page not found")
		return
	}
	if found == "" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if found[0] == '{' || found[0] == '[' {
		w.Header().Set("Content-Type", "application/json")
	}
	fmt.Fprint(w, found)
}

func fail(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, "{\"message\":%q}", message)
}

// fits returns how well a pattern fits a path, -1 for not at all: one that ends in a slash or a name is a prefix.
func fits(pattern, path string) int {
	if before, after, found := strings.Cut(pattern, "/X/"); found {
		if strings.HasPrefix(path, before+"/") && strings.HasSuffix(path, "/"+after) {
			return len(pattern)
		}
		return -1
	}
	if pattern == path {
		return 1000
	}
	name := pattern[strings.LastIndexByte(pattern, '/')+1:]
	if strings.HasPrefix(path, pattern) && (name == "" || name == "missing" || name == "used") {
		if name != "" {
			return 500
		}
		return len(pattern) - 5
	}
	return -1
}
