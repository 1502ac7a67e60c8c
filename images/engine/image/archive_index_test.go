package image

import (
	"context"
	"strings"
	"testing"

	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"

	"twinhull/engine/events"
)

// FuzzArchiveIndex reads whatever comes as the list of images of an archive, in both forms.
func FuzzArchiveIndex(f *testing.F) {
	id := digest.FromString("x").String()
	f.Add(`[{"Config":"c.json","RepoTags":["a:1"],"Layers":["l"]}]`, `{"rootfs":{"diff_ids":["`+id+`"]}}`)
	f.Add(`{"manifests":[{"digest":"`+id+`","annotations":{"org.opencontainers.image.ref.name":"a:1"}}]}`,
		`{"manifests":[{"digest":"`+id+`","platform":{"os":"linux","architecture":"386"}}]}`)
	f.Add(`{"manifests":[{"digest":"`+id+`"}]}`, `{"config":{"digest":"`+id+`"},"layers":[{"digest":"`+id+`"}]}`)
	f.Add(`{"manifests":[{"digest":"`+id+`"}]}`, `{"config":{},"layers":[]}`)
	f.Fuzz(func(t *testing.T, list, document string) {
		store, err := Open(t.TempDir(), &events.Bus{})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"manifest.json", "index.json"} {
			ingest := store.Ingest()
			l := &loader{
				ctx: context.Background(), ingest: ingest, observer: LoadObserver{Line: func(string) {}},
				documents: map[string][]byte{name: []byte(list), "c.json": []byte(document), blobName(digest.Digest(id)): []byte(document)},
				layers:    map[string]digest.Digest{"l": digest.FromString("none")}, links: map[string]string{"k": "k"},
			}
			images, err := l.register()
			ingest.Close()
			// No layer is here, so only images without layers can come of it.
			for _, img := range images {
				if len(img.Config.RootFS.DiffIDs) > 0 {
					t.Errorf("%s makes an image of layers that are not here, %v", list, err)
				}
			}
		}
	})
}

// FuzzGet looks for images by whatever people may type.
func FuzzGet(f *testing.F) {
	store := openStore(f)
	img := load(f, store, dockerArchive(f, []string{"shell:latest", "example.org:5000/a/b:1.0"}, archive(f, file("a", "x"))))[0]
	for _, ref := range []string{"shell", "shell:latest", "example.org:5000/a/b:1.0", img.ID.String(), img.ID.Encoded()[:5], "@", "a@b", "sha256:", "A/b:c"} {
		f.Add(ref)
	}
	f.Fuzz(func(t *testing.T, ref string) {
		found, err := store.Get(ref)
		if err != nil {
			return
		}
		hex := strings.TrimPrefix(ref, "sha256:")
		if found.ID != img.ID || ref == "" {
			t.Errorf("%q finds %s", ref, found.ID)
		}
		if strings.HasPrefix(img.ID.Encoded(), hex) {
			return
		}
		// What is found without parsing must be what parsing says.
		named, err := reference.ParseNormalizedNamed(ref)
		if err != nil || store.nameOf(named) != img.ID {
			t.Errorf("%q is found and is no name of the image: %v", ref, err)
		}
	})
}

func TestFamiliarNamesAreTheLibrarys(t *testing.T) {
	for _, name := range []string{"a:1", "a/b:1", "library/a:1", "library/a/b:1", "example.org/a:1", "example.org/library/a:1", "localhost/a:1",
		"localhost:5000/a:1", "docker.io/a/b:1", "index.docker.io/a:1"} {
		named := mustName(t, name)
		if got, want := familiar(named.String()), reference.FamiliarString(named); got != want {
			t.Errorf("%s is %s, not %s", named, got, want)
		}
		if got := inFull(reference.FamiliarString(named)); got != named.String() {
			t.Errorf("%s in full is %s, not %s", reference.FamiliarString(named), got, named)
		}
	}
}
