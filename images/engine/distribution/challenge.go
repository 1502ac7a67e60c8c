package distribution

import (
	"net/http"
	"strings"
)

// challenge is what a registry asks of a client: RFC 9110, section 11.6.1.
type challenge struct {
	// scheme is in lower case: basic or bearer.
	scheme     string
	parameters map[string]string
}

// challengeOf returns the challenge of a response that this client can meet, preferring bearer tokens.
func challengeOf(response *http.Response) challenge {
	var found challenge
	for _, header := range response.Header.Values("WWW-Authenticate") {
		each := parseChallenge(header)
		if each.scheme == "bearer" || each.scheme == "basic" && found.scheme == "" {
			found = each
		}
	}
	return found
}

// parseChallenge reads one challenge: a scheme, then name=value or name="value", separated by commas.
func parseChallenge(header string) challenge {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(header), " ")
	read := challenge{strings.ToLower(scheme), map[string]string{}}
	for rest != "" {
		name, after, found := strings.Cut(rest, "=")
		if !found {
			break
		}
		value, next := parseValue(strings.TrimLeft(after, " "))
		read.parameters[strings.ToLower(strings.Trim(name, " ,\t"))] = value
		rest = next
	}
	return read
}

func parseValue(text string) (value, rest string) {
	if !strings.HasPrefix(text, `"`) {
		value, rest, _ = strings.Cut(text, ",")
		return strings.TrimSpace(value), rest
	}
	var unquoted strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '"':
			return unquoted.String(), text[i+1:]
		case text[i] == '\\' && i+1 < len(text):
			i++
		}
		unquoted.WriteByte(text[i])
	}
	return unquoted.String(), ""
}
