// Package jsonlite reads and writes JSON without reflection. encoding/json looks at a type before it can use it, which
// costs a program that runs once more than all the rest: three million instructions for the request that makes a container.
package jsonlite

import (
	"fmt"
	"strconv"
)

// maxDepth is how deep values may lie in each other, as in encoding/json.
const maxDepth = 10000

// Reader takes a text apart from front to back. Its methods take the value that comes next; after an error they take
// nothing and return zeros, so that only Err needs to be asked.
type Reader struct {
	text  []byte
	at    int
	depth int
	err   error
}

// NewReader reads a text.
func NewReader(text []byte) *Reader { return &Reader{text: text} }

// Err is what went wrong first. At the end of the text it is also that there is more of it.
func (r *Reader) Err() error {
	if r.peek(); r.err == nil && r.at < len(r.text) {
		r.fail("there is more than one value")
	}
	return r.err
}

func (r *Reader) fail(what string) {
	if r.err == nil {
		r.err = fmt.Errorf("this is not JSON: at byte %d, %s", r.at, what)
	}
	r.at = len(r.text)
}

// peek is the next byte that is not space, 0 at the end.
func (r *Reader) peek() byte {
	for r.at < len(r.text) {
		switch c := r.text[r.at]; c {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return c
		}
	}
	return 0
}

// take takes a byte, if it is the next one.
func (r *Reader) take(c byte) bool {
	if r.peek() != c || c == 0 {
		return false
	}
	r.at++
	return true
}

// Null takes null, if it is next.
func (r *Reader) Null() bool {
	if r.peek() != 'n' {
		return false
	}
	r.word("null")
	return true
}

func (r *Reader) word(word string) {
	if len(r.text)-r.at < len(word) || string(r.text[r.at:r.at+len(word)]) != word {
		r.fail("there is no value")
		return
	}
	r.at += len(word)
}

// Object calls field for each field; that must take its value, if only with Skip. null has no fields.
func (r *Reader) Object(field func(name string)) {
	if r.Null() {
		return
	}
	if !r.enter('{') {
		return
	}
	defer r.leave()
	if r.take('}') {
		return
	}
	for r.err == nil {
		if r.peek() != '"' {
			r.fail("a field has no name")
			return
		}
		name := r.String()
		if !r.take(':') {
			r.fail("a field has no value")
			return
		}
		field(name)
		if !r.take(',') {
			r.close('}')
			return
		}
	}
}

// Array calls item for each item; that must take it.
func (r *Reader) Array(item func()) {
	if r.Null() {
		return
	}
	if !r.enter('[') {
		return
	}
	defer r.leave()
	if r.take(']') {
		return
	}
	for r.err == nil {
		item()
		if !r.take(',') {
			r.close(']')
			return
		}
	}
}

func (r *Reader) enter(c byte) bool {
	if r.depth++; r.depth > maxDepth {
		r.fail("values lie too deep in each other")
	} else if !r.take(c) {
		r.fail("there is another kind of value")
	}
	return r.err == nil
}

func (r *Reader) leave() { r.depth-- }

func (r *Reader) close(c byte) {
	if r.err == nil && !r.take(c) {
		r.fail("a list or object does not end")
	}
}

// Strings takes a list of texts.
func (r *Reader) Strings() (list []string) {
	r.Array(func() { list = append(list, r.String()) })
	return list
}

// Map takes an object whose values are texts.
func (r *Reader) Map() (pairs map[string]string) {
	r.Object(func(name string) {
		if pairs == nil {
			pairs = map[string]string{}
		}
		pairs[name] = r.String()
	})
	return pairs
}

// Bool takes a truth value.
func (r *Reader) Bool() bool {
	switch r.peek() {
	case 't':
		r.word("true")
		return r.err == nil
	case 'f':
		r.word("false")
	case 'n':
		r.word("null")
	default:
		r.fail("there is another kind of value")
	}
	return false
}

// Int takes a whole number.
func (r *Reader) Int() int64 {
	if r.Null() || r.err != nil {
		return 0
	}
	number, err := strconv.ParseInt(r.number(), 10, 64)
	if err != nil && r.err == nil {
		r.fail("there is no whole number")
	}
	return number
}

// number takes a number's text: RFC 8259, 6.
func (r *Reader) number() string {
	r.peek()
	start := r.at
	digits := func() bool {
		from := r.at
		for r.at < len(r.text) && r.text[r.at] >= '0' && r.text[r.at] <= '9' {
			r.at++
		}
		return r.at > from
	}
	next := func(letters string) bool {
		for i := range len(letters) {
			if r.at < len(r.text) && r.text[r.at] == letters[i] {
				r.at++
				return true
			}
		}
		return false
	}
	next("-")
	whole := next("0") || digits()
	if next(".") {
		whole = digits() && whole
	}
	if next("eE") {
		next("+-")
		whole = digits() && whole
	}
	if !whole {
		r.fail("there is no value")
		return ""
	}
	return string(r.text[start:r.at])
}

// Skip takes any value.
func (r *Reader) Skip() {
	switch r.peek() {
	case '{':
		r.Object(func(string) { r.Skip() })
	case '[':
		r.Array(r.Skip)
	case '"':
		r.at++
		if start := r.at; !r.plain() {
			r.rest(start)
		}
	case 't', 'f', 'n':
		r.Bool()
	default:
		r.number()
	}
}
