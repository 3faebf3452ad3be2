package authress

import (
	"net/http"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/api"
)

const maxRequestsPage = 20

// accessRequest asks for what its template says. What is read-only stands in
// accessRequestAnswer.
type accessRequest struct {
	Access accessTemplate    `json:"access"`
	Tags   map[string]string `json:"tags,omitzero"`
}

type accessTemplate struct {
	Users      []user      `json:"users"`
	Statements []statement `json:"statements"`
}

type accessRequestAnswer struct {
	RequestID   string `json:"requestId"`
	LastUpdated string `json:"lastUpdated"`
	Status      string `json:"status"`
	accessRequest
	Links links `json:"links"`
}

// accessRequestCollection has its elements in "records", as the documentation
// has it.
type accessRequestCollection struct {
	Records    []accessRequestAnswer `json:"records"`
	Pagination pagination            `json:"pagination"`
	Links      links                 `json:"links"`
}

func readAccessRequest(r *api.Request) (access.AccessRequest, error) {
	body, err := api.ReadJSON[accessRequest](r)
	if err != nil {
		return access.AccessRequest{}, err
	}
	// Approval makes a record of it, which has a limit.
	if size, err := sizeOf(body); err != nil {
		return access.AccessRequest{}, err
	} else if size > access.MaxRecordBytes {
		return access.AccessRequest{}, access.Errorf(access.TooLarge, "the request takes %d bytes, at most %d are allowed; ask for less at a time", size, access.MaxRecordBytes)
	}
	out := access.AccessRequest{Tags: body.Tags}
	if out.Users, err = readSubjects("access.", body.Access.Users, nil); err != nil {
		return access.AccessRequest{}, err
	}
	out.Statements, err = readStatements("access.", body.Access.Statements)
	return out, err
}

func (h *handler) writeAccessRequest(r *api.Request, in access.AccessRequest) accessRequestAnswer {
	out := accessRequestAnswer{
		RequestID: string(in.ID), LastUpdated: instant(in.Updated), Status: string(in.Status),
		accessRequest: accessRequest{Access: accessTemplate{Statements: writeStatements(in.Statements)}, Tags: in.Tags},
		Links:         h.self(r, "requests", string(in.ID)),
	}
	out.Access.Users, _ = writeSubjects(in.Users)
	return out
}

func (h *handler) listRequests(w http.ResponseWriter, r *api.Request) error {
	l, err := h.listing(r, maxRequestsPage)
	if err != nil {
		return err
	}
	status := access.RequestStatus(l.query.get("status"))
	switch status {
	case "", access.RequestOpen, access.RequestApproved, access.RequestDenied, access.RequestDeleted:
	default:
		return access.Errorf(access.Invalid, "status must be OPEN, APPROVED, DENIED or DELETED")
	}
	reqs, next, err := h.authz.AccessRequests(r.Context(), r.Caller, status, l.Page)
	if err != nil {
		return err
	}
	out := accessRequestCollection{Records: []accessRequestAnswer{}}
	for _, in := range reqs {
		out.Records = append(out.Records, h.writeAccessRequest(r, in))
	}
	if out.Pagination, out.Links, err = h.page(r, l, next); err != nil {
		return err
	}
	return writeLinks(w, http.StatusOK, out)
}

func (h *handler) createRequest(w http.ResponseWriter, r *api.Request) error {
	in, err := readAccessRequest(r)
	if err != nil {
		return err
	}
	out, err := h.authz.CreateAccessRequest(r.Context(), r.Caller, in)
	if err != nil {
		return err
	}
	return writeLinks(w, http.StatusCreated, h.writeAccessRequest(r, out))
}

func (h *handler) getRequest(w http.ResponseWriter, r *api.Request) error {
	id, err := access.ParseRequestID(r.Param("request"))
	if err != nil {
		return err
	}
	out, err := h.authz.AccessRequest(r.Context(), r.Caller, id)
	if err != nil {
		return err
	}
	return writeLinks(w, http.StatusOK, h.writeAccessRequest(r, out))
}

func (h *handler) decideRequest(w http.ResponseWriter, r *api.Request) error {
	id, err := access.ParseRequestID(r.Param("request"))
	if err != nil {
		return err
	}
	body, err := api.ReadJSON[struct {
		Status access.RequestStatus `json:"status"`
	}](r)
	if err != nil {
		return err
	}
	if body.Status != access.RequestApproved && body.Status != access.RequestDenied {
		return access.Errorf(access.Invalid, "status must be APPROVED or DENIED")
	}
	out, err := h.authz.DecideAccessRequest(r.Context(), r.Caller, id, body.Status)
	if err != nil {
		return err
	}
	return writeLinks(w, http.StatusOK, h.writeAccessRequest(r, out))
}

func (h *handler) deleteRequest(w http.ResponseWriter, r *api.Request) error {
	id, err := access.ParseRequestID(r.Param("request"))
	if err != nil {
		return err
	}
	if err := h.authz.DeleteAccessRequest(r.Context(), r.Caller, id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
