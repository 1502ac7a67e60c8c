package distribution

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"twinhull/engine/fault"
)

// Login finds out whether a registry takes credentials. Without an address they are for Docker Hub.
func (c *Client) Login(ctx context.Context, credentials Credentials) error {
	credentials = credentials.complete()
	host := hostOf(credentials.ServerAddress)
	found, err := c.endpoint(host)
	if err != nil {
		return err
	}
	defer found.http.CloseIdleConnections()
	address := found.base.String() + "/v2/"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fault.New(fault.Invalid, "%q is not the address of a registry: %w", credentials.ServerAddress, err)
	}
	signed := &authorizer{endpoint: found, credentials: credentials}
	response, err := signed.do(request)
	if err != nil {
		return loginFailure(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		err := fmt.Errorf("login attempt to %s failed with status: %s", address, response.Status)
		if response.StatusCode == http.StatusUnauthorized {
			return fault.As(fault.Unauthorized, err)
		}
		return err
	}
	return nil
}

func loginFailure(err error) error {
	var told *refusal
	if errors.As(err, &told) && told.status == http.StatusUnauthorized || errors.Is(err, errNoBasic) {
		return fault.As(fault.Unauthorized, err)
	}
	return err
}

// hostOf takes a registry's host out of what people and configuration files write: with a scheme, with a path.
func hostOf(address string) string {
	if _, rest, found := strings.Cut(address, "://"); found {
		address = rest
	}
	host, _, _ := strings.Cut(address, "/")
	switch host {
	case "", hub, "index." + hub, hubHost:
		return hub
	}
	return host
}
