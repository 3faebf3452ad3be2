package api

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Optional is a member of a body that may be left out, be null, or have a
// value: for updates that change only what they name.
type Optional[T any] struct {
	Set   bool // it stood in the body, be it as null
	Null  bool
	Value T // zero if it is null or was left out
}

// optional is what every Optional is.
type optional interface{ isOptional() }

func (*Optional[T]) isOptional() {}

// UnmarshalJSONFrom reads the member; json calls it only where there is one.
func (o *Optional[T]) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*o = Optional[T]{Set: true, Null: dec.PeekKind() == 'n'}
	return json.UnmarshalDecode(dec, &o.Value)
}

// Into sets to to the value if the member stood in the body; null clears it.
func (o Optional[T]) Into(to *T) {
	if o.Set {
		*to = o.Value
	}
}

// Pointer is the value, zero for null, or nil if the member did not stand in the
// body.
func (o Optional[T]) Pointer() *T {
	if !o.Set {
		return nil
	}
	return &o.Value
}
