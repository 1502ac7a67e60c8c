package jsonlite

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// String takes a text; of null it makes "".
func (r *Reader) String() string {
	if r.Null() || r.err != nil {
		return ""
	}
	if !r.take('"') {
		r.fail("there is another kind of value")
		return ""
	}
	start := r.at
	if r.plain() {
		return string(r.text[start : r.at-1])
	}
	return r.rest(start)
}

// plain takes the rest of a text up to its end, or up to what is not plain ASCII.
func (r *Reader) plain() bool {
	for i, c := range r.text[r.at:] {
		if c == '"' || c == '\\' || c < ' ' || c >= utf8.RuneSelf {
			r.at += i
			if c == '"' {
				r.at++
			}
			return c == '"'
		}
	}
	r.at = len(r.text)
	return false
}

// rest takes a text with escapes or letters beyond ASCII; what is not UTF-8 becomes U+FFFD.
func (r *Reader) rest(start int) string {
	text := append([]byte(nil), r.text[start:r.at]...)
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == '"':
			r.at++
			return string(text)
		case c == '\\':
			text = utf8.AppendRune(text, r.escape())
		case c < ' ':
			r.fail("a text has a control character")
			return ""
		default:
			letter, size := utf8.DecodeRune(r.text[r.at:])
			text = utf8.AppendRune(text, letter)
			r.at += size
		}
	}
	r.fail("a text does not end")
	return ""
}

func (r *Reader) escape() rune {
	if r.at+1 >= len(r.text) {
		r.fail("a text does not end")
		return 0
	}
	c := r.text[r.at+1]
	r.at += 2
	switch c {
	case '"', '\\', '/':
		return rune(c)
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'u':
		return r.unicode()
	}
	r.fail("a text has an unknown escape")
	return 0
}

func (r *Reader) unicode() rune {
	letter := r.hex()
	if !utf16.IsSurrogate(letter) {
		return letter
	}
	before := r.at
	if r.at+1 < len(r.text) && r.text[r.at] == '\\' && r.text[r.at+1] == 'u' {
		r.at += 2
		if pair := utf16.DecodeRune(letter, r.hex()); pair != utf8.RuneError {
			return pair
		}
	}
	if r.err == nil {
		r.at = before
	}
	return utf8.RuneError
}

func (r *Reader) hex() rune {
	if r.at+4 > len(r.text) {
		r.fail("an escape does not end")
		return 0
	}
	code, err := strconv.ParseUint(string(r.text[r.at:r.at+4]), 16, 32)
	if err != nil {
		r.fail("an escape is malformed")
		return 0
	}
	r.at += 4
	return rune(code)
}
