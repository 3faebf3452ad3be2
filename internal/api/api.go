// Package api is the HTTP plumbing that the dialects share: one router for the
// escaped path, strict JSON, answers, and the frame around every request. It
// decides nothing.
package api

import (
	"net/http"

	"github.com/reeve-authz/reeve/internal/access"
)

// Dialect is one public way to speak to the server: its routes, and how it
// writes an error.
type Dialect struct {
	Routes []Route
	// Prefix is the beginning of the paths that are the dialect's, of whole
	// segments: it answers for those that no route has. The longest prefix wins.
	Prefix string
	// WriteError answers with the error; message and kind are the caller's.
	WriteError func(w http.ResponseWriter, r *Request, err *access.Error)
}

// Route is one method of one path.
type Route struct {
	Method string
	// Path is made of literal segments, {name} for one segment, and {name...}
	// for one or more segments, as many as the rest of the path leaves. A
	// literal is preferred to {name}, and {name} to {name...}.
	Path string
	// Exact refuses a trailing slash, which every other route ignores: with one,
	// this path would be another route's whose last name was left empty.
	Exact  bool
	Public bool // asks for no credential, and looks at none
	// Needs is the right that the caller must hold, as "read Authress:Roles":
	// package authz demands it, and a test proves that it demands no less.
	Needs  string
	Secret bool // the path holds a secret: logs show the route's in its place
	// NoReplay makes the answer anew when the request is repeated with the same
	// Idempotency-Key, where other POSTs of the dialect give the first answer
	// again: the route only asks, or its answer holds a secret, which is not kept.
	NoReplay bool
	// Short says that the answers are never worth compressing.
	Short   bool
	MaxBody int64 // how many bytes the body may have; 1 MiB if zero
	Handle  Handler
}

// Handler answers a request, or returns an error for the dialect to write. An
// error that is not an *access.Error is internal.
type Handler func(w http.ResponseWriter, r *Request) error

// Request is an HTTP request whose route is found and whose caller is proved.
type Request struct {
	*http.Request
	ID     string        // of the request, echoed in the answer and kept in the audit trail
	Caller access.Caller // zero on a Public route
	params params
	room   [3]param // for them: no route has more
	logged string   // the path as logs show it
	// dialect is what an error is written in.
	dialect *Dialect
	answer  answer
	// committed is the revision of what the request committed, and zero if that
	// is nothing; the Caller carries its address.
	committed access.Revision
}

// Param returns what stood in the path for {name}, each segment unescaped
// once, so "%2F" has become a slash.
func (r *Request) Param(name string) string { return r.params.get(name).value }

// EscapedParam returns the same as it was sent.
func (r *Request) EscapedParam(name string) string { return r.params.get(name).escaped }

// Base is the scheme://host[:port] of links: public, or if that is empty where the
// request was sent to. Forwarding headers are not looked at: whoever runs a proxy
// in front configures the public URL.
func (r *Request) Base(public string) string {
	if public != "" {
		return public
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

type param struct{ name, escaped, value string }

type params []param

func (p params) get(name string) param {
	for i := range p {
		if p[i].name == name {
			return p[i]
		}
	}
	return param{}
}
