// Package authress speaks the dialect of the Authress API, so that its official
// SDKs and its Terraform provider work unmodified. It maps and nothing else.
package authress

import (
	"net/http"
	"slices"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
	"github.com/reeve-authz/reeve/internal/authz"
)

// Config is what the dialect needs.
type Config struct {
	Authz *authz.Service
	// PublicURL is the scheme://host[:port] that links name. If empty, they
	// name the host that the caller asked for.
	PublicURL string
}

type handler struct {
	authz     *authz.Service
	publicURL string
}

// New returns the dialect.
func New(cfg Config) *api.Dialect {
	h := &handler{authz: cfg.Authz, publicURL: cfg.PublicURL}
	return &api.Dialect{Routes: slices.Concat(h.routes(), h.loginRoutes()), Prefix: "/v1", WriteError: writeError}
}

// routes lists every route of the dialect. A resource stands in the path as one
// escaped segment; the twins with {resource...} are for clients that leave its
// slashes unescaped, as the Ruby SDK does.
func (h *handler) routes() []api.Route {
	return []api.Route{
		{Method: "GET", Path: "/v1/users/{user}/resources/{resource}/permissions/{permission}", Short: true, Handle: h.authorizeUser},
		{Method: "GET", Path: "/v1/users/{user}/resources/{resource...}/permissions/{permission}", Short: true, Handle: h.authorizeUser},
		// Exact: "…/permissions/" is a check whose permission was left empty, and a
		// list answered with 200 would be taken for a yes.
		{Method: "GET", Path: "/v1/users/{user}/resources/{resource}/permissions", Exact: true, Handle: h.userPermissions},
		{Method: "GET", Path: "/v1/users/{user}/resources/{resource...}/permissions", Exact: true, Handle: h.userPermissions},
		{Method: "GET", Path: "/v1/users/{user}/resources/{resource}/roles", Handle: h.userRoles},
		{Method: "GET", Path: "/v1/users/{user}/resources/{resource...}/roles", Handle: h.userRoles},
		{Method: "GET", Path: "/v1/users/{user}/resources", Handle: h.userResources},
		{Method: "GET", Path: "/v1/resources/{resource}/users", Handle: h.resourceUsers},
		{Method: "GET", Path: "/v1/resources/{resource...}/users", Handle: h.resourceUsers},

		{Method: "POST", Path: "/v1/users/{user}/tokens", Handle: h.retired},
		{Method: "DELETE", Path: "/v1/users/{user}/tokens/{token}", Handle: h.retired},
		{Method: "GET", Path: "/v1/users/{user}/resources/{resource}/metadata", Handle: h.retired},
		{Method: "GET", Path: "/v1/users/{user}/resources/{resource...}/metadata", Handle: h.retired},
		{Method: "PUT", Path: "/v1/users/{user}/resources/{resource}/metadata", Handle: h.retired},
		{Method: "PUT", Path: "/v1/users/{user}/resources/{resource...}/metadata", Handle: h.retired},

		{Method: "GET", Path: "/v1/records", Handle: h.listRecords},
		{Method: "POST", Path: "/v1/records", Handle: h.createRecord},
		{Method: "GET", Path: "/v1/records/{record}", Handle: h.getRecord},
		{Method: "PUT", Path: "/v1/records/{record}", Handle: h.updateRecord},
		{Method: "POST", Path: "/v1/records/{record}", Handle: h.updateRecord}, // what the C# SDK sends
		{Method: "DELETE", Path: "/v1/records/{record}", Handle: h.deleteRecord},

		{Method: "POST", Path: "/v1/claims", Handle: h.createClaim},

		{Method: "GET", Path: "/v1/requests", Handle: h.listRequests},
		{Method: "POST", Path: "/v1/requests", Handle: h.createRequest},
		{Method: "GET", Path: "/v1/requests/{request}", Handle: h.getRequest},
		{Method: "PATCH", Path: "/v1/requests/{request}", Handle: h.decideRequest},
		{Method: "DELETE", Path: "/v1/requests/{request}", Handle: h.deleteRequest},

		// The id of an invite is a secret of whoever holds it.
		{Method: "POST", Path: "/v1/invites", Handle: h.createInvite},
		{Method: "GET", Path: "/v1/invites/{invite}", Secret: true, Handle: h.getInvite},
		{Method: "PATCH", Path: "/v1/invites/{invite}", Secret: true, Handle: h.acceptInvite},
		{Method: "DELETE", Path: "/v1/invites/{invite}", Secret: true, Handle: h.deleteInvite},

		{Method: "GET", Path: "/v1/roles", Handle: h.listRoles},
		{Method: "POST", Path: "/v1/roles", Handle: h.createRole},
		{Method: "GET", Path: "/v1/roles/{role}", Handle: h.getRole},
		{Method: "PUT", Path: "/v1/roles/{role}", Handle: h.updateRole},
		{Method: "DELETE", Path: "/v1/roles/{role}", Handle: h.deleteRole},

		{Method: "GET", Path: "/v1/groups", Handle: h.listGroups},
		{Method: "POST", Path: "/v1/groups", Handle: h.createGroup},
		{Method: "GET", Path: "/v1/groups/{group}", Handle: h.getGroup},
		{Method: "PUT", Path: "/v1/groups/{group}", Handle: h.updateGroup},
		{Method: "DELETE", Path: "/v1/groups/{group}", Handle: h.deleteGroup},

		{Method: "GET", Path: "/v1/resources", Handle: h.listSettings},
		{Method: "GET", Path: "/v1/resources/{resource}", Handle: h.getSettings},
		{Method: "GET", Path: "/v1/resources/{resource...}", Handle: h.getSettings},
		{Method: "PUT", Path: "/v1/resources/{resource}", Handle: h.putSettings},
		{Method: "PUT", Path: "/v1/resources/{resource...}", Handle: h.putSettings},

		{Method: "GET", Path: "/v1/clients", Handle: h.listClients},
		{Method: "POST", Path: "/v1/clients", Handle: h.createClient},
		{Method: "GET", Path: "/v1/clients/{client}", Handle: h.getClient},
		{Method: "PUT", Path: "/v1/clients/{client}", Handle: h.updateClient},
		{Method: "DELETE", Path: "/v1/clients/{client}", Handle: h.deleteClient},
		{Method: "POST", Path: "/v1/clients/{client}/access-keys", Handle: h.createAccessKey},
		{Method: "DELETE", Path: "/v1/clients/{client}/access-keys/{key}", Handle: h.deleteAccessKey},

		{Method: "GET", Path: "/v1/users", Handle: h.listUsers},
		{Method: "GET", Path: "/v1/users/{user}", Handle: h.getUser},
		{Method: "PUT", Path: "/v1/users/{user}", Handle: h.updateUser}, // what the JavaScript SDK sends
		{Method: "PUT", Path: "/v1/users/{user}/token-configuration", Handle: h.updateUser},
		{Method: "DELETE", Path: "/v1/users/{user}", Handle: h.deleteUser},

		{Method: "GET", Path: "/v1/tenants", Handle: h.listTenants},
		{Method: "POST", Path: "/v1/tenants", Handle: h.createTenant},
		{Method: "GET", Path: "/v1/tenants/{tenant}", Handle: h.getTenant},
		{Method: "PUT", Path: "/v1/tenants/{tenant}", Handle: h.updateTenant},
		{Method: "DELETE", Path: "/v1/tenants/{tenant}", Handle: h.deleteTenant},
		{Method: "PATCH", Path: "/v1/tenants/{tenant}", Handle: h.addTenantUser},
		{Method: "PATCH", Path: "/v1/tenants/{tenant}/users", Handle: h.addTenantUser},

		{Method: "GET", Path: "/v1/accounts", Handle: h.listAccounts},
		{Method: "GET", Path: "/v1/accounts/{account}", Handle: h.getAccount},
		{Method: "GET", Path: "/v1/identities", Handle: h.listIdentities},
		{Method: "POST", Path: "/v1/identities", Handle: h.createIdentity},

		// Whoever verifies a token reads these, without a credential of ours.
		{Method: "GET", Path: "/.well-known/openid-configuration", Public: true, Handle: h.discovery},
		{Method: "GET", Path: "/.well-known/openid-configuration/jwks", Public: true, Handle: h.realmKeys},
		{Method: "GET", Path: "/v1/clients/{client}/.well-known/openid-configuration", Public: true, Handle: h.clientDiscovery},
		{Method: "GET", Path: "/v1/clients/{client}/.well-known/openid-configuration/jwks", Public: true, Handle: h.clientKeys},
	}
}

