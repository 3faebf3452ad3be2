package workos

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
)

// metadata is what a body changes of an object's metadata: it is merged into
// what there is, a key that is null goes, and null in its place clears all.
// Source: what the Terraform provider relies on.
type metadata struct {
	api.Optional[map[string]jsontext.Value]
}

// change returns the function that changes an object's metadata, or an error
// with the reason InvalidMetadata if a value is neither text nor null.
func (m metadata) change() (func(of *map[string]string), error) {
	values := map[string]string{}
	for key, raw := range m.Value {
		if raw.Kind() == 'n' {
			continue
		}
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return nil, access.Errorf(access.Invalid, "metadata: the value of %q must be a string", key).Because(access.InvalidMetadata)
		}
		values[key] = text
	}
	return func(of *map[string]string) {
		if m.Null {
			*of = nil
		}
		for key := range m.Value {
			if text, set := values[key]; set {
				if *of == nil {
					*of = map[string]string{}
				}
				(*of)[key] = text
			} else {
				delete(*of, key)
			}
		}
	}, nil
}

// written is metadata as answers have it: an object, be it empty.
func written(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}
