package options

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	"twinhull/engine/client/flag"
)

func checkEnv(word string) error {
	if word == "" || word[0] == '=' {
		return errors.New("invalid environment variable: " + word)
	}
	return nil
}

func checkLabel(word string) error {
	name, _, _ := strings.Cut(word, "=")
	name = strings.TrimLeft(name, " \t")
	if name == "" {
		return fmt.Errorf("invalid label '%s': empty name", word)
	}
	if strings.ContainsAny(name, " \t") {
		return fmt.Errorf("label '%s' contains whitespaces", name)
	}
	return nil
}

func parseVariables(request *Request, values *flag.Values) error {
	env, err := Environment(values.List("env-file"), values.List("env"))
	if err != nil {
		return err
	}
	request.Env = env
	labels, err := ReadPairs(values.List("label-file"), nil)
	if err != nil {
		return err
	}
	request.Labels = flag.Pairs(append(labels, values.List("label")...))
	return nil
}

// Environment makes the variables of files and flags, flags last. A name alone takes this program's own variable.
func Environment(files, words []string) ([]string, error) {
	env, err := ReadPairs(files, os.LookupEnv)
	if err != nil {
		return nil, err
	}
	for _, word := range words {
		if !strings.Contains(word, "=") {
			if value, found := os.LookupEnv(word); found {
				word += "=" + value
			}
		}
		env = append(env, word)
	}
	return env, nil
}

// ReadPairs reads files of NAME=VALUE lines. A name alone is looked up, if there is a lookup, and left out if that
// does not know it; without a lookup it stays as it is.
func ReadPairs(files []string, lookup func(string) (string, bool)) ([]string, error) {
	var pairs []string
	for _, path := range files {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		read, err := pairsOf(path, file, lookup)
		file.Close()
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, read...)
	}
	return pairs, nil
}

func pairsOf(path string, file *os.File, lookup func(string) (string, bool)) ([]string, error) {
	var pairs []string
	lines := bufio.NewScanner(file)
	for number := 1; lines.Scan(); number++ {
		if !utf8.Valid(lines.Bytes()) {
			return nil, fmt.Errorf("invalid env file (%s): invalid utf8 bytes at line %d: %v", path, number, lines.Bytes())
		}
		line := lines.Text()
		if number == 1 {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		line = strings.TrimLeft(line, " \t")
		if line == "" || line[0] == '#' {
			continue
		}
		name, _, valued := strings.Cut(line, "=")
		switch {
		case name == "":
			return nil, fmt.Errorf("invalid env file (%s): no variable name on line '%s'", path, line)
		case strings.ContainsAny(name, " \t"):
			return nil, fmt.Errorf("invalid env file (%s): variable '%s' contains whitespaces", path, name)
		case valued:
			pairs = append(pairs, line)
		case lookup == nil:
			pairs = append(pairs, name)
		default:
			if value, found := lookup(name); found {
				pairs = append(pairs, name+"="+value)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return pairs, nil
}