// linksJSON is the content type of answers with a body.
const linksJSON = "application/links+json"

// writeError answers {"title":…,"errorCode":…,"errorId":…}: every answer that is
// not a success, every denial among them. The SDKs show the title.
func writeError(w http.ResponseWriter, r *api.Request, err *access.Error) {
	body := make([]byte, 0, len(`{"title":"","errorCode":"","errorId":""}`)+len(err.Message)+len(r.ID)+64)
	body = api.AppendString(append(body, `{"title":`...), err.Message)
	body = api.AppendString(append(body, `,"errorCode":`...), errorCode(err))
	body = api.AppendString(append(body, `,"errorId":`...), r.ID)
	api.Write(w, status(err), linksJSON, append(body, '}'))
}

// status is the HTTP status of an error. A field that breaks a rule is a
// malformed request in this dialect, whatever it is in others.
func status(err *access.Error) int {
	if err.Field != "" {
		return http.StatusBadRequest
	}
	return api.Status(err.Kind)
}

// errorCode is the stable name of an error. Source: the codes that the Authress
// documentation shows; where it shows none, ours.
func errorCode(err *access.Error) string {
	switch err.Reason {
	case access.NoSuchPath:
		return "PathNotFound" // not to be taken for a denial
	case access.RecordExists:
		return "AccessRecordAlreadyExists"
	case access.RoleExists:
		return "RoleAlreadyExists"
	case access.GroupExists:
		return "GroupAlreadyExists"
	case access.TenantExists:
		return "TenantAlreadyExists"
	case access.Claimed:
		return "AlreadyClaimed"
	case access.LastOwner:
		return "LastOwner"
	case access.TooManyKeys:
		return "TooManyAccessKeys"
	}
	if err.Field != "" {
		return "InvalidRequest"
	}
	switch err.Kind {
	case access.Invalid:
		return "InvalidRequest"
	case access.Unauthenticated:
		return "Unauthorized"
	case access.Forbidden:
		return "Forbidden"
	case access.NotFound:
		return "NotFound"
	case access.NotSupported:
		return "NotSupported"
	case access.Conflict:
		return "Conflict"
	case access.Stale:
		return "PreconditionFailed"
	case access.Unprocessable:
		return "UnprocessableEntity"
	case access.TooLarge:
		return "PayloadTooLarge"
	case access.TooMany:
		return "TooManyRequests"
	case access.Unavailable:
		return "ServiceUnavailable"
	}
	return "InternalError"
}

// sdk is the language of the official SDK that sent the request, in lower case:
// "authress sdk; terraform; 2.0.39;" is "terraform". It decides nothing but the
// few answers that one SDK needs otherwise than the rest.
func sdk(r *api.Request) string {
	name, rest, _ := strings.Cut(r.UserAgent(), ";")
	if !strings.EqualFold(name, "authress sdk") {
		return ""
	}
	language, _, _ := strings.Cut(rest, ";")
	return strings.ToLower(strings.TrimSpace(language))
}
