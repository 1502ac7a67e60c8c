package options

import (
	"encoding/csv"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/docker/go-units"

	"twinhull/engine/client/flag"
)

func parseDevices(request *Request, values *flag.Values) error {
	host := &request.HostConfig
	var named []string
	for _, word := range values.List("device") {
		if qualified(word) {
			named = append(named, word)
			continue
		}
		device, err := parseDevice(word)
		if err != nil {
			return err
		}
		host.Devices = append(host.Devices, device)
	}
	for _, word := range values.List("gpus") {
		asked, err := parseGPU(word)
		if err != nil {
			return err
		}
		host.DeviceRequests = append(host.DeviceRequests, asked)
	}
	if len(named) > 0 {
		host.DeviceRequests = append(host.DeviceRequests, DeviceRequest{Driver: "cdi", DeviceIDs: named})
	}
	host.DeviceCgroupRules = values.List("device-cgroup-rule")
	return nil
}

// qualified tells whether a device is named as vendor/class=name, which the engine resolves.
func qualified(word string) bool {
	kind, name, found := strings.Cut(word, "=")
	vendor, class, slash := strings.Cut(kind, "/")
	return found && slash && vendor != "" && class != "" && name != "" && !strings.Contains(class, "/")
}

// parseDevice reads PATH[:PATH][:MODE].
func parseDevice(word string) (Device, error) {
	parts := strings.Split(word, ":")
	if len(parts) > 3 || parts[0] == "" {
		return Device{}, fmt.Errorf("bad format for path: %s", word)
	}
	device := Device{PathOnHost: parts[0], PathInContainer: parts[0], CgroupPermissions: "rwm"}
	switch {
	case len(parts) == 3:
		if !deviceMode(parts[2]) {
			return Device{}, fmt.Errorf("bad mode specified: %s", parts[2])
		}
		device.PathInContainer, device.CgroupPermissions = parts[1], parts[2]
	case len(parts) == 2 && deviceMode(parts[1]):
		device.CgroupPermissions = parts[1]
		device.PathOnHost, device.PathInContainer = path.Clean(parts[0]), path.Clean(parts[0])
	case len(parts) == 2:
		device.PathInContainer = path.Clean(parts[1])
	default:
		device.PathOnHost, device.PathInContainer = path.Clean(parts[0]), path.Clean(parts[0])
	}
	if !path.IsAbs(device.PathInContainer) {
		return Device{}, fmt.Errorf("%s is not an absolute path", device.PathInContainer)
	}
	return device, nil
}

// deviceMode tells whether a text is made of r, w and m, each once at most.
func deviceMode(text string) bool {
	for i, letter := range text {
		if !strings.ContainsRune("rwm", letter) || strings.ContainsRune(text[:i], letter) {
			return false
		}
	}
	return text != ""
}

// checkDeviceRule refuses what is not "TYPE MAJOR:MINOR MODE".
func checkDeviceRule(word string) error {
	bad := fmt.Errorf("invalid device cgroup format '%s'", word)
	parts := strings.Split(word, " ")
	if len(parts) != 3 || len(parts[0]) != 1 || !strings.Contains("acb", parts[0]) {
		return bad
	}
	major, minor, found := strings.Cut(parts[1], ":")
	mode := parts[2]
	if !found || !numberOrStar(major) || !numberOrStar(minor) || mode == "" || len(mode) > 3 || strings.Trim(mode, "rwm") != "" {
		return bad
	}
	return nil
}

func numberOrStar(text string) bool {
	return text == "*" || text != "" && strings.Trim(text, "0123456789") == ""
}

func checkGPU(word string) error {
	_, err := parseGPU(word)
	return err
}

// parseGPU reads "all", a number, or driver=,count=,device=,capabilities=,options= as fields of CSV.
func parseGPU(word string) (DeviceRequest, error) {
	var asked DeviceRequest
	fields, err := csv.NewReader(strings.NewReader(word)).Read()
	if err != nil {
		return asked, err
	}
	seen := map[string]bool{}
	for _, field := range fields {
		key, value, valued := strings.Cut(field, "=")
		if seen[key] {
			return asked, fmt.Errorf("gpu request key '%s' can be specified only once", key)
		}
		seen[key] = true
		if !valued {
			key, value = "count", key
			seen["count"] = true
		}
		switch key {
		case "driver":
			asked.Driver = value
		case "count":
			if asked.Count, err = gpuCount(value); err != nil {
				return asked, err
			}
		case "device":
			asked.DeviceIDs = strings.Split(value, ",")
		case "capabilities":
			asked.Capabilities = [][]string{append(strings.Split(value, ","), "gpu")}
		case "options":
			settings, err := csv.NewReader(strings.NewReader(value)).Read()
			if err != nil {
				return asked, fmt.Errorf("failed to read gpu options: %w", err)
			}
			asked.Options = flag.Pairs(settings)
		default:
			return asked, fmt.Errorf("unexpected key '%s' in '%s'", key, field)
		}
	}
	if !seen["count"] && asked.DeviceIDs == nil {
		asked.Count = 1
	}
	if asked.Capabilities == nil {
		asked.Capabilities = [][]string{{"gpu"}}
	}
	return asked, nil
}

func gpuCount(text string) (int, error) {
	if text == "all" {
		return -1, nil
	}
	count, err := strconv.Atoi(text)
	if err != nil {
		var wrong *strconv.NumError
		if errors.As(err, &wrong) {
			err = wrong.Err
		}
		return 0, fmt.Errorf(`invalid count (%s): value must be either "all" or an integer: %w`, text, err)
	}
	return count, nil
}

func checkWeightDevice(word string) error {
	_, err := parseWeightDevice(word)
	return err
}

func parseWeightDevice(word string) (WeightDevice, error) {
	path, text, err := deviceAndValue(word)
	if err != nil {
		return WeightDevice{}, err
	}
	weight, err := strconv.ParseUint(text, 10, 16)
	if err != nil || weight > 0 && (weight < 10 || weight > 1000) {
		return WeightDevice{}, fmt.Errorf("invalid weight for device: %s", word)
	}
	return WeightDevice{path, int64(weight)}, nil
}

func deviceAndValue(word string) (path, value string, err error) {
	path, value, found := strings.Cut(word, ":")
	if !found || path == "" {
		return "", "", fmt.Errorf("bad format: %s", word)
	}
	if !strings.HasPrefix(path, "/dev/") {
		return "", "", fmt.Errorf("bad format for device path: %s", word)
	}
	return path, value, nil
}

func checkRate(word string) error {
	_, err := parseRate(word)
	return err
}

// parseRate reads PATH:BYTES, with a unit.
func parseRate(word string) (RateDevice, error) {
	path, text, err := deviceAndValue(word)
	if err != nil {
		return RateDevice{}, err
	}
	rate, err := units.RAMInBytes(text)
	if err != nil || rate < 0 {
		return RateDevice{}, fmt.Errorf("invalid rate for device: %s. The correct format is <device-path>:<number>[<unit>]. "+
			"Number must be a positive integer. Unit is optional and can be kb, mb, or gb", word)
	}
	return RateDevice{path, uint64(rate)}, nil
}

func checkOperations(word string) error {
	_, err := parseOperations(word)
	return err
}

func parseOperations(word string) (RateDevice, error) {
	path, text, err := deviceAndValue(word)
	if err != nil {
		return RateDevice{}, err
	}
	rate, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return RateDevice{}, fmt.Errorf("invalid rate for device: %s. The correct format is <device-path>:<number>. "+
			"Number must be a positive integer", word)
	}
	return RateDevice{path, rate}, nil
}
