package client_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/reeve-authz/reeve/client"
	"github.com/reeve-authz/reeve/internal/server/servertest"
)

func TestCheckAll(t *testing.T) {
	s := servertest.Start(t)
	c, err := client.New(s.URL, s.APIKey)
	if err != nil {
		t.Fatal(err)
	}
	s.Want(t, 201, "POST", "/v1/records", `{"name":"x","users":[{"userId":"ana"}],"statements":[{"roles":["Authress:Owner"],"resources":[{"resourceUri":"documents/1"}]}]}`)
	questions := []client.Question{
		{User: "ana", Permission: "read", Resource: "documents/1"},
		{User: "ben", Permission: "read", Resource: "documents/1"},
		{User: "ana", Permission: "a b", Resource: "documents/1"},
		{Membership: "om_none", Permission: "read", Resource: "resource_none"},
		{User: "ana", Permission: "read", Resource: "documents/1/2"},
	}
	got, revision, err := c.CheckAll(t.Context(), questions)
	if err != nil || revision == 0 || len(got) != len(questions) {
		t.Fatalf("%v, revision %d, %v", got, revision, err)
	}
	for i, want := range []struct{ allowed, decided bool }{{true, true}, {false, true}, {false, false}, {false, false}, {true, true}} {
		if got[i].Allowed != want.allowed || (got[i].Err == nil) != want.decided {
			t.Errorf("%+v: %+v, want %+v", questions[i], got[i], want)
		}
	}
	if got, _, err := c.CheckAll(t.Context(), nil); len(got) != 0 || err != nil {
		t.Errorf("no question: %v, %v", got, err)
	}
	if got, _, err := c.CheckAll(t.Context(), make([]client.Question, client.MaxQuestions+1)); got != nil || err == nil {
		t.Errorf("a question too many: %d answers, want an error", len(got))
	}
	_, key := s.NewClient(t)
	if c, err = client.New(s.URL, key); err != nil {
		t.Fatal(err)
	}
	if got, _, err := c.CheckAll(t.Context(), questions[:1]); err != nil || got[0].Allowed || !errors.Is(got[0].Err, client.ErrForbidden) {
		t.Errorf("without the right to ask: %+v, %v; want ErrForbidden for the question", got, err)
	}
}

// TestOtherServersCheckNothing: pages of proxies and of other servers, and
// answers that are not the questions' own.
func TestOtherServersCheckNothing(t *testing.T) {
	for _, body := range []string{
		"<html>", "", "{}", `{"revision":1,"results":[]}`, `{"revision":1,"results":[{}]}`,
		`{"revision":1,"results":[{"allowed":null}]}`, `{"revision":1,"results":[{"allowed":true},{"allowed":true}]}`,
		`{"revision":1,"results":[{"allowed":true,"error":{"kind":"forbidden","message":"no"}}]}`,
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
		c, err := client.New(s.URL, "sk_1")
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := c.CheckAll(t.Context(), []client.Question{{User: "ana", Permission: "a", Resource: "b"}})
		if err == nil && (len(got) != 1 || got[0].Err == nil || got[0].Allowed) {
			t.Errorf("%s: %+v, want an error", body, got)
		}
		s.Close()
	}
}
