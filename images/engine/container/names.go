package container

import (
	"crypto/rand"
	"encoding/hex"
	"math/big"
	"regexp"
	"strings"

	"twinhull/engine/fault"
)

var validName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]+$`)

func checkName(given string) (string, error) {
	name := strings.TrimPrefix(given, "/")
	if !validName.MatchString(name) {
		return "", fault.New(fault.Invalid,
			"Invalid container name (%s), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed", given)
	}
	return name, nil
}

// newID returns 64 hexadecimal digits. One whose beginning is a decimal number would be read as that in a host name.
func newID() string {
	for {
		var bytes [32]byte
		rand.Read(bytes[:])
		id := hex.EncodeToString(bytes[:])
		if strings.ContainsAny(id[:12], "abcdef") {
			return id
		}
	}
}

// inventName makes a name like Docker's: a mood, and somebody to whom computing owes something.
func inventName() string {
	return pick(moods) + "_" + pick(people)
}

func pick(from []string) string {
	index, err := rand.Int(rand.Reader, big.NewInt(int64(len(from))))
	if err != nil {
		return from[0]
	}
	return from[index.Int64()]
}

var moods = strings.Fields(`able agile amber ample apt bold brave breezy bright brisk calm candid careful cheerful clever cosy
	curious daring deft eager earnest easy fair famous fond frank gentle glad golden happy honest humble jolly keen kind
	lively lucid merry mild modest neat nimble noble patient plucky polite proud quick quiet ready serene sharp silent
	simple sincere sleek smart snug sober solid steady sunny swift tidy upbeat vivid warm wise witty zesty`)

var people = strings.Fields(`aho allen babbage backus bartik berezin booth cerf chomsky church clarke codd conway corbato cray
	dahl diffie dijkstra eckert engelbart engelberg estrin feinler floyd goldberg hamilton hamming hellman hoare holberton
	hopper ichbiah iverson johnson kahan kahn karp kay kernighan kilburn kleene knuth lamarr lamport liskov lovelace
	mauchly mccarthy mcilroy merkle milner moore naur nygaard perlis perlman pike postel rabin rivest ritchie sammet
	scott shamir shannon sutherland tarjan tharp thompson torvalds turing valiant vaughan wilkes wilkinson wing wirth yao
	zuse`)
