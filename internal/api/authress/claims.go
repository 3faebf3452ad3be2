package authress

import (
	"net/http"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
)

// maxClaimPart bounds each half of what is claimed, in characters (ASCII).
const maxClaimPart = 128

type claim struct {
	CollectionResource string `json:"collectionResource"`
	ResourceID         string `json:"resourceId"`
}

// createClaim answers with an empty object: the Python SDK reads one.
func (h *handler) createClaim(w http.ResponseWriter, r *api.Request) error {
	body, err := api.ReadJSON[claim](r)
	if err != nil {
		return err
	}
	if n := len(body.CollectionResource); n == 0 || n > maxClaimPart {
		return access.Errorf(access.Invalid, "collectionResource must be 1 to %d characters long", maxClaimPart)
	}
	if n := len(body.ResourceID); n == 0 || n > maxClaimPart {
		return access.Errorf(access.Invalid, "resourceId must be 1 to %d characters long", maxClaimPart)
	}
	collection, err := access.ParseResourceURI(body.CollectionResource)
	if err != nil {
		return err
	}
	if err := h.authz.Claim(r.Context(), r.Caller, collection, body.ResourceID); err != nil {
		return err
	}
	return writeLinks(w, http.StatusCreated, struct{}{})
}
