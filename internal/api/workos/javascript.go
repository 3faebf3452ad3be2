package workos

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// inOrderOfJavaScript puts the members of every object into the order in which
// JavaScript enumerates them: names that are array indexes first, by their
// numbers, and the others as they stand.
func inOrderOfJavaScript(body jsontext.Value) (jsontext.Value, error) {
	var out bytes.Buffer
	dec := jsontext.NewDecoder(bytes.NewReader(body))
	enc := jsontext.NewEncoder(&out)
	if err := reorder(dec, enc); err != nil {
		return nil, fmt.Errorf("ordering an event: %w", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

func reorder(dec *jsontext.Decoder, enc *jsontext.Encoder) error {
	switch dec.PeekKind() {
	case '{':
		return reorderObject(dec, enc)
	case '[':
		if err := copyToken(dec, enc); err != nil {
			return err
		}
		for dec.PeekKind() != ']' {
			if err := reorder(dec, enc); err != nil {
				return err
			}
		}
	}
	return copyToken(dec, enc)
}

func copyToken(dec *jsontext.Decoder, enc *jsontext.Encoder) error {
	tok, err := dec.ReadToken()
	if err != nil {
		return err
	}
	return enc.WriteToken(tok)
}

func reorderObject(dec *jsontext.Decoder, enc *jsontext.Encoder) error {
	type member struct {
		name  string
		value jsontext.Value
	}
	var members []member
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		var m member
		if err := json.UnmarshalDecode(dec, &m.name); err != nil {
			return err
		}
		value, err := dec.ReadValue()
		if err != nil {
			return err
		}
		if m.value, err = inOrderOfJavaScript(value); err != nil {
			return err
		}
		members = append(members, m)
	}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	slices.SortStableFunc(members, func(a, b member) int { return arrayIndex(a.name) - arrayIndex(b.name) })
	if err := enc.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, m := range members {
		if err := enc.WriteToken(jsontext.String(m.name)); err != nil {
			return err
		}
		if err := enc.WriteValue(m.value); err != nil {
			return err
		}
	}
	return enc.WriteToken(jsontext.EndObject)
}

// arrayIndex is the number that a name spells if JavaScript takes it for the
// index of an array, and a greater one than all of those if not. Source:
// ECMA-262, 6.1.7.
func arrayIndex(name string) int {
	const largest = 1<<32 - 2
	n, err := strconv.ParseUint(name, 10, 32)
	if err != nil || n > largest || strconv.FormatUint(n, 10) != name {
		return largest + 1
	}
	return int(n) //nolint:gosec // at most 32 bits
}
