package rest

import (
	"encoding/json"
	"fmt"

	"twinhull/engine/client/jsonlite"
)

// Writer is a body that writes itself. Any other body is left to encoding/json, which costs more than what commands do
// that run often.
type Writer interface{ WriteJSON(*jsonlite.Writer) }

// Reader is a value that reads itself from a response. Any other is left to encoding/json.
type Reader interface{ ReadJSON(*jsonlite.Reader) }

// Writing makes a body of a function.
type Writing func(*jsonlite.Writer)

// WriteJSON calls the function.
func (w Writing) WriteJSON(to *jsonlite.Writer) { w(to) }

// Reading makes a value of a function that reads one field; fields that it does not know it must skip.
type Reading func(from *jsonlite.Reader, field string)

// ReadJSON calls the function for every field of an object.
func (r Reading) ReadJSON(from *jsonlite.Reader) {
	from.Object(func(field string) { r(from, field) })
}

func (r *Request) encode() ([]byte, error) {
	switch body := r.Body.(type) {
	case nil:
		return nil, nil
	case Writer:
		var text jsonlite.Writer
		body.WriteJSON(&text)
		return text.Bytes(), nil
	default:
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("write the request %s %s: %w", r.Method, r.Path, err)
		}
		return raw, nil
	}
}

func decode(raw []byte, into any) error {
	reading, ok := into.(Reader)
	if !ok {
		return json.Unmarshal(raw, into)
	}
	reader := jsonlite.NewReader(raw)
	reading.ReadJSON(reader)
	return reader.Err()
}
