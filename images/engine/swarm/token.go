package swarm

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"math/big"
	"strings"

	"twinhull/engine/fault"
)

// Tokens are SWMTKN-1-DIGEST-SECRET, as Docker's: the digest is of the swarm's root certificate, so that who joins knows
// whom it speaks to; the secret says as what it joins. Both are numbers of base 36, with leading zeros.
const (
	tokenPrefix  = "SWMTKN-1-"
	digestLength = 50
	secretLength = 25
	base         = 36
)

func base36(bytes []byte, length int) string {
	text := new(big.Int).SetBytes(bytes).Text(base)
	if len(text) > length {
		text = text[len(text)-length:]
	}
	return strings.Repeat("0", length-len(text)) + text
}

// newSecret has 128 bits of randomness.
func newSecret() string {
	var bytes [16]byte
	rand.Read(bytes[:])
	return base36(bytes[:], secretLength)
}

// newID makes an id as swarms' objects have them.
func newID() string { return newSecret() }

func digestOf(certificate []byte) string {
	sum := sha256.Sum256(certificate)
	return base36(sum[:], digestLength)
}

func joinToken(certificate []byte, secret string) string {
	return tokenPrefix + digestOf(certificate) + "-" + secret
}

// parseToken reads a token.
func parseToken(token string) (digest, secret string, err error) {
	rest, ok := strings.CutPrefix(token, tokenPrefix)
	digest, secret, found := strings.Cut(rest, "-")
	if !ok || !found || len(digest) != digestLength || len(secret) != secretLength || !isBase36(digest+secret) {
		return "", "", fault.New(fault.Invalid, "invalid join token")
	}
	return digest, secret, nil
}

func isBase36(text string) bool {
	return strings.Trim(text, "0123456789abcdefghijklmnopqrstuvwxyz") == ""
}

func sameSecret(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
