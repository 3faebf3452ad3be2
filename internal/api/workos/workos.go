// Package workos speaks the dialect of the WorkOS API for authorization and what
// it stands on, so that the official SDKs and the command line of WorkOS work
// unmodified. It maps and nothing else.
package workos

import (
	"net/http"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

// Config is what the dialect needs.
type Config struct {
	Authz *authz.Service
	// PublicURL is the scheme://host[:port] that links name. If empty, they name
	// the host that the request was sent to.
	PublicURL string
}

type handler struct {
	authz     *authz.Service
	publicURL string
}

// New returns the dialect. It answers for every path that no other dialect
// claims, as the vendor's API stands at the root of its host.
func New(cfg Config) *api.Dialect {
	h := &handler{authz: cfg.Authz, publicURL: cfg.PublicURL}
	d := &api.Dialect{Routes: h.routes(), Prefix: "/", WriteError: writeError}
	d.Replay(cfg.Authz)
	return d
}

// routes lists every route of the dialect, each area's beside its handlers.
func (h *handler) routes() []api.Route {
	return slices.Concat(
		h.permissionRoutes(), h.roleRoutes(), h.organizationRoleRoutes(),
		h.resourceRoutes(), h.assignmentRoutes(), h.groupAssignmentRoutes(), h.checkRoutes(),
		h.organizationRoutes(), h.domainRoutes(), h.userRoutes(), h.membershipRoutes(), h.groupRoutes(),
		h.apiKeyRoutes(), h.eventRoutes(), h.webhookRoutes(), h.auditLogRoutes(),
	)
}

// contentType of every answer with a body: the Node SDK reads no other.
const contentType = "application/json; charset=utf-8"

func writeJSON(w http.ResponseWriter, status int, v any) error {
	return api.WriteJSON(w, status, contentType, v)
}

func noContent(w http.ResponseWriter) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// errorBody is the body of every answer that is not a success. It never has a
// member "error": the Node SDK would take it for one of OAuth and lose the
// message.
type errorBody struct {
	Message string       `json:"message"`
	Code    string       `json:"code"`
	Errors  []fieldError `json:"errors,omitzero"`

	EntityID string `json:"entity_id,omitzero"` // what does not exist
	RoleSlug string `json:"role_slug,omitzero"` // the role that cannot be given
}

type fieldError struct {
	Field   string `json:"field,omitzero"`
	Code    string `json:"code"`
	Message string `json:"message"`

	InstancePath string `json:"instancePath,omitzero"` // a JSON pointer in place of the field
}

func writeError(w http.ResponseWriter, _ *api.Request, err *access.Error) {
	body := errorBody{Message: err.Message, Code: errorCode(err)}
	if err.Field != "" {
		body.Errors = []fieldError{{Field: err.Field, Code: string(err.Reason), Message: err.Message}}
	}
	for _, cause := range err.Causes {
		e := fieldError{Field: cause.Field, Code: string(cause.Reason), Message: cause.Message}
		if err.Reason == access.InvalidAuditEvent {
			e.Field, e.InstancePath = "", cause.Field
		}
		body.Errors = append(body.Errors, e)
	}
	switch {
	case err.Kind == access.Unauthenticated: // these two in the vendor's words
		body.Message = "Unauthorized"
	case err.Reason == access.NoSuchPath:
		body.Message = "Not Found"
	case err.Kind == access.NotFound:
		body.EntityID = err.Entity
	case err.Reason == authz.SubResourceScopedRole:
		body.RoleSlug = err.Entity
	}
	// Encoding strings does not fail.
	_ = writeJSON(w, api.Status(err.Kind), body)
}

// errorCode is the stable name of an error. Source: the codes that the vendor's
// OpenAPI document names; where it names none, ours.
func errorCode(err *access.Error) string {
	switch {
	case err.Reason == access.NoSuchPath:
		return "not_found"
	case err.Reason == access.LastOwner:
		return "user_deletion_not_allowed" // by nothing else in this dialect can the last owner go
	case err.Field != "":
		return "invalid_request_parameters"
	case isCode(err.Reason):
		return string(err.Reason)
	}
	switch err.Kind {
	case access.Invalid:
		return "bad_request"
	case access.Unauthenticated:
		return "unauthorized"
	case access.Forbidden:
		return "forbidden"
	case access.NotFound:
		return "entity_not_found"
	case access.NotSupported:
		return "method_not_allowed"
	case access.Conflict, access.Stale:
		return "conflict"
	case access.Unprocessable:
		return "invalid_request_parameters"
	case access.TooLarge:
		return "payload_too_large"
	case access.TooMany:
		return "rate_limit_exceeded"
	case access.Unavailable:
		return "service_unavailable"
	}
	return "server_error"
}

// isCode reports whether the reason is a code of this dialect: those of others
// are words with spaces.
func isCode(r access.Reason) bool {
	for _, c := range r {
		if (c < 'a' || c > 'z') && c != '_' {
			return false
		}
	}
	return r != ""
}
