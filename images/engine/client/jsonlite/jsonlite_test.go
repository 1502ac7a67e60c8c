package jsonlite

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"testing"
)

// any reads a value of any kind, as encoding/json does with UseNumber.
func (r *Reader) any() any {
	switch r.peek() {
	case '{':
		object := map[string]any{}
		r.Object(func(name string) { object[name] = r.any() })
		return object
	case '[':
		list := []any{}
		r.Array(func() { list = append(list, r.any()) })
		return list
	case '"':
		return r.String()
	case 't', 'f':
		return r.Bool()
	case 'n':
		r.Null()
		return nil
	}
	return json.Number(r.number())
}

func FuzzReader(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-2.5e+3,"x\u00e9\ud83d\ude00\n",true,false,null,{}],"b":{}}`, `[]`, ` 0 `, `"`, `{"a"}`, `[1,]`, `01`, `-`, `1.`, `"\ud800"`,
		`"\ud800\u0041"`, `{"a":1,"a":2}`, `nul`, `[1 2]`, "\"\x01\"", "\"\xff\"", `1e`, `{} {}`, `"\x"`, "0\x00",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var theirs any
		valid := json.Valid(text)
		reader := NewReader(text)
		ours := reader.any()
		if err := reader.Err(); (err == nil) != valid {
			t.Fatalf("%q: valid is %v, and we say %v", text, valid, err)
		}
		skipping := NewReader(text)
		if skipping.Skip(); (skipping.Err() == nil) != valid {
			t.Fatalf("%q: valid is %v, and skipping says %v", text, valid, skipping.Err())
		}
		if !valid {
			return
		}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&theirs); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(ours, theirs) {
			t.Fatalf("%q: we read %#v, encoding/json %#v", text, ours, theirs)
		}
	})
}

func FuzzWriter(f *testing.F) {
	f.Add("a", "b\"\\\n\x00é\xff", int64(-5), true)
	f.Add("name", "", int64(0), false)
	f.Fuzz(func(t *testing.T, name, text string, number int64, flag bool) {
		var writer Writer
		writer.Object("", func() {
			writer.String("string", text)
			writer.Text("text", text)
			writer.Int("int", number)
			writer.Bool("bool", flag)
			writer.Flag("flag", flag)
			writer.Strings("strings", []string{text, name, ""})
			writer.Strings("none", nil)
			writer.Map("map", map[string]string{name: text})
			writer.Set("set", map[string]struct{}{name: {}})
			writer.Object("empty", func() {})
			writer.List("objects", 2, func(i int) { writer.Object("", func() { writer.Number("i", int64(i)) }) })
		})
		var read map[string]any
		if err := json.Unmarshal(writer.Bytes(), &read); err != nil {
			t.Fatalf("%s: %v", writer.Bytes(), err)
		}
		clean := func(text string) string { return string([]rune(text)) }
		if read["text"] != clean(text) || read["flag"] != flag {
			t.Fatalf("%s", writer.Bytes())
		}
		if _, there := read["string"]; there != (text != "") {
			t.Fatalf("%s", writer.Bytes())
		}
		if _, there := read["empty"]; there || read["none"] != nil {
			t.Fatalf("%s", writer.Bytes())
		}
		if value, there := read["int"]; there != (number != 0) || there && strconv.FormatFloat(float64(number), 'g', -1, 64) != strconv.FormatFloat(value.(float64), 'g', -1, 64) {
			t.Fatalf("%s", writer.Bytes())
		}
		if list := read["strings"].([]any); len(list) != 3 || list[0] != clean(text) || list[2] != "" {
			t.Fatalf("%s", writer.Bytes())
		}
	})
}
