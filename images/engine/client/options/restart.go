package options

import (
	"errors"
	"strconv"
	"strings"
)

// ParseRestart reads "no", "always", "unless-stopped" and "on-failure[:TIMES]".
func ParseRestart(text string) (RestartPolicy, error) {
	if text == "" {
		return RestartPolicy{}, nil
	}
	name, times, counted := strings.Cut(text, ":")
	if counted && name == "" {
		return RestartPolicy{}, errors.New("invalid restart policy format: no policy provided before colon")
	}
	policy := RestartPolicy{Name: name}
	if times != "" {
		count, err := strconv.Atoi(times)
		if err != nil {
			return RestartPolicy{}, errors.New("invalid restart policy format: maximum retry count must be an integer")
		}
		policy.MaximumRetryCount = count
	}
	return policy, nil
}
