package distribution

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// clientID is how token servers know this client, and tokenLimit more than any token has.
const (
	clientID   = "docker"
	tokenLimit = 64 << 10
)

var errNoBasic = errors.New("no basic auth credentials")

// authorizer signs requests to one registry as it asks for it: https://distribution.github.io/distribution/spec/auth/token/
type authorizer struct {
	endpoint    *endpoint
	credentials Credentials

	mutex sync.Mutex
	// header is what the registry accepted last.
	header string
}

// do sends a request, and once more if the registry wants authorization. A body needs GetBody for that.
func (a *authorizer) do(request *http.Request) (*http.Response, error) {
	a.sign(request)
	response, err := a.endpoint.http.Do(request)
	if err != nil || response.StatusCode != http.StatusUnauthorized {
		return response, err
	}
	asked := challengeOf(response)
	if asked.scheme == "" || !a.ours(request) || request.Body != nil && request.GetBody == nil {
		return response, nil
	}
	_ = response.Body.Close()
	if err := a.meet(request, asked); err != nil {
		return nil, err
	}
	again := request.Clone(request.Context())
	if request.GetBody != nil {
		if again.Body, err = request.GetBody(); err != nil {
			return nil, err
		}
	}
	a.sign(again)
	return a.endpoint.http.Do(again)
}

// ours tells whether a request goes to the registry. Addresses that it hands out may lead elsewhere.
func (a *authorizer) ours(request *http.Request) bool {
	return request.URL.Host == a.endpoint.base.Host && request.URL.Scheme == a.endpoint.base.Scheme
}

func (a *authorizer) sign(request *http.Request) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.header == "" && a.credentials.RegistryToken != "" {
		a.header = "Bearer " + a.credentials.RegistryToken
	}
	if a.header != "" && a.ours(request) {
		request.Header.Set("Authorization", a.header)
	}
}

func (a *authorizer) meet(request *http.Request, asked challenge) error {
	header := ""
	switch asked.scheme {
	case "basic":
		if a.credentials.Username == "" {
			return fmt.Errorf("%s %q: %w", method(request), request.URL, errNoBasic)
		}
		signed := http.Request{Header: http.Header{}}
		signed.SetBasicAuth(a.credentials.Username, a.credentials.Password)
		header = signed.Header.Get("Authorization")
	case "bearer":
		token, err := a.token(request.Context(), asked)
		if err != nil {
			return fmt.Errorf("%s %q: %w", method(request), request.URL, err)
		}
		header = "Bearer " + token
	}
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.header = header
	return nil
}

// method is a request's method as Go's errors have it: Get.
func method(request *http.Request) string {
	return request.Method[:1] + strings.ToLower(request.Method[1:])
}

// token asks the server that a challenge names for a token.
func (a *authorizer) token(ctx context.Context, asked challenge) (string, error) {
	request, err := a.tokenRequest(ctx, asked)
	if err != nil {
		return "", err
	}
	response, err := a.endpoint.http.Do(request)
	if err != nil {
		return "", fmt.Errorf("failed to fetch a token: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return "", refusalOf(response)
	}
	defer response.Body.Close()
	body, err := readBounded(response.Body, tokenLimit, "the token")
	if err != nil {
		return "", err
	}
	var told struct {
		Token       string `json:"token"`
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(body, &told); err != nil {
		return "", fmt.Errorf("unable to decode token response: %w", err)
	}
	if told.Token == "" {
		told.Token = told.AccessToken
	}
	if told.Token == "" {
		return "", errors.New("authorization server did not include a token in the response")
	}
	return told.Token, nil
}

func (a *authorizer) tokenRequest(ctx context.Context, asked challenge) (*http.Request, error) {
	realm, err := url.Parse(asked.parameters["realm"])
	if err != nil || realm.Host == "" {
		return nil, fmt.Errorf("the registry names no server for tokens, but %q", asked.parameters["realm"])
	}
	values := url.Values{"service": {asked.parameters["service"]}}
	if scope := asked.parameters["scope"]; scope != "" {
		values["scope"] = strings.Fields(scope)
	}
	if a.credentials.IdentityToken != "" {
		values.Set("grant_type", "refresh_token")
		values.Set("refresh_token", a.credentials.IdentityToken)
		values.Set("client_id", clientID)
		values.Set("scope", asked.parameters["scope"])
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, realm.String(), strings.NewReader(values.Encode()))
		if err == nil {
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		return request, err
	}
	if a.credentials.Username != "" {
		values.Set("account", a.credentials.Username)
	}
	query := realm.Query()
	for name, list := range values {
		query[name] = list
	}
	realm.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, realm.String(), nil)
	if err == nil && a.credentials.Username != "" {
		request.SetBasicAuth(a.credentials.Username, a.credentials.Password)
	}
	return request, err
}
