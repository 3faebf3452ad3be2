package api

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/reeve-authz/reeve/internal/access"
)

// Bounds of a request's body.
const (
	maxBody      = 1 << 20 // bytes, where a route does not say otherwise
	maxJSONDepth = 64
)

// ReadJSON reads the body, one JSON value, into a T, whatever Content-Type the
// request names: some official clients name none. An empty body is read as {}.
//
// Members that T does not have are ignored. It is an Invalid error if the body
// is not well-formed UTF-8 JSON, has a member twice, a member whose name
// differs from one of T's only in case, data after the value, or a value of
// another type than T's; and a TooLarge error if it is longer than the
// route allows.
func ReadJSON[T any](r *Request) (T, error) {
	var v T
	body, err := readBody(r)
	if err != nil {
		return v, err
	}
	if body = bytes.TrimSpace(body); len(body) == 0 {
		return v, nil
	}
	if err := checkNames(body, reflect.TypeFor[T]()); err != nil {
		return v, err
	}
	if err := json.Unmarshal(body, &v); err != nil {
		return v, errJSON(err)
	}
	return v, nil
}

// readBody reads the whole body.
func readBody(r *Request) ([]byte, error) {
	const trusted = 64 << 10 // bytes that are made room for before they are there
	var body []byte
	var err error
	if 0 <= r.ContentLength && r.ContentLength <= trusted {
		body = make([]byte, r.ContentLength)
		_, err = io.ReadFull(r.Body, body)
	} else {
		body, err = io.ReadAll(r.Body)
	}
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, access.Errorf(access.TooLarge, "the body must be at most %d bytes long", tooLarge.Limit)
		}
		return nil, access.Errorf(access.Invalid, "the body could not be read to its end")
	}
	return body, nil
}

// errJSON says where the JSON is wrong, in words of JSON rather than of Go.
func errJSON(err error) error {
	var semantic *json.SemanticError
	if errors.As(err, &semantic) && semantic.JSONPointer != "" {
		return errWrongType(semantic.JSONPointer)
	}
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		return access.Errorf(access.Invalid, "the body is not valid JSON at byte %d: %s", syntactic.ByteOffset, syntactic.Err)
	}
	return access.Errorf(access.Invalid, "the body does not have the form that is expected here")
}

func errWrongType(at jsontext.Pointer) error {
	if at == "" {
		return access.Errorf(access.Invalid, "the body has the wrong type")
	}
	return access.Errorf(access.Invalid, "the body's %s has the wrong type", at)
}

func errAfter() error {
	return access.Errorf(access.Invalid, "the body has data after its JSON value")
}

func errCase(name, meant string) error {
	return access.Errorf(access.Invalid, "the body has a member %q; did you mean %q?", name, meant)
}

// checkNames walks the body beside the type that it is meant for and refuses
// names that differ from the type's only in case: a reader that folds case
// would take them for the member itself. It refuses what nests too deeply.
func checkNames(body []byte, t reflect.Type) error {
	dec := jsontext.NewDecoder(bytes.NewReader(body))
	if err := walk(dec, t); err != nil {
		return err
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return errAfter()
	}
	return nil
}

func walk(dec *jsontext.Decoder, t reflect.Type) error {
	if dec.StackDepth() > maxJSONDepth {
		return access.Errorf(access.Invalid, "the body's JSON nests deeper than %d", maxJSONDepth)
	}
	t = valueType(t)
	tok, err := dec.ReadToken()
	if err != nil {
		return errJSON(err)
	}
	switch tok.Kind() {
	case '{':
		err = walkObject(dec, t)
	case '[':
		err = walkArray(dec, t)
	default:
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := dec.ReadToken(); err != nil { // the closing } or ]
		return errJSON(err)
	}
	return nil
}

func walkObject(dec *jsontext.Decoder, t reflect.Type) error {
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return errJSON(err)
		}
		member, err := memberType(t, name.String())
		if err != nil {
			return err
		}
		if err := walk(dec, member); err != nil {
			return err
		}
	}
	return nil
}

func walkArray(dec *jsontext.Decoder, t reflect.Type) error {
	var element reflect.Type
	if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
		element = t.Elem()
	}
	for dec.PeekKind() != ']' {
		if err := walk(dec, element); err != nil {
			return err
		}
	}
	return nil
}

// valueType is the type behind pointers, and of what an Optional holds.
func valueType(t reflect.Type) reflect.Type {
	for t != nil {
		switch {
		case t.Kind() == reflect.Pointer:
			t = t.Elem()
		case reflect.PointerTo(t).Implements(reflect.TypeFor[optional]()):
			value, _ := t.FieldByName("Value")
			t = value.Type
		default:
			return t
		}
	}
	return nil
}

// memberType returns the type of a struct's member of that JSON name, also of a
// struct embedded in it, whose members stand among its own; nil if the struct has
// none, or t is no struct.
func memberType(t reflect.Type, name string) (reflect.Type, error) {
	if t == nil {
		return nil, nil
	}
	if t.Kind() == reflect.Map {
		return t.Elem(), nil
	}
	if t.Kind() != reflect.Struct {
		return nil, nil
	}
	var near, nearInside error
	var inside reflect.Type
	for field := range t.Fields() {
		member, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case member == name:
			return field.Type, nil
		case member != "" && strings.EqualFold(member, name):
			near = errCase(name, member)
		case field.Anonymous && member == "" && inside == nil:
			inside, nearInside = memberType(field.Type, name)
		}
	}
	if inside != nil {
		return inside, nil
	}
	return nil, cmp.Or(near, nearInside)
}

// WriteJSON answers with a value. It returns an error only if the value cannot
// be encoded; a caller that has gone away is not one.
func WriteJSON(w http.ResponseWriter, status int, contentType string, v any) error {
	body, err := json.Marshal(v, jsontext.AllowInvalidUTF8(true)) // a message may quote what a caller sent
	if err != nil {
		return fmt.Errorf("encoding an answer: %w", err)
	}
	Write(w, status, contentType, body)
	return nil
}

// Write answers with a body.
func Write(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(body) // a caller that has gone away is no error
}

// AppendString appends a JSON string. What is not UTF-8 is replaced, which is
// all that can go wrong.
func AppendString(out []byte, s string) []byte {
	out, _ = jsontext.AppendQuote(out, s)
	return out
}
