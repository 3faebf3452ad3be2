// Package client asks a Reeve server whether users may do things. It needs the
// standard library only.
package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// ErrUnauthenticated is returned when the server does not know the credential.
var ErrUnauthenticated = errors.New("the server does not accept the credential")

// ErrForbidden is returned when the credential may not do this.
var ErrForbidden = errors.New("the credential may not do this")

// Client calls one server with one credential. It is safe for concurrent use.
type Client struct {
	url        string
	credential string
	http       *http.Client
}

// New returns a client of the server at base, scheme://host[:port]. The
// credential is an access key or an API key. It is an error if base has a path:
// the API is at the root of its host.
func New(base, credential string) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.TrimSuffix(base, "/") != u.Scheme+"://"+u.Host {
		return nil, fmt.Errorf("the server's URL must be scheme://host[:port], not %q", base)
	}
	return &Client{
		url:        strings.TrimSuffix(base, "/"),
		credential: credential,
		http: &http.Client{
			Timeout: 10 * time.Second,
			// A redirect would take the credential elsewhere, and an answer
			// from elsewhere is no decision.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Check reports whether the user holds the permission on the resource. An
// error means that the question was not decided.
func (c *Client) Check(ctx context.Context, user, resource, permission string) (bool, error) {
	if user == "" || resource == "" || permission == "" {
		return false, errors.New("the user, the resource and the permission must not be empty")
	}
	path := "/v1/users/" + url.PathEscape(user) + "/resources/" + url.PathEscape(resource) + "/permissions/" + url.PathEscape(permission)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+path, http.NoBody)
	if err != nil {
		return false, fmt.Errorf("making the request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.credential)
	resp, err := c.http.Do(req)
	if err != nil {
		return false, fmt.Errorf("asking %s: %w", c.url, err)
	}
	defer resp.Body.Close()
	return decision(resp)
}

// decision reads the answer to a check. An allow has no body, and a denial is in
// the server's own words: a page of a proxy or of another server is neither.
func decision(resp *http.Response) (bool, error) {
	var body struct {
		Title     string `json:"title"`
		ErrorCode string `json:"errorCode"`
	}
	const maxBody = 64 << 10
	err := json.NewDecoder(io.LimitReader(resp.Body, maxBody)).Decode(&body)
	switch {
	case resp.StatusCode == http.StatusOK && errors.Is(err, io.EOF): // an allow has no body
		return true, nil
	case resp.StatusCode == http.StatusUnauthorized:
		return false, ErrUnauthenticated
	case resp.StatusCode == http.StatusForbidden:
		return false, fmt.Errorf("%w: %s", ErrForbidden, body.Title)
	case resp.StatusCode == http.StatusNotFound && err == nil && body.ErrorCode == "NotFound":
		return false, nil
	case err == nil && body.Title != "":
		return false, fmt.Errorf("the server answered %s: %s", resp.Status, body.Title)
	}
	return false, fmt.Errorf("the server answered %s", resp.Status)
}
