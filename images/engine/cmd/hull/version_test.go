package main

import (
	"testing"

	"twinhull/engine/api"
	"twinhull/engine/client/command"
	"twinhull/engine/client/rest"
)

// TestVersion keeps the client in step with the engine, which it cannot import.
func TestVersion(t *testing.T) {
	if command.ClientVersion != api.EngineVersion {
		t.Errorf("the client calls itself %s, the engine %s", command.ClientVersion, api.EngineVersion)
	}
	if rest.Version != api.Version {
		t.Errorf("the client speaks %s, the engine %s", rest.Version, api.Version)
	}
}
