package authress

import (
	"net/http"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
)

const (
	maxSettingsPage = 20
	maxSettings     = 100 // elements of one body
)

// resourceSettings are what is set on a resource for every user.
type resourceSettings struct {
	ResourceURI string            `json:"resourceUri,omitzero"` // in answers, beyond the documentation: without it a list would not say whose the elements are
	Permissions []resourceSetting `json:"permissions"`
}

type resourceSetting struct {
	Action string `json:"action"`
	Allow  bool   `json:"allow"`
}

// The actions of settings.
const (
	claimAction  = "CLAIM"
	publicAction = "PUBLIC"
)

type settingsCollection struct {
	Resources  []resourceSettings `json:"resources"`
	Pagination pagination         `json:"pagination"`
	Links      links              `json:"links"`
}

// readSettings reads the body. What it does not allow is not set; a body that
// both allows an action and does not is refused.
func readSettings(r *api.Request, uri access.ResourceURI) (access.ResourceSettings, error) {
	out := access.ResourceSettings{Resource: uri}
	body, err := api.ReadJSON[resourceSettings](r)
	if err != nil {
		return out, err
	}
	if named, err := access.ParseResourceURI(body.ResourceURI); body.ResourceURI != "" && (err != nil || named != uri) {
		return out, access.Errorf(access.Invalid, "resourceUri: the body names %q, the path %q", body.ResourceURI, uri)
	}
	if n := len(body.Permissions); n == 0 || n > maxSettings {
		return out, access.Errorf(access.Invalid, "permissions must have 1 to %d elements", maxSettings)
	}
	said := map[string]bool{}
	for _, p := range body.Permissions {
		if allow, again := said[p.Action]; again && allow != p.Allow {
			return out, access.Errorf(access.Invalid, "permissions: %s is both allowed and not", p.Action)
		}
		said[p.Action] = p.Allow
		switch p.Action {
		case claimAction:
			out.Claim = p.Allow
		case publicAction:
			out.Public = p.Allow
		default:
			return out, access.Errorf(access.Invalid, "permissions: action must be %s or %s", claimAction, publicAction)
		}
	}
	return out, nil
}

func writeSettings(in access.ResourceSettings) resourceSettings {
	out := resourceSettings{ResourceURI: string(in.Resource), Permissions: []resourceSetting{}}
	if in.Claim {
		out.Permissions = append(out.Permissions, resourceSetting{claimAction, true})
	}
	if in.Public {
		out.Permissions = append(out.Permissions, resourceSetting{publicAction, true})
	}
	return out
}

func (h *handler) listSettings(w http.ResponseWriter, r *api.Request) error {
	l, err := h.listing(r, maxSettingsPage)
	if err != nil {
		return err
	}
	all, next, err := h.authz.AllSettings(r.Context(), r.Caller, l.Page)
	if err != nil {
		return err
	}
	out := settingsCollection{Resources: []resourceSettings{}}
	for _, in := range all {
		out.Resources = append(out.Resources, writeSettings(in))
	}
	if out.Pagination, out.Links, err = h.page(r, l, next); err != nil {
		return err
	}
	return writeLinks(w, http.StatusOK, out)
}

func (h *handler) getSettings(w http.ResponseWriter, r *api.Request) error {
	uri, err := resourceParam(r)
	if err != nil {
		return err
	}
	out, err := h.authz.Settings(r.Context(), r.Caller, uri)
	if err != nil {
		return err
	}
	return writeLinks(w, http.StatusOK, writeSettings(out))
}

// putSettings answers 200 without a body, as the documentation has it.
func (h *handler) putSettings(w http.ResponseWriter, r *api.Request) error {
	uri, err := resourceParam(r)
	if err != nil {
		return err
	}
	in, err := readSettings(r, uri)
	if err != nil {
		return err
	}
	if err := h.authz.PutSettings(r.Context(), r.Caller, in); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}
