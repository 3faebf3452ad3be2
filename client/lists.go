package client

import (
	"context"
	"errors"
	"iter"
	"maps"
	"net/http"
	"net/url"
)

// pageSize is the most that the server gives at once.
const pageSize = "1000"

// ResourceFilter selects registered resources: those that fit all that is set.
type ResourceFilter struct {
	Type         string // the slug of a resource type
	Organization string // the id of the organization that registered them
}

// ResourcesOf lists the ids of the registered resources on which a user has a
// permission, in order. It reads them by the page, and each page is as of when
// it is read. After an error, which comes last, what was listed is not the whole.
func (c *Client) ResourcesOf(ctx context.Context, user, permission string, of ResourceFilter) iter.Seq2[string, error] {
	query := url.Values{"permission": {permission}}
	if of.Type != "" {
		query.Set("type", of.Type)
	}
	if of.Organization != "" {
		query.Set("organization", of.Organization)
	}
	return c.list(ctx, "/api/v1/users/"+url.PathEscape(user)+"/resources", query)
}

// UsersOf lists the ids of the users and service clients who have a permission
// on a resource, in order, as ResourcesOf does. Who has it only because it is
// public is not among them.
func (c *Client) UsersOf(ctx context.Context, resource, permission string) iter.Seq2[string, error] {
	return c.list(ctx, "/api/v1/resources/"+url.PathEscape(resource)+"/users", url.Values{"permission": {permission}})
}

// list reads a list to its end, or until nobody wants more of it.
func (c *Client) list(ctx context.Context, path string, query url.Values) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		query := maps.Clone(query) // a list may be read again
		query.Set("limit", pageSize)
		for {
			var page struct {
				Resources []string `json:"resources"`
				Users     []string `json:"users"`
				Cursor    string   `json:"cursor"`
			}
			err := c.native(ctx, http.MethodGet, path+"?"+query.Encode(), nil, &page)
			if err == nil && page.Resources == nil && page.Users == nil {
				err = errors.New("the server's answer is no list")
			}
			if err != nil {
				yield("", err)
				return
			}
			for _, id := range append(page.Resources, page.Users...) {
				if !yield(id, nil) {
					return
				}
			}
			if page.Cursor == "" {
				return
			}
			query.Set("cursor", page.Cursor)
		}
	}
}
