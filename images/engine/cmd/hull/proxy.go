package main

import (
	"strings"

	"twinhull/engine/client/command"
)

// proxyVariables are the proxies of config.json for containers of this engine, but for those that env sets.
func proxyVariables(call *command.Call, env []string) []string {
	proxies := call.Config().Proxies
	if len(proxies) == 0 {
		return nil
	}
	proxy, found := proxies[call.Engine().Host.Text]
	if !found {
		proxy = proxies["default"]
	}
	var variables []string
	for _, pair := range [...][2]string{
		{"HTTP_PROXY", proxy.HTTPProxy}, {"HTTPS_PROXY", proxy.HTTPSProxy}, {"NO_PROXY", proxy.NoProxy},
		{"FTP_PROXY", proxy.FTPProxy}, {"ALL_PROXY", proxy.AllProxy},
	} {
		for _, name := range [...]string{pair[0], strings.ToLower(pair[0])} {
			if pair[1] != "" && !sets(env, name) {
				variables = append(variables, name+"="+pair[1])
			}
		}
	}
	return variables
}

func sets(env []string, name string) bool {
	for _, variable := range env {
		if key, _, _ := strings.Cut(variable, "="); key == name {
			return true
		}
	}
	return false
}
