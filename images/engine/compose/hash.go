package compose

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/compose-spec/compose-go/v2/types"
)

// ServiceHash identifies what a service's containers are made from. How many there are, in which order they start and
// where their image comes from is no part of it: such a change leaves running containers alone.
func ServiceHash(service types.ServiceConfig) (string, error) {
	service.Build, service.PullPolicy, service.Scale = nil, "", nil
	service.DependsOn, service.Profiles = nil, nil
	if service.Deploy != nil {
		deploy := *service.Deploy
		deploy.Replicas = nil
		service.Deploy = &deploy
	}
	return hashOf("service "+service.Name, service)
}

// networkHash identifies how a network was made.
func networkHash(network types.NetworkConfig) (string, error) {
	network.CustomLabels = nil
	return hashOf("network "+network.Name, network)
}

// volumeHash identifies how a volume was made.
func volumeHash(volume types.VolumeConfig) (string, error) {
	if volume.Driver == "" {
		volume.Driver = "local"
	}
	volume.CustomLabels = nil
	return hashOf("volume "+volume.Name, volume)
}

func hashOf(what string, value any) (string, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("hash the %s: %w", what, err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}
