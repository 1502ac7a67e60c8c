package flag

import (
	"slices"
	"strings"
	"testing"
	"time"
)

var table = Set{{
	{Name: "all", Short: "a", Usage: "Show all"},
	{Name: "name", Short: "n", Type: "string", Default: "none", Usage: "A name"},
	{Name: "last", Type: "int", Default: "-1", Usage: "How many"},
	{Name: "env", Short: "e", Type: "list", Usage: "Variables"},
	{Name: "parts", Type: "strings", Usage: "Parts"},
	{Name: "after", Type: "duration", Default: "0s", Usage: "How long"},
	{Name: "old", Type: "string", As: "name", Deprecated: "use --name instead", Hidden: true},
}}

func TestParse(t *testing.T) {
	values, arguments, err := Parse(table, strings.Fields("x -ae A=1 --env=B -n=v y -e C --last 0x10 --parts a,b --after 2s --old w -- -a"), false)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(arguments, []string{"x", "y", "-a"}) {
		t.Errorf("arguments are %q", arguments)
	}
	if !values.Bool("all") || values.String("name") != "w" || values.Int("last") != 16 || values.Duration("after") != 2*time.Second {
		t.Errorf("values are %+v", values)
	}
	if list := values.List("env"); !slices.Equal(list, []string{"A=1", "B", "C"}) {
		t.Errorf("env is %q", list)
	}
	if list := values.List("parts"); !slices.Equal(list, []string{"a", "b"}) {
		t.Errorf("parts are %q", list)
	}
	if !slices.Equal(values.Notes, []string{"Flag --old has been deprecated, use --name instead"}) {
		t.Errorf("notes are %q", values.Notes)
	}
}

func TestDefaults(t *testing.T) {
	values, _, err := Parse(table, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	if values.Any() || values.Has("name") || values.String("name") != "none" || values.Int("last") != -1 || values.List("env") != nil {
		t.Errorf("values are %+v", values)
	}
}

func TestLeading(t *testing.T) {
	_, arguments, err := Parse(table, strings.Fields("-a image -a --name x"), true)
	if err != nil || !slices.Equal(arguments, []string{"image", "-a", "--name", "x"}) {
		t.Errorf("arguments are %q, %v", arguments, err)
	}
}

func TestMessages(t *testing.T) {
	for line, want := range map[string]string{
		"--nope":     "unknown flag: --nope",
		"-az":        "unknown shorthand flag: 'z' in -z",
		"--name":     "flag needs an argument: --name",
		"-an":        "flag needs an argument: 'n' in -an",
		"--last x":   `invalid argument "x" for "--last" flag: strconv.ParseInt: parsing "x": invalid syntax`,
		"-a=perhaps": `invalid argument "perhaps" for "-a, --all" flag: strconv.ParseBool: parsing "perhaps": invalid syntax`,
		"--=x":       "bad flag syntax: --=x",
		"---x":       "bad flag syntax: ---x",
	} {
		if _, _, err := Parse(table, strings.Fields(line), false); err == nil || err.Error() != want {
			t.Errorf("%s: %v, and not %s", line, err, want)
		}
	}
}

func TestHelpWraps(t *testing.T) {
	set := Set{{{Name: "long", Short: "l", Type: "string", Default: "d", Usage: "A description that does not fit on a line of sixty columns"}}}
	want := "  -l, --long string   A description that does not fit\n" +
		"                      on a line of sixty columns\n" +
		"                      (default \"d\")\n"
	if help := set.Help(60); help != want {
		t.Errorf("the help is\n%s", help)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("-ae A=1 --name x -- y")
	f.Add("--last -5 -")
	f.Fuzz(func(t *testing.T, line string) {
		words := strings.Split(line, " ")
		values, arguments, err := Parse(table, words, false)
		if err == nil && len(arguments)+len(values.given) > 2*len(line)+1 {
			t.Fatalf("%q became %q and %+v", words, arguments, values)
		}
	})
}
