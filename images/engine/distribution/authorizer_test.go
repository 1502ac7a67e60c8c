package distribution_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"twinhull/engine/distribution"
	"twinhull/engine/fault"
)

// bearer is a registry that wants a token, and its server of tokens, which takes one user.
func bearer(t *testing.T, next http.Handler) http.Handler {
	tokens := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != "" && (user != "ann" || password != "secret") {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"details":"incorrect username or password"}`)
			return
		}
		fmt.Fprintf(w, `{"token":"%s|%s|%s"}`, user, r.URL.Query().Get("service"), r.URL.Query().Get("scope"))
	}))
	t.Cleanup(tokens.Close)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		actions := "pull"
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			actions = "pull,push"
		}
		parts := strings.Split(r.URL.Path, "/")
		scope := ""
		if len(parts) > 3 {
			scope = "repository:" + parts[2] + ":" + actions
		}
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		user, granted, _ := strings.Cut(token, "|")
		if token == "" || !strings.HasPrefix(granted, "the registry|"+strings.TrimSuffix(scope, ",push")) ||
			strings.HasSuffix(scope, "push") && !strings.HasSuffix(granted, "push") || scope != "" && user == "" {
			problem := ""
			if token != "" {
				problem = `,error="insufficient_scope"`
			}
			w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="%s/token",service="the registry",scope="%s"%s`, tokens.URL, scope, problem))
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func TestTokens(t *testing.T) {
	host := serve(t, func(next http.Handler) http.Handler { return bearer(t, next) })
	client, here, there := newClient(), newMemory(), newMemory()
	here.put(t, host+"/app:latest", layer)
	ann := distribution.Credentials{Username: "ann", Password: "secret"}
	name := parse(t, host+"/app:latest")
	if err := client.Push(t.Context(), name, ann, here, distribution.NewOutput(io.Discard)); err != nil {
		t.Fatal(err)
	}
	if err := client.Pull(t.Context(), name, ann, nil, there, distribution.NewOutput(io.Discard)); err != nil {
		t.Fatal(err)
	}
	const denied = "repository does not exist or may require 'docker login': denied: requested access to the resource is denied"
	err := client.Pull(t.Context(), name, distribution.Credentials{}, nil, newMemory(), distribution.NewOutput(io.Discard))
	if err == nil || err.Error() != "pull access denied for "+host+"/app, "+denied || !fault.Is(err, fault.NotFound) {
		t.Errorf("without credentials: %v", err)
	}
	wrong := distribution.Credentials{Username: "ann", Password: "wrong", ServerAddress: host}
	if err := client.Login(t.Context(), wrong); err == nil || !strings.HasSuffix(err.Error(), "unauthorized: incorrect username or password") ||
		!fault.Is(err, fault.Unauthorized) {
		t.Errorf("login with a wrong password: %v", err)
	}
	ann.ServerAddress = "http://" + host + "/v2/"
	if err := client.Login(t.Context(), ann); err != nil {
		t.Errorf("login: %v", err)
	}
}

func TestCredentialsDoNotLeaveTheirRegistry(t *testing.T) {
	var leaked []string
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		leaked = append(leaked, r.Header.Get("Authorization"))
		w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer elsewhere.Close()
	host := serve(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, _, ok := r.BasicAuth(); !ok {
				w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			if r.Method == http.MethodPost {
				// 127.0.0.1 as another host: a client must not send what it knows of this one.
				w.Header().Set("Location", elsewhere.URL+"/upload")
				w.WriteHeader(http.StatusAccepted)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	client, here := newClient(), newMemory()
	here.put(t, host+"/app:latest", layer)
	err := client.Push(t.Context(), parse(t, host+"/app:latest"), distribution.Credentials{Username: "ann", Password: "secret"},
		here, distribution.NewOutput(io.Discard))
	if err == nil || len(leaked) != 1 || leaked[0] != "" {
		t.Errorf("%v, and the other host saw %q", err, leaked)
	}
}
