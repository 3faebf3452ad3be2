package authress

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

// userParam reads the user of the path. The C#, Kotlin and Rust SDKs write a
// space as "+"; from everybody else a plus is a plus.
func userParam(r *api.Request) (access.Subject, error) {
	id, sent := r.Param("user"), r.EscapedParam("user")
	if strings.Contains(sent, "+") {
		switch sdk(r) {
		case "c#", "csharp", "dotnet", ".net", "kotlin", "rust":
			spaced, err := url.PathUnescape(strings.ReplaceAll(sent, "+", "%20"))
			if err != nil {
				return access.Subject{}, access.Errorf(access.Invalid, "the path has a broken escape")
			}
			id = spaced
		}
	}
	return access.ParseUser(id)
}

// userAndResource reads what a question is about.
func userAndResource(r *api.Request) (access.Subject, access.ResourceURI, error) {
	subject, err := userParam(r)
	if err != nil {
		return access.Subject{}, "", err
	}
	uri, err := resourceParam(r)
	return subject, uri, err
}

func resourceParam(r *api.Request) (access.ResourceURI, error) {
	return access.ParseResourceURI(r.Param("resource"))
}

// query is the query string. The JavaScript SDK writes an argument that was
// left out as "undefined" or "null", so these are absent.
type query url.Values

func queryOf(r *api.Request) (query, error) {
	values, err := r.Query()
	return query(values), err
}

func (q query) get(name string) string {
	v := url.Values(q).Get(name)
	if v == "undefined" || v == "null" {
		return ""
	}
	return v
}

// present are the parameters that are not absent.
func (q query) present() url.Values {
	values := url.Values{}
	for name := range q {
		if v := q.get(name); v != "" {
			values.Set(name, v)
		}
	}
	return values
}

// filter reads the parameter filter.
func (q query) filter(maxLen int) (string, error) {
	f := q.get("filter")
	if len([]rune(f)) > maxLen {
		return "", access.Errorf(access.Invalid, "filter must be at most %d characters long", maxLen)
	}
	return f, nil
}

// listing is a request for a page of a list.
type listing struct {
	authz.Page
	query query
	scope string // what a cursor is bound to
}

// listing reads limit and cursor. A cursor is good for the same endpoint with
// the same parameters only.
func (h *handler) listing(r *api.Request, largest int) (listing, error) {
	q, err := queryOf(r)
	if err != nil {
		return listing{}, err
	}
	limit, err := api.ParseLimit(q.get("limit"), largest)
	if err != nil {
		return listing{}, err
	}
	l := listing{query: q, scope: scope(r, q), Page: authz.Page{Limit: limit}}
	if cursor := q.get("cursor"); cursor != "" {
		if l.After, err = h.authz.OpenCursor(r.Caller, l.scope, cursor); err != nil {
			return listing{}, err
		}
	}
	return l, nil
}

// scope is the request without its cursor.
func scope(r *api.Request, q query) string {
	rest := q.present()
	rest.Del("cursor")
	return r.URL.EscapedPath() + "?" + rest.Encode()
}

// unmodifiedSince reads If-Unmodified-Since. The SDKs send an ISO 8601 time,
// some cut to whole seconds, where HTTP has a date of its own form; both count,
// at the precision in which they were written.
func unmodifiedSince(r *api.Request) (authz.Unmodified, error) {
	const maxLen = 32
	s := r.Header.Get("If-Unmodified-Since")
	if s == "" {
		return authz.Unmodified{}, nil
	}
	if len(s) <= maxLen && !strings.Contains(s, ",") { // which Go takes for a point in a time
		if t, err := time.Parse(time.RFC3339, s); err == nil { // a fraction may follow the seconds
			return authz.Unmodified{At: t, Precision: precision(s)}, nil
		}
	}
	if t, err := http.ParseTime(s); err == nil {
		return authz.Unmodified{At: t, Precision: time.Second}, nil
	}
	return authz.Unmodified{}, access.Errorf(access.Invalid, "If-Unmodified-Since must be a time like 2026-01-02T03:04:05.678Z")
}

// precision is the unit of the last digit of an ISO 8601 time's seconds.
func precision(s string) time.Duration {
	_, fraction, ok := strings.Cut(s, ".")
	if !ok {
		return time.Second
	}
	p := time.Second
	for i := 0; i < len(fraction) && '0' <= fraction[i] && fraction[i] <= '9' && p > 1; i++ {
		p /= 10
	}
	return p
}
