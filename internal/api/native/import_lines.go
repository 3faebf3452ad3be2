package native

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/reeve-authz/reeve/internal/access"
)

// formatVersion is that of the lines. What they are is in docs/import.md.
const (
	formatName    = "reeve"
	formatVersion = 1
)

// meta is the first line.
type meta struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
}

func readMeta(text []byte) error {
	const want = `the first line must be {"t":"meta","format":"reeve","version":1}`
	var first line[meta]
	if err := json.Unmarshal(text, &first, lineOptions); err != nil || first.T != "meta" || first.Doc.Format != formatName {
		return access.Errorf(access.Invalid, "line 1: %s", want)
	}
	if first.Doc.Version != formatVersion {
		return access.Errorf(access.Invalid, "line 1: this server reads version %d of the format, not %d", formatVersion, first.Doc.Version)
	}
	return nil
}

func writeMeta(w io.Writer) error {
	return encodeLine(w, "meta", &meta{formatName, formatVersion})
}

// line is a noun of the core as it stands in a line: its own members, and what
// it is.
type line[T any] struct {
	T   string `json:"t"`
	Doc T      `json:",embed"`
}

// sort is how lines of one sort are read.
type sort struct {
	name string
	read func([]byte) (any, error)
}

// sorts are all that there are, the most frequent first.
var sorts = []sort{
	{"assign", read[access.Assign]},
	{"assignment", read[access.Assignment]},
	{"member", read[access.Place]},
	{"record", read[access.Record]},
	{"user", read[access.User]},
	{"membership", read[access.Membership]},
	{"resource", read[access.Resource]},
	{"group", read[access.Group]},
	{"organization", read[access.Organization]},
	{"role", read[access.Role]},
	{"settings", read[access.ResourceSettings]},
	{"model", read[access.Model]},
}

// readLine returns what a line says, as authz.Batch wants it.
func readLine(text []byte) (any, error) {
	t, err := sortOf(text)
	if err != nil {
		return nil, err
	}
	for i := range sorts {
		if sorts[i].name == string(t) {
			return sorts[i].read(text)
		}
	}
	return nil, fmt.Errorf("there is no line of the sort %q", t)
}

// sortOf is a line's "t". It is looked for in the first place, where it stands
// in almost all lines.
func sortOf(text []byte) ([]byte, error) {
	if rest, ok := bytes.CutPrefix(text, []byte(`{"t":"`)); ok {
		if end := bytes.IndexByte(rest, '"'); end >= 0 {
			return rest[:end], nil
		}
	}
	var head struct {
		T string `json:"t"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, inWords(err)
	}
	return []byte(head.T), nil
}

func read[T any](text []byte) (any, error) {
	var l line[T]
	if err := json.Unmarshal(text, &l, lineOptions); err != nil {
		return nil, inWords(err)
	}
	return &l.Doc, nil
}

// lineOptions: an unknown member may be a misspelt one, and a subject stands in
// a line as user:ana.
var lineOptions = json.JoinOptions(
	json.RejectUnknownMembers(true),
	json.WithUnmarshalers(json.UnmarshalFromFunc(func(dec *jsontext.Decoder, sub *access.Subject) error {
		tok, err := dec.ReadToken()
		if err != nil {
			return err
		}
		if tok.Kind() != '"' {
			return access.Errorf(access.Invalid, "a subject is a string like user:ana")
		}
		*sub, err = access.ParseSubject(tok.String())
		return err
	})),
	json.WithMarshalers(json.MarshalToFunc(func(enc *jsontext.Encoder, sub access.Subject) error {
		return enc.WriteToken(jsontext.String(sub.String()))
	})),
)

// inWords says what is wrong with a line in words of JSON rather than of Go.
func inWords(err error) error {
	var semantic *json.SemanticError
	var syntactic *jsontext.SyntacticError
	var rule *access.Error
	switch {
	case errors.As(err, &rule):
		return rule
	case errors.As(err, &semantic) && errors.Is(err, json.ErrUnknownName):
		return fmt.Errorf("there is no member %s", semantic.JSONPointer)
	case errors.As(err, &semantic) && semantic.JSONPointer != "":
		return fmt.Errorf("the member %s has the wrong type", semantic.JSONPointer)
	case errors.As(err, &syntactic):
		return fmt.Errorf("no valid JSON at byte %d: %w", syntactic.ByteOffset, syntactic.Err)
	}
	return errors.New("a line is one JSON object")
}

// writeLine writes a line as readLine reads it.
func writeLine(w io.Writer, doc any) error {
	switch doc := doc.(type) {
	case *access.Model:
		return encodeLine(w, "model", doc)
	case *access.Role:
		return encodeLine(w, "role", doc)
	case *access.Organization:
		return encodeLine(w, "organization", doc)
	case *access.User:
		return encodeLine(w, "user", doc)
	case *access.Membership:
		return encodeLine(w, "membership", doc)
	case *access.Group:
		return encodeLine(w, "group", doc)
	case *access.Place:
		return encodeLine(w, "member", doc)
	case *access.Resource:
		return encodeLine(w, "resource", doc)
	case *access.Assignment:
		return encodeLine(w, "assignment", doc)
	case *access.Record:
		return encodeLine(w, "record", doc)
	case *access.ResourceSettings:
		return encodeLine(w, "settings", doc)
	}
	return fmt.Errorf("an exported line is a %T", doc)
}

func encodeLine[T any](w io.Writer, t string, doc *T) error {
	text, err := json.Marshal(&line[T]{t, *doc}, lineOptions, json.Deterministic(true))
	if err != nil {
		return fmt.Errorf("encoding a %s: %w", t, err)
	}
	_, err = w.Write(append(text, '\n'))
	return err
}
