package api

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
)

type thing struct {
	inside
	Name  string            `json:"name"`
	Parts []thing           `json:"parts"`
	Tags  map[string]string `json:"tags"`
	Own   *thing            `json:"own"`
	Maybe Optional[[]thing] `json:"maybe"`
}

type inside struct {
	Deep string `json:"deep"`
	Own  string `json:"own"` // not this, but the thing's own
}

func read(body string) (thing, error) {
	return ReadJSON[thing](&Request{Request: httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))})
}

func TestReadJSON(t *testing.T) {
	for _, tt := range []struct{ body, name string }{
		{``, ""},
		{" \n", ""},
		{`{}`, ""},
		{`{"name":"a"}`, "a"},
		{`{"name":"a","unknown":{"Name":[1,2]}}`, "a"}, // unknown members are ignored
		{`{"name":"a","parts":null,"tags":null,"own":null,"maybe":null}`, "a"},
		{`{"deep":"x","maybe":[{"name":"b"}],"name":"a"}`, "a"},
		{`{"tags":{"Name":"x","NAME":"y"},"name":"a"}`, "a"}, // a map has no names of ours
		{"{\"name\":\"\u00e9\"}", "é"},
	} {
		got, err := read(tt.body)
		if err != nil || got.Name != tt.name {
			t.Errorf("ReadJSON(%s) = %q, %v; want %q", tt.body, got.Name, err, tt.name)
		}
	}
}

func TestReadJSONRefuses(t *testing.T) {
	for _, body := range []string{
		`{"name":"a","name":"b"}`,           // a member twice
		`{"name":"a","Name":"b"}`,           // differing in case
		`{"NAME":"b"}`,                      //
		`{"parts":[{"nAme":"b"}]}`,          // deeper
		`{"own":{"Name":"b"}}`,              //
		`{"Deep":"b"}`,                      // in a struct inside
		`{"maybe":[{"NAME":"b"}]}`,          // in what may be left out
		`{"x":1,"x":2}`,                     // twice, though unknown
		`{"tags":{"a":"1","a":"2"}}`,        // twice, in a map
		`{"name":"a"} {"name":"b"}`,         // trailing data
		`{"name":"a"}x`,                     //
		`{"name":1}`, `[]`, `"a"`, `1`, `{`, // other types and fragments
		"{\"name\":\"\xff\"}",                                // invalid UTF-8
		`{"name":"\ud800"}`,                                  // a lone surrogate
		"\ufeff{}",                                           // a byte order mark
		`{'name':'a'}`, `{name:"a"}`, `{"name":"a",}`, `NaN`, // not JSON
		strings.Repeat(`{"own":`, maxJSONDepth+1) + `null` + strings.Repeat(`}`, maxJSONDepth+1),
		strings.Repeat("[", 100_000),
	} {
		if got, err := read(body); !errors.Is(err, access.Invalid) {
			t.Errorf("ReadJSON(%.60q) = %+v, %v; want an Invalid error", body, got, err)
		}
	}
}

func FuzzReadJSON(f *testing.F) {
	f.Add(`{"name":"a","parts":[{"name":"b"}],"tags":{"a":"b"}}`)
	f.Add(`{"name":"a","Name":"b"}`)
	f.Fuzz(func(t *testing.T, body string) {
		_, err := read(body)
		var e *access.Error
		if err != nil && !errors.As(err, &e) {
			t.Errorf("ReadJSON(%q): %v is not for the caller", body, err)
		}
	})
}
