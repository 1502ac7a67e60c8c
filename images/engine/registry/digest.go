package registry

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"io"
	"strings"
)

// Digest names content by its hash: an algorithm, a colon, and lower-case hexadecimal digits.
type Digest string

// Algorithms of digests. All clients use SHA-256; the specification registers SHA-512 as well.
const (
	sha256Name = "sha256"
	sha512Name = "sha512"
)

// ParseDigest reads a digest. What it returns is safe as a file's name.
func ParseDigest(text string) (Digest, error) {
	name, digits, _ := strings.Cut(text, ":")
	wanted := map[string]int{sha256Name: sha256.Size * 2, sha512Name: sha512.Size * 2}[name]
	if wanted == 0 || len(digits) != wanted || strings.Trim(digits, "0123456789abcdef") != "" {
		return "", digestInvalid.with("%q is not sha256: with 64 or sha512: with 128 lower-case hexadecimal digits", text)
	}
	return Digest(text), nil
}

// Algorithm is the part before the colon.
func (d Digest) Algorithm() string {
	name, _, _ := strings.Cut(string(d), ":")
	return name
}

// Hex is the part after the colon.
func (d Digest) Hex() string {
	_, digits, _ := strings.Cut(string(d), ":")
	return digits
}

// of is the digest of content by the algorithm of this one.
func (d Digest) of(content io.Reader) (Digest, error) {
	hash := newHash(d.Algorithm())
	if _, err := io.Copy(hash, content); err != nil {
		return "", err
	}
	return digestFrom(d.Algorithm(), hash), nil
}

func newHash(algorithm string) hash.Hash {
	if algorithm == sha512Name {
		return sha512.New()
	}
	return sha256.New()
}

func digestFrom(algorithm string, hash hash.Hash) Digest {
	return Digest(algorithm + ":" + hex.EncodeToString(hash.Sum(nil)))
}

// digestOf is the digest by which a registry itself names content.
func digestOf(bytes []byte) Digest {
	hash := sha256.New()
	hash.Write(bytes)
	return digestFrom(sha256Name, hash)
}

// sameAs tells whether a digest, of whatever algorithm, is that of bytes.
func (d Digest) sameAs(bytes []byte) bool {
	hash := newHash(d.Algorithm())
	hash.Write(bytes)
	return digestFrom(d.Algorithm(), hash) == d
}
