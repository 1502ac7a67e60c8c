package distribution

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// Credentials are what a user has at a registry, as X-Registry-Auth and POST /auth carry it.
type Credentials struct {
	Username      string `json:"username"`
	Password      string `json:"password"`
	Auth          string `json:"auth"`
	IdentityToken string `json:"identitytoken"`
	RegistryToken string `json:"registrytoken"`
	ServerAddress string `json:"serveraddress"`
}

// ParseCredentials reads the header X-Registry-Auth. What cannot be read counts as no credentials, as in Docker.
func ParseCredentials(header string) Credentials {
	var read Credentials
	header = strings.TrimRight(header, "=")
	bytes, err := base64.RawURLEncoding.DecodeString(header)
	if err != nil {
		if bytes, err = base64.RawStdEncoding.DecodeString(header); err != nil {
			return Credentials{}
		}
	}
	if json.Unmarshal(bytes, &read) != nil {
		return Credentials{}
	}
	return read.complete()
}

// complete takes user and password from the form in which configuration files have them.
func (c Credentials) complete() Credentials {
	if c.Username == "" && c.Auth != "" {
		if pair, err := base64.StdEncoding.DecodeString(c.Auth); err == nil {
			c.Username, c.Password, _ = strings.Cut(string(pair), ":")
		}
	}
	return c
}
