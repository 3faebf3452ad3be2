package api

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Stream reads a request's JSON body piece by piece. It is for bodies of many
// like parts: it holds them to the same rules as ReadJSON, without reflection,
// and makes nothing for a part but what the caller keeps.
//
// Every error of its methods is an *access.Error about the body as a whole.
type Stream struct {
	dec  *jsontext.Decoder
	body string
}

// OpenStream reads the body, which is one JSON value. An empty body is read as
// {}.
func OpenStream(r *Request) (*Stream, error) {
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	return &Stream{jsontext.NewDecoder(bytes.NewBuffer(body)), string(body)}, nil
}

// Object reads an object: for every member whose name is among names, member is
// called with the name's place and must read the value. Other members are
// ignored. null is read as {}.
func (s *Stream) Object(names []string, member func(i int) error) error {
	empty, err := s.enter('{')
	if empty || err != nil {
		return err
	}
	for s.dec.PeekKind() != '}' {
		name, err := s.text()
		if err != nil {
			return err
		}
		i, err := place(names, name)
		if err != nil {
			return err
		}
		if i < 0 {
			err = walk(s.dec, nil)
		} else {
			err = member(i)
		}
		if err != nil {
			return err
		}
	}
	return s.leave()
}

// place is where the name stands among names, or -1 if it does not.
func place(names []string, name string) (int, error) {
	for i := range names {
		if names[i] == name {
			return i, nil
		}
	}
	for i := range names {
		if strings.EqualFold(names[i], name) {
			return 0, errCase(name, names[i])
		}
	}
	return -1, nil
}

// Array reads an array: element is called for every element, and must read it.
// null is read as [].
func (s *Stream) Array(element func() error) error {
	empty, err := s.enter('[')
	if empty || err != nil {
		return err
	}
	for s.dec.PeekKind() != ']' {
		if err := element(); err != nil {
			return err
		}
	}
	return s.leave()
}

// String reads a string. null is read as "".
func (s *Stream) String() (string, error) {
	switch s.dec.PeekKind() {
	case '"':
		return s.text()
	case 'n':
		return "", s.leave()
	}
	return "", s.errType()
}

// StringOrNull reads a string. null is read as nil.
func (s *Stream) StringOrNull() (*string, error) {
	if s.dec.PeekKind() == 'n' {
		return nil, s.leave()
	}
	text, err := s.String()
	return &text, err
}

// End finds nothing after the value.
func (s *Stream) End() error {
	if _, err := s.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return errAfter()
	}
	return nil
}

// enter reads the beginning of an object or an array. It is empty if it is null.
func (s *Stream) enter(kind jsontext.Kind) (empty bool, err error) {
	switch s.dec.PeekKind() {
	case kind:
		return false, s.leave()
	case 'n':
		return true, s.leave()
	}
	return false, s.errType()
}

// leave goes beyond the next token.
func (s *Stream) leave() error {
	if _, err := s.dec.ReadToken(); err != nil {
		return errJSON(err)
	}
	return nil
}

// text reads a string or a name, as a part of the body where it stands there as
// it is meant.
func (s *Stream) text() (string, error) {
	raw, err := s.dec.ReadValue()
	if err != nil {
		return "", errJSON(err)
	}
	if bytes.IndexByte(raw, '\\') >= 0 {
		raw, err = jsontext.AppendUnquote(nil, raw)
		if err != nil {
			return "", errJSON(err)
		}
		return string(raw), nil
	}
	end := s.dec.InputOffset()
	return s.body[end-int64(len(raw))+1 : end-1], nil
}

// errType is the error for the next value, which is of another type than it
// should be, if it is one at all.
func (s *Stream) errType() error {
	if _, err := s.dec.ReadToken(); err != nil {
		return errJSON(err)
	}
	return errWrongType(s.dec.StackPointer())
}
