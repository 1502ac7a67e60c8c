package jsonlite

import (
	"sort"
	"strconv"
	"unicode/utf8"
)

// Writer makes a text. Fields that say nothing (false, 0, "", empty lists and objects) are left out. The zero value is
// ready for use, inside no object: begin with Object("", ...).
type Writer struct {
	text []byte
}

// Bytes is the text so far.
func (w *Writer) Bytes() []byte { return w.text }

// name begins a field, or an item of a list, which has no name.
func (w *Writer) name(name string) {
	if name != "" {
		w.key(name)
	} else {
		w.comma()
	}
}

// key begins a field of any name, which can be empty.
func (w *Writer) key(name string) {
	w.comma()
	w.quote(name)
	w.text = append(w.text, ':')
}

func (w *Writer) comma() {
	if n := len(w.text); n > 0 && w.text[n-1] != '{' && w.text[n-1] != '[' {
		w.text = append(w.text, ',')
	}
}

// Object writes an object with the fields that fill writes. Without any it is left out, but for items of lists and the
// outermost one.
func (w *Writer) Object(name string, fill func()) {
	before := len(w.text)
	w.name(name)
	w.text = append(w.text, '{')
	inside := len(w.text)
	fill()
	if len(w.text) == inside && name != "" {
		w.text = w.text[:before]
		return
	}
	w.text = append(w.text, '}')
}

// Present is an Object that is there even if it is empty.
func (w *Writer) Present(name string, fill func()) {
	w.name(name)
	w.text = append(w.text, '{')
	fill()
	w.text = append(w.text, '}')
}

// List writes so many items.
func (w *Writer) List(name string, length int, item func(i int)) {
	if length > 0 {
		w.Array(name, length, item)
	}
}

// Array is a List that is there even without items.
func (w *Writer) Array(name string, length int, item func(i int)) {
	w.name(name)
	w.text = append(w.text, '[')
	for i := range length {
		item(i)
	}
	w.text = append(w.text, ']')
}

// String writes a text.
func (w *Writer) String(name, value string) {
	if value == "" && name != "" {
		return
	}
	w.name(name)
	w.quote(value)
}

// Text is a String that is there even if it is empty.
func (w *Writer) Text(name, value string) {
	w.name(name)
	w.quote(value)
}

// Strings writes a list of texts.
func (w *Writer) Strings(name string, values []string) {
	w.List(name, len(values), func(i int) { w.String("", values[i]) })
}

// Int writes a whole number.
func (w *Writer) Int(name string, value int64) {
	if value != 0 {
		w.Number(name, value)
	}
}

// Number is an Int that is there even if it is 0.
func (w *Writer) Number(name string, value int64) {
	w.name(name)
	w.text = strconv.AppendInt(w.text, value, 10)
}

// Bool writes a truth value.
func (w *Writer) Bool(name string, value bool) {
	if value {
		w.Flag(name, value)
	}
}

// Flag is a Bool that is there even if it is false.
func (w *Writer) Flag(name string, value bool) {
	w.name(name)
	w.text = strconv.AppendBool(w.text, value)
}

// Map writes an object of texts, by name.
func (w *Writer) Map(name string, pairs map[string]string) {
	if len(pairs) == 0 {
		return
	}
	w.Object(name, func() {
		for _, key := range keys(pairs) {
			w.key(key)
			w.quote(pairs[key])
		}
	})
}

// Set writes an object whose names are all it says: {"80/tcp":{}}.
func (w *Writer) Set(name string, set map[string]struct{}) {
	if len(set) == 0 {
		return
	}
	w.Object(name, func() {
		for _, key := range keys(set) {
			w.key(key)
			w.text = append(w.text, '{', '}')
		}
	})
}

func keys[V any](of map[string]V) []string {
	list := make([]string, 0, len(of))
	for key := range of {
		list = append(list, key)
	}
	sort.Strings(list)
	return list
}

const digits = "0123456789abcdef"

// quote writes a text between quotes; what is not UTF-8 becomes U+FFFD.
func (w *Writer) quote(value string) {
	w.text = append(w.text, '"')
	for i := 0; i < len(value); {
		c := value[i]
		switch {
		case c == '"' || c == '\\':
			w.text = append(w.text, '\\', c)
		case c < ' ':
			w.text = append(w.text, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		case c < utf8.RuneSelf:
			w.text = append(w.text, c)
		default:
			letter, size := utf8.DecodeRuneInString(value[i:])
			w.text = utf8.AppendRune(w.text, letter)
			i += size
			continue
		}
		i++
	}
	w.text = append(w.text, '"')
}
