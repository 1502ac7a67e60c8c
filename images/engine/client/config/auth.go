package config

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
)

// IndexServer is what credentials of Docker Hub are kept under.
const IndexServer = "https://index.docker.io/v1/"

// Auth is what a registry wants to know of a user, as the engine's API takes it.
type Auth struct {
	Username      string `json:"username,omitempty"`
	Password      string `json:"password,omitempty"`
	ServerAddress string `json:"serveraddress,omitempty"`
	IdentityToken string `json:"identitytoken,omitempty"`
}

// entry is an Auth in config.json.
type entry struct {
	Auth          string `json:"auth,omitempty"`
	IdentityToken string `json:"identitytoken,omitempty"`
}

func (e entry) auth(server string) (Auth, error) {
	auth := Auth{ServerAddress: server, IdentityToken: e.IdentityToken}
	if e.Auth == "" {
		return auth, nil
	}
	decoded, err := base64.StdEncoding.DecodeString(e.Auth)
	user, password, found := strings.Cut(string(decoded), ":")
	if err != nil || !found {
		return auth, fmt.Errorf("invalid auth configuration file")
	}
	auth.Username, auth.Password = user, strings.Trim(password, "\x00")
	return auth, nil
}

// Header is the X-Registry-Auth header: base64url of the JSON.
func (a Auth) Header() string {
	raw, _ := json.Marshal(a)
	return base64.URLEncoding.EncodeToString(raw)
}

// AuthOf returns what is known for a registry, in any of the spellings of its address.
func (f *File) AuthOf(server string) Auth {
	if auth, found := f.Auths[server]; found {
		return auth
	}
	for stored, auth := range f.Auths {
		if HostOf(stored) == HostOf(server) {
			return auth
		}
	}
	return Auth{}
}

// HostOf is a registry's address without scheme and path.
func HostOf(server string) string {
	server = strings.TrimPrefix(strings.TrimPrefix(server, "https://"), "http://")
	host, _, _ := strings.Cut(server, "/")
	return host
}

// Login keeps credentials.
func (f *File) Login(server string, auth Auth) error {
	kept := entry{IdentityToken: auth.IdentityToken}
	if auth.IdentityToken == "" {
		kept.Auth = base64.StdEncoding.EncodeToString([]byte(auth.Username + ":" + auth.Password))
	} else {
		kept.Auth = base64.StdEncoding.EncodeToString([]byte(auth.Username + ":"))
	}
	auths, _ := f.known["auths"].(map[string]any)
	if auths == nil {
		auths = map[string]any{}
	}
	auths[server] = kept
	return f.set("auths", auths)
}

// Logout forgets credentials.
func (f *File) Logout(server string) error {
	auths, _ := f.known["auths"].(map[string]any)
	delete(auths, server)
	if len(auths) == 0 {
		return f.set("auths", map[string]any{})
	}
	return f.set("auths", auths)
}
