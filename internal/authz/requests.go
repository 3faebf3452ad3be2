package authz

import (
	"context"
	"errors"
	"fmt"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// AccessRequest returns an access request, deleted or not, to who made it or
// may read it.
func (s *Service) AccessRequest(ctx context.Context, c access.Caller, id access.RequestID) (access.AccessRequest, error) {
	return readable(ctx, s, c, store.Requests, requestsArea, string(id), mayReadRequest)
}

// AccessRequests returns a page of the access requests that the caller may
// read, of the status if it is not empty. It is a Forbidden or NotFound error
// if the caller may read none at all.
func (s *Service) AccessRequests(ctx context.Context, c access.Caller, status access.RequestStatus, p Page) ([]access.AccessRequest, string, error) {
	return listReadable(ctx, s, c, store.Requests, requestsArea, p, mayReadRequest, func(r *access.AccessRequest) bool {
		return status == "" || status == r.Status
	})
}

func mayReadRequest(snap *engine.Snapshot, c access.Caller, r *access.AccessRequest) bool {
	return r.Requester == c.Subject || may(snap, c, read, requestsArea, string(r.ID))
}

// CreateAccessRequest asks for access, for anybody. It grants nothing, so it
// takes no right. It is an Unprocessable error if it could not be approved as
// it is: a role does not exist, or a statement names users of its own; and a
// Conflict error if the caller has access.MaxOpenRequests open already.
func (s *Service) CreateAccessRequest(ctx context.Context, c access.Caller, req access.AccessRequest) (access.AccessRequest, error) {
	req.ID = access.RequestID(s.newID("req_"))
	req.Requester, req.Status, req.Record, req.Updated = c.Subject, access.RequestOpen, "", s.now()
	if err := req.Validate(); err != nil {
		return access.AccessRequest{}, err
	}
	err := s.update(ctx, c, action{"create", store.Requests.Kind, string(req.ID)}, func(w *write) error {
		open, err := store.Requests.List(w, store.ListQuery{Index: store.ByOpen, Value: c.Subject.String(), Limit: access.MaxOpenRequests})
		if err != nil {
			return fmt.Errorf("listing the open requests of %s: %w", c.Subject, err)
		}
		if len(open) == access.MaxOpenRequests {
			return access.Errorf(access.Conflict, "the caller has %d open access requests already; delete one, or wait until one is decided", access.MaxOpenRequests)
		}
		if err := grantable(w, &req); err != nil {
			return err
		}
		return put(w, store.Requests, string(req.ID), &req)
	})
	return req, err
}

// grantable refuses what no record could give as it is asked for.
func grantable(r store.Reader, req *access.AccessRequest) error {
	known := map[access.RoleID]bool{}
	for i, st := range req.Statements {
		if len(st.Subjects) > 0 {
			return access.Errorf(access.Unprocessable, "access.statements[%d]: the users stand in access.users", i)
		}
		for _, id := range st.Roles {
			if known[id] || builtIn(id) != nil {
				continue
			}
			if _, exists, err := find(r, store.Roles, string(id)); err != nil {
				return err
			} else if !exists {
				return access.Errorf(access.Unprocessable, "access.statements[%d]: no role %q", i, id)
			}
			known[id] = true
		}
	}
	return nil
}

// DecideAccessRequest approves or denies a request. To approve takes the
// authority to grant everything that is asked for, as if the caller wrote the
// record; to deny takes the same, or the right to update the request. Approval
// makes the record, which the caller administers. The decision stays: the same
// again changes nothing, the opposite is a Conflict error.
//
// What is asked for is looked at again: it is an Unprocessable error if a role
// does not exist any more.
func (s *Service) DecideAccessRequest(ctx context.Context, c access.Caller, id access.RequestID, decision access.RequestStatus) (access.AccessRequest, error) {
	verb := "approve"
	if decision == access.RequestDenied {
		verb = "deny"
	}
	recordID := access.RecordID(s.newID("rec_"))
	var req access.AccessRequest
	err := s.update(ctx, c, action{verb, store.Requests.Kind, string(id)}, func(w *write) error {
		old, exists, err := find(w, store.Requests, string(id))
		if err != nil {
			return err
		}
		req = old
		rec := requested(&req, recordID, c.Subject)
		if err := mayDecide(w, c, id, exists, &req, &rec, decision); err != nil {
			return err
		}
		switch {
		case !exists || req.Status == access.RequestDeleted:
			return access.Errorf(access.NotFound, "no access request %q", id)
		case req.Status == decision:
			return nil
		case req.Status != access.RequestOpen:
			return access.Errorf(access.Conflict, "the request is %s already", req.Status)
		}
		req.Status, req.Updated = decision, s.after(req.Updated)
		if decision == access.RequestApproved {
			if err := s.approve(w, &req, &rec); err != nil {
				return err
			}
		}
		return put(w, store.Requests, string(id), &req)
	})
	return req, err
}

// approve writes the record that the request asks for.
func (s *Service) approve(w *write, req *access.AccessRequest, rec *access.Record) error {
	if err := grantable(w, req); err != nil {
		return err
	}
	req.Record, rec.Updated = rec.ID, req.Updated
	if err := rec.Validate(); err != nil {
		return fmt.Errorf("the record of request %q: %w", req.ID, err)
	}
	return put(w, store.Records, string(rec.ID), rec)
}

// requested is the record that approval makes.
func requested(req *access.AccessRequest, id access.RecordID, approver access.Subject) access.Record {
	return access.Record{
		ID: id, Name: "Access request " + string(req.ID), Status: access.RecordActive,
		Subjects: req.Users, Admins: []access.Subject{approver}, Statements: req.Statements, Tags: req.Tags,
	}
}

// mayDecide demands the authority that DecideAccessRequest names. A caller who
// may not even read the request is not told what it lacks, nor whether there is
// such a request.
func mayDecide(w *write, c access.Caller, id access.RequestID, exists bool, req *access.AccessRequest, rec *access.Record, decision access.RequestStatus) error {
	changes := may(w.snap, c, change, requestsArea, string(id))
	reads := may(w.snap, c, read, requestsArea, string(id)) || req.Requester == c.Subject
	if !exists {
		if !changes && !reads {
			return deny(w.snap, c)
		}
		return nil
	}
	if changes && decision == access.RequestDenied {
		return nil
	}
	err := mayGrant(w, c, &access.Record{}, rec)
	if errors.Is(err, access.Forbidden) && !changes && !reads {
		return deny(w.snap, c)
	}
	return err
}

// DeleteAccessRequest marks a request as deleted, for who made it or may update
// it. What its approval gave stays.
func (s *Service) DeleteAccessRequest(ctx context.Context, c access.Caller, id access.RequestID) error {
	return s.update(ctx, c, action{"delete", store.Requests.Kind, string(id)}, func(w *write) error {
		req, exists, err := find(w, store.Requests, string(id))
		if err != nil {
			return err
		}
		if req.Requester != c.Subject && !may(w.snap, c, change, requestsArea, string(id)) {
			return deny(w.snap, c)
		}
		if !exists || req.Status == access.RequestDeleted {
			return access.Errorf(access.NotFound, "no access request %q", id)
		}
		req.Status, req.Updated = access.RequestDeleted, s.after(req.Updated)
		return put(w, store.Requests, string(id), &req)
	})
}
