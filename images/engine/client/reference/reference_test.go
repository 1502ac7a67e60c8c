package reference

import (
	"testing"

	"github.com/distribution/reference"
)

// The engine checks names with this library; here it is the specification.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{
		"busybox", "busybox:latest", "library/busybox", "docker.io/busybox", "index.docker.io/library/x", "host:5000/a/b:v1", "localhost/x", "A/b", "a__b", "a___b",
		"a..b", "a--b", "x/Y", "INVALID", "a:b:c", "a@sha256:4f66ad9a0b2e4f66ad9a0b2e4f66ad9a0b2e4f66ad9a0b2e4f66ad9a0b2e4f66", "a:t@sha256:short", "[::1]:5000/x", "Host/x",
		"4f66ad9a0b2e4f66ad9a0b2e4f66ad9a0b2e4f66ad9a0b2e4f66ad9a0b2e4f66", "", ":", "/", "a/", "/a", "a:", "a@", "docker.io", "docker.io/a/b/c", "-a", "a-", "a.b/c", "x_y.z/a",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		named, err := reference.ParseNormalizedNamed(text)
		ours := Check(text)
		if len(text) == 64 {
			return
		}
		if (err == nil) != (ours == nil) {
			t.Fatalf("%q: %v here, %v in the library", text, ours, err)
		}
		if err != nil {
			if ours.Error() != err.Error() {
				t.Fatalf("%q: %q here, %q in the library", text, ours, err)
			}
			return
		}
		if !isDomain(Domain(text)) {
			return
		}
		name, tag, digest := Split(text)
		if want := reference.FamiliarName(named); name != want {
			t.Fatalf("%q: the name is %q here, %q in the library", text, name, want)
		}
		if full := Full(name); full != named.Name() {
			t.Fatalf("%q: the full name is %q here, %q in the library", text, full, named.Name())
		}
		if Domain(text) != reference.Domain(named) {
			t.Fatalf("%q: the domain is %q here, %q in the library", text, Domain(text), reference.Domain(named))
		}
		if tagged, ok := named.(reference.Tagged); ok && tagged.Tag() != tag {
			t.Fatalf("%q: the tag is %q here, %q in the library", text, tag, tagged.Tag())
		}
		if digested, ok := named.(reference.Digested); ok && string(digested.Digest()) != digest {
			t.Fatalf("%q: the digest is %q here, %q in the library", text, digest, digested.Digest())
		}
	})
}
