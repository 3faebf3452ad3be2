package api

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-authz/reeve/internal/access"
)

// streamed reads {"words":[{"text":…}…]}.
func streamed(body string) (words []string, err error) {
	in, err := OpenStream(&Request{Request: httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))})
	if err != nil {
		return nil, err
	}
	err = in.Object([]string{"other", "words"}, func(i int) error {
		if i == 0 {
			_, err := in.String()
			return err
		}
		return in.Array(func() error {
			var word string
			err := in.Object([]string{"text"}, func(int) (err error) {
				word, err = in.String()
				return err
			})
			words = append(words, word)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return words, in.End()
}

func TestStream(t *testing.T) {
	for _, tt := range []struct {
		body string
		want []string
	}{
		{"", nil},
		{" \n", nil},
		{"{}", nil},
		{"null", nil},
		{`{"words":null}`, nil},
		{`{"words":[]}`, nil},
		{` { "words" : [ {"text" : "a"} , {"text":"b"}, { } ] } `, []string{"a", "b", ""}},
		{`{"words":[{"text":null},null,{"text":""}],"other":null}`, []string{"", "", ""}},
		{`{"words":[{"te\u0078t":"\u00e9\n\"\\"},{"text":"é"}]}`, []string{"é\n\"\\", "é"}},
		{`{"more":{"Words":[1,{"text":2}]},"words":[{"deep":[[{}]],"text":"a"}],"other":"x"}`, []string{"a"}},
		{`{"words":[{"text":"` + strings.Repeat("long", 100_000) + `"}]}`, []string{strings.Repeat("long", 100_000)}},
	} {
		got, err := streamed(tt.body)
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%.80s is read as %.80q, %v; want %.80q", tt.body, got, err, tt.want)
		}
	}
}

// TestStreamRefuses what ReadJSON refuses.
func TestStreamRefuses(t *testing.T) {
	for _, tt := range []struct{ body, says string }{
		{`{"words":[{"text":"a","text":"b"}]}`, "duplicate"},
		{`{"words":[],"words":[]}`, "duplicate"},
		{`{"x":1,"x":2}`, "duplicate"},
		{`{"Words":[]}`, `did you mean "words"`},
		{`{"words":[{"TEXT":"a"}]}`, `did you mean "text"`},
		{`{"words":[{"text":1}]}`, "/words/0/text has the wrong type"},
		{`{"words":[{"text":"a"},{"text":{"text":"b"}}]}`, "/words/1/text has the wrong type"},
		{`{"words":["a"]}`, "/words/0 has the wrong type"},
		{`{"words":{}}`, "/words has the wrong type"},
		{`[]`, "the wrong type"},
		{`"a"`, "the wrong type"},
		{`{"words":[`, "not valid JSON"},
		{`{"words":[{"text":"a"}`, "not valid JSON"},
		{`{"words":[{"text":"a}]}`, "not valid JSON"},
		{`{"words":[{"text":}]}`, "not valid JSON"},
		{`{"words":[{"text":"a"},]}`, "not valid JSON"},
		{`{"words":[{"text":"\ud800"}]}`, "not valid JSON"},
		{"{\"words\":[{\"text\":\"\xff\"}]}", "not valid JSON"},
		{`{} {}`, "data after"},
		{`{}]`, "data after"},
		{`{"more":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}`, "nests deeper"},
	} {
		got, err := streamed(tt.body)
		if !errors.Is(err, access.Invalid) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s is read as %q, %v; want it refused with %q", tt.body, got, err, tt.says)
		}
	}
}
