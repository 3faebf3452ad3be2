package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Model is what the applications of a realm are built on: the types of
// resources, the permissions and the roles.
//
// Applied, a member that is nil or empty leaves what it says as it is, and a list
// that is nil everything that it could list.
type Model struct {
	Settings      Settings       `json:"settings,omitzero"`
	ResourceTypes []ResourceType `json:"resource_types,omitzero"`
	Permissions   []Permission   `json:"permissions,omitzero"`
	Roles         []Role         `json:"roles,omitzero"` // the most important first
}

// Settings are what a realm says of all its organizations.
type Settings struct {
	MultipleRoles    *bool   `json:"multiple_roles,omitzero"`
	MaxResourceDepth *int    `json:"max_resource_depth,omitzero"`
	DefaultRole      *string `json:"default_role,omitzero"`
}

// ResourceType is a type of resources that organizations may register.
type ResourceType struct {
	Slug        string   `json:"slug"`
	Name        *string  `json:"name,omitzero"` // of a new one: the slug, if it is nil
	Description *string  `json:"description,omitzero"`
	Parents     []string `json:"parents,omitzero"` // of a new one: organization, if it is nil
}

// Permission is an entry of the catalogue of permissions.
type Permission struct {
	Slug         string  `json:"slug"`
	Name         *string `json:"name,omitzero"`
	Description  *string `json:"description,omitzero"`
	ResourceType string  `json:"resource_type,omitzero"` // of a new one: organization; cannot be changed
}

// Role is a role of the realm.
type Role struct {
	Slug         string   `json:"slug"`
	Name         *string  `json:"name,omitzero"`
	Description  *string  `json:"description,omitzero"`
	ResourceType string   `json:"resource_type,omitzero"` // of a new one: organization; cannot be changed
	Permissions  []string `json:"permissions,omitzero"`
}

// Change is a step of making a realm what a Model says.
type Change struct {
	Action  string        `json:"action"` // create, update or delete
	Kind    string        `json:"kind"`   // settings, resource_type, permission, role or role_order
	ID      string        `json:"id"`     // the slug; empty where there is one of the kind
	Changes []FieldChange `json:"changes"`
}

// FieldChange is what an update changes.
type FieldChange struct {
	Field string `json:"field"`
	From  any    `json:"from"`
	To    any    `json:"to"`
}

// ApplyOptions say how a Model is applied.
type ApplyOptions struct {
	DryRun bool // changes nothing, and says what would change
	Prune  bool // deletes what the model's lists lack, unless it is in use
}

// Model returns the model of the realm.
func (c *Client) Model(ctx context.Context) (Model, error) {
	var m Model
	err := c.native(ctx, http.MethodGet, "/api/v1/model", nil, &m)
	return m, err
}

// Apply makes the realm what the model says, all of it or nothing, and returns
// what that changed: nothing, when the realm was so already.
func (c *Client) Apply(ctx context.Context, m Model, how ApplyOptions) ([]Change, error) {
	path := "/api/v1/model"
	if how.DryRun {
		path += "?dry_run=true"
	}
	body := struct {
		Model
		Prune bool `json:"prune"`
	}{m, how.Prune}
	var out struct {
		Plan []Change `json:"plan"`
	}
	err := c.native(ctx, http.MethodPut, path, body, &out)
	return out.Plan, err
}

// native calls the server's own API and decodes a success into out.
func (c *Client) native(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader = http.NoBody
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encoding the request: %w", err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, body)
	if err != nil {
		return fmt.Errorf("making the request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.credential)
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("asking %s: %w", c.url, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nativeError(resp)
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return fmt.Errorf("the server's answer: %w", err)
	}
	return nil
}

// nativeError is what an answer that is no success says.
func nativeError(resp *http.Response) error {
	var body struct {
		Message string `json:"message"`
	}
	const maxBody = 64 << 10
	err := json.NewDecoder(io.LimitReader(resp.Body, maxBody)).Decode(&body)
	switch {
	case resp.StatusCode == http.StatusUnauthorized:
		return ErrUnauthenticated
	case resp.StatusCode == http.StatusForbidden:
		return fmt.Errorf("%w: %s", ErrForbidden, body.Message)
	case err == nil && body.Message != "":
		return errors.New(body.Message)
	}
	return fmt.Errorf("the server answered %s", resp.Status)
}
