package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"twinhull/engine/client/command"
)

// pluginFolders are where plugins are looked for, the user's first.
func pluginFolders(session *command.Session) []string {
	folders := append([]string{filepath.Join(session.Directory, "cli-plugins")}, session.Config().PluginDirs...)
	return append(folders, "/usr/local/lib/docker/cli-plugins", "/usr/local/libexec/docker/cli-plugins",
		"/usr/lib/docker/cli-plugins", "/usr/libexec/docker/cli-plugins")
}

func findPlugin(session *command.Session, name string) string {
	for _, folder := range pluginFolders(session) {
		path := filepath.Join(folder, "docker-"+name)
		if info, err := os.Stat(path); err == nil && !info.IsDir() && info.Mode()&0o111 != 0 {
			return path
		}
	}
	return ""
}

// plugin becomes the plugin that a command is named after: it gets the whole line, and the path of this program. It
// returns nil if there is no such plugin.
func plugin(session *command.Session, line, words []string) error {
	path := findPlugin(session, filepath.Base(words[0]))
	if path == "" {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		self = line[0]
	}
	environment := append(os.Environ(), "DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND="+self)
	err = syscall.Exec(path, append([]string{path}, line[1:]...), environment)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("run the plugin %s: %w", path, err)
}

// pluginNames lists the plugins there are, each once.
func pluginNames(session *command.Session) []string {
	found := map[string]bool{}
	for _, folder := range pluginFolders(session) {
		entries, _ := os.ReadDir(folder)
		for _, entry := range entries {
			if name, ok := strings.CutPrefix(entry.Name(), "docker-"); ok && findPlugin(session, name) != "" {
				found[name] = true
			}
		}
	}
	return sortedKeys(found)
}
