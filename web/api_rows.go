package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Field is one that a row may have. Every field may be a text, or null for none.
type Field struct {
	Name string
	Form Form
}

// A Form is what else than a text a field may be.
type Form int

// The forms of fields.
const (
	Text   Form = iota // a whole number
	List               // a list of texts
	Yes                // true or false
	Amount             // a number with at most two decimals
)

// A row is one as it stands in a body.
type row struct {
	texts map[string]string
	wrong []Reason
}

// mostReasons bounds what is said about one row.
const mostReasons = 20

// parseRows reads a body: one object, or a list of 1 to [MostRows]. list says which. What
// is wrong with single fields is told by row.
func parseRows(body []byte, fields []Field) (rows []row, list bool, problem *Problem) {
	if !utf8.Valid(body) {
		return nil, false, malformed("it is not UTF-8")
	}
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return nil, false, malformed("it is empty")
	}
	if !json.Valid(body) { // also bounds how deep it goes
		var v any
		return nil, false, malformed(strings.TrimPrefix(fmt.Sprint(json.Unmarshal(body, &v)), "json: "))
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if body[0] == '{' {
		one, err := parseRow(d, fields)
		if err != nil {
			return nil, false, malformed(err.Error())
		}
		return []row{one}, false, nil
	}
	if body[0] != '[' {
		return nil, false, malformed("expected an object, or a list of objects")
	}
	if _, err := d.Token(); err != nil {
		return nil, false, malformed(err.Error())
	}
	for d.More() {
		if len(rows) == MostRows {
			return nil, true, &Problem{Status: http.StatusUnprocessableEntity, Kind: "too-many-rows", Title: "The list is too long", Detail: fmt.Sprintf("At most %d rows fit into one request.", MostRows)}
		}
		one, err := parseRow(d, fields)
		if err != nil {
			return nil, true, malformed(fmt.Sprintf("row %d: %s", len(rows), err))
		}
		rows = append(rows, one)
	}
	if len(rows) == 0 {
		return nil, true, &Problem{Status: http.StatusUnprocessableEntity, Kind: "no-rows", Title: "The list is empty"}
	}
	return rows, true, nil
}

func malformed(why string) *Problem {
	return &Problem{Status: http.StatusBadRequest, Kind: "malformed", Title: "The body is not the JSON that is expected", Detail: "The body cannot be read: " + why + "."}
}

// parseRow reads the next object. The error is for what is no object at all.
func parseRow(d *json.Decoder, fields []Field) (row, error) {
	r := row{texts: map[string]string{}}
	start, err := d.Token()
	if err != nil {
		return r, err
	}
	if start != json.Delim('{') {
		return r, errors.New("expected an object")
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return r, err
		}
		name, ok := t.(string)
		if !ok {
			return r, errors.New("expected the name of a field")
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return r, err
		}
		n := slices.IndexFunc(fields, func(f Field) bool { return f.Name == name })
		switch {
		case n < 0:
			r.add(Reason{Field: begin(name), Why: "unknown_field", Detail: "There is no such field. There are " + fieldNames(fields) + "."})
		case seen[name]:
			r.add(Reason{Field: name, Why: "field_twice", Detail: "The field stands there twice."})
		default:
			r.put(fields[n], raw)
		}
		seen[name] = true
	}
	if _, err := d.Token(); err != nil && !errors.Is(err, io.EOF) {
		return r, err
	}
	return r, nil
}

func (r *row) add(why Reason) {
	if len(r.wrong) < mostReasons {
		r.wrong = append(r.wrong, why)
	}
}

// put notes the text of a field.
func (r *row) put(f Field, raw json.RawMessage) {
	text, ok := f.text(raw)
	if !ok {
		r.add(Reason{Field: f.Name, Why: "wrong_type", Detail: "Expected " + f.expected() + ".", Value: begin(string(raw))})
		return
	}
	if text != "" {
		r.texts[f.Name] = text
	}
}

func (f Field) expected() string {
	return [...]string{"a text or a whole number", "a text or a list of texts", "true, false or a text", "a text, or a number with at most two decimals"}[f.Form]
}

// text is what stands in a field; ok is false when it may not.
func (f Field) text(raw json.RawMessage) (text string, ok bool) {
	raw = bytes.TrimSpace(raw)
	switch c := raw[0]; {
	case c == '"':
		return text, json.Unmarshal(raw, &text) == nil
	case c == 'n':
		return "", true
	case c == '[' && f.Form == List:
		var all []string
		if json.Unmarshal(raw, &all) != nil {
			return "", false
		}
		for _, one := range all {
			if strings.ContainsAny(one, ",;\n") {
				return "", false
			}
		}
		return strings.Join(all, "; "), true
	case (c == 't' || c == 'f') && f.Form == Yes:
		return map[byte]string{'t': "ya", 'f': "tidak"}[c], true
	case c == '-' || c >= '0' && c <= '9':
		return f.number(string(raw))
	}
	return "", false
}

// number is the text for a number. One with decimals is written with two of them, so that
// nobody takes the point for one between thousands.
func (f Field) number(literal string) (text string, ok bool) {
	if strings.ContainsAny(literal, "eE") || f.Form != Text && f.Form != Amount {
		return "", false
	}
	whole, part, has := strings.Cut(literal, ".")
	if !has {
		return whole, true
	}
	part = strings.TrimRight(part, "0")
	switch {
	case f.Form != Amount || len(part) > 2:
		return "", false
	case part == "":
		return whole, true
	}
	return whole + "." + (part + "0")[:2], true
}

func fieldNames(fields []Field) string {
	var all []string
	for _, f := range fields {
		all = append(all, f.Name)
	}
	return strings.Join(all, ", ")
}

// begin is the beginning of what stood somewhere.
func begin(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
