package authz

import (
	"context"
	"errors"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// Reasons of errors about memberships, as the WorkOS API names them.
const (
	NoUserOrOrganization    access.Reason = "missing_user_id_or_organization_id"
	PendingNotDeactivatable access.Reason = "cannot_deactivate_pending_organization_membership"
	PendingNotReactivatable access.Reason = "cannot_reactivate_pending_organization_membership"
)

// Membership returns a membership.
func (s *Service) Membership(ctx context.Context, c access.Caller, id access.MembershipID) (found Member, err error) {
	err = s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		m, err := membershipFor(r, snap, c, read, id)
		if err != nil {
			return err
		}
		found, err = newMemberReader(r, c.Realm).full(&m)
		return err
	})
	return found, err
}

// MembershipQuery selects memberships: of a user, of an organization, or the one
// of both.
type MembershipQuery struct {
	User         string
	Organization access.OrganizationID
	Statuses     []access.MembershipStatus // any of them
}

// FindMemberships returns a part of the memberships that the caller may read. It
// is an Invalid error with the reason NoUserOrOrganization if the query names
// neither.
func (s *Service) FindMemberships(ctx context.Context, c access.Caller, q MembershipQuery, win Window) (found Slice[Member], err error) {
	sel := selection[access.Membership]{keep: func(m *access.Membership) bool { return slices.Contains(q.Statuses, m.Status) }}
	switch {
	case q.User != "" && q.Organization != "":
		sel.index, sel.value = store.ByPair, store.MembershipPair(q.Organization, q.User)
	case q.User != "":
		sel.index, sel.value = store.ByUser, q.User
	case q.Organization != "":
		sel.index, sel.value = store.ByOrganization, string(q.Organization)
	default:
		return found, access.Errorf(access.Invalid, "Name a user_id or an organization_id.").Because(NoUserOrOrganization)
	}
	err = s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		if q.Organization != "" {
			if _, err := organizationFor(r, snap, c, read, q.Organization); err != nil {
				return err
			}
		} else {
			mayRead, err := readerOf(snap, c, organizationsArea)
			if err != nil {
				return err
			}
			ofStatus := sel.keep
			sel.keep = func(m *access.Membership) bool { return ofStatus(m) && mayRead(string(m.Organization)) }
		}
		part, err := window(r, store.Memberships, sel, win)
		if err != nil {
			return err
		}
		found, err = mapSlice(part, newMemberReader(r, c.Realm).full)
		return err
	})
	return found, err
}

// CreateMembership makes a user that is known a member of an organization, with
// the roles of these slugs, or the default role if there is none. As a membership
// shows its user, it takes the right to read the user. A membership that is
// inactive becomes active with those roles. It is a Conflict error if the user has
// an active one, and an Invalid error with the reason PendingNotReactivatable if
// it has one that waits for the user.
func (s *Service) CreateMembership(ctx context.Context, c access.Caller, id access.OrganizationID, user string, slugs []string) (made Member, err error) {
	err = s.update(ctx, c, action{"create", store.Memberships.Kind, ""}, func(w *write) error {
		org, err := organizationFor(w, w.snap, c, change, id)
		if err != nil {
			return err
		}
		if _, err := userFor(w, w.snap, c, read, user); err != nil {
			return err
		}
		m, exists, err := membershipOf(w, id, user)
		switch {
		case err != nil:
			return err
		case !exists:
			m = s.newMembership(id, user)
		case m.Status == access.MembershipActive:
			return access.Errorf(access.Conflict, "The user '%s' is a member of the organization '%s' already.", user, id)
		case m.Status == access.MembershipPending:
			return access.Errorf(access.Invalid, "The membership '%s' waits for its user.", m.ID).Because(PendingNotReactivatable)
		default:
			m.Status, m.Updated = access.MembershipActive, s.after(m.Updated)
		}
		if err := put(w, store.Memberships, string(m.ID), &m); err != nil {
			return err
		}
		if _, err := s.giveRoles(w, c, &m, &org, slugs); err != nil {
			return err
		}
		made, err = newMemberReader(w, c.Realm).full(&m)
		return err
	})
	return made, err
}

func (s *Service) newMembership(org access.OrganizationID, user string) access.Membership {
	now := s.now()
	return access.Membership{
		ID: access.MembershipID(s.newID("om_")), Organization: org, User: user, Status: access.MembershipActive, Created: now, Updated: now,
	}
}

// SetMembershipRoles replaces the roles that a membership has on its organization
// by itself; without any it gets the default role. Nil leaves them as they are.
func (s *Service) SetMembershipRoles(ctx context.Context, c access.Caller, id access.MembershipID, slugs []string) (Member, error) {
	return s.changeMembership(ctx, c, "update", id, func(w *write, m *access.Membership) (bool, error) {
		if slugs == nil {
			return false, nil
		}
		org, err := organizationByID(w, m.Organization)
		if err != nil {
			return false, err
		}
		return s.giveRoles(w, c, m, &org, slugs)
	})
}

// DeactivateMembership makes a membership give nothing; what it was given stays
// for when it is active again. It is an Invalid error with the reason
// PendingNotDeactivatable if the membership waits for its user.
func (s *Service) DeactivateMembership(ctx context.Context, c access.Caller, id access.MembershipID) (Member, error) {
	return s.setStatus(ctx, c, "deactivate", id, access.MembershipInactive, PendingNotDeactivatable)
}

// ReactivateMembership makes a membership give again what it was given. It is an
// Invalid error with the reason PendingNotReactivatable if the membership waits
// for its user.
func (s *Service) ReactivateMembership(ctx context.Context, c access.Caller, id access.MembershipID) (Member, error) {
	return s.setStatus(ctx, c, "reactivate", id, access.MembershipActive, PendingNotReactivatable)
}

func (s *Service) setStatus(ctx context.Context, c access.Caller, verb string, id access.MembershipID, to access.MembershipStatus, notWhilePending access.Reason) (Member, error) {
	return s.changeMembership(ctx, c, verb, id, func(_ *write, m *access.Membership) (bool, error) {
		if m.Status == access.MembershipPending {
			return false, access.Errorf(access.Invalid, "The membership '%s' waits for its user.", id).Because(notWhilePending)
		}
		changed := m.Status != to
		m.Status = to
		return changed, nil
	})
}

// changeMembership writes a membership that edit says it has changed, and nothing
// at all, not even an audit entry, if edit says that it has not.
func (s *Service) changeMembership(ctx context.Context, c access.Caller, verb string, id access.MembershipID, edit func(*write, *access.Membership) (bool, error)) (now Member, err error) {
	err = s.update(ctx, c, action{verb, store.Memberships.Kind, string(id)}, func(w *write) error {
		m, err := membershipFor(w, w.snap, c, change, id)
		if err != nil {
			return err
		}
		changed, err := edit(w, &m)
		if err != nil {
			return err
		}
		if changed {
			m.Updated = s.after(m.Updated)
			if err := put(w, store.Memberships, string(m.ID), &m); err != nil {
				return err
			}
		}
		if now, err = newMemberReader(w, c.Realm).full(&m); err == nil && !changed {
			err = errNoNews
		}
		return err
	})
	if errors.Is(err, errNoNews) {
		err = nil
	}
	return now, err
}

// DeleteMembership removes a membership with what it was assigned and its places
// in groups.
func (s *Service) DeleteMembership(ctx context.Context, c access.Caller, id access.MembershipID) error {
	return s.update(ctx, c, action{"delete", store.Memberships.Kind, string(id)}, func(w *write) error {
		m, err := membershipFor(w, w.snap, c, change, id)
		if err != nil {
			return err
		}
		return removeMembership(w, &m)
	})
}

// removeMembership leaves nothing that names the membership.
func removeMembership(w *write, m *access.Membership) error {
	if err := removeAll(w, store.Assignments, store.BySubject, m.Subject().String()); err != nil {
		return err
	}
	if err := removeAll(w, store.GroupMembers, store.ByMembership, string(m.ID)); err != nil {
		return err
	}
	if err := removeCustomerKeys(w, store.ByMembership, string(m.ID)); err != nil {
		return err
	}
	return remove(w, store.Memberships, string(m.ID))
}

// AddMember makes a user a member of an organization, as the Authress API does:
// the user need not be known, it is no error if the user is one, and one whose
// membership is inactive is one again.
func (s *Service) AddMember(ctx context.Context, c access.Caller, id access.OrganizationID, user access.Subject) error {
	if user.Kind != access.UserKind {
		return access.Errorf(access.Invalid, "userId %q is a service client; a tenant has users", user.ID)
	}
	return s.update(ctx, c, action{"add user", store.Organizations.Kind, string(id)}, func(w *write) error {
		org, err := organizationFor(w, w.snap, c, change, id)
		if err != nil {
			return err
		}
		m, exists, err := membershipOf(w, id, user.ID)
		switch {
		case err != nil || exists && m.Status == access.MembershipActive:
			return err
		case !exists:
			m = s.newMembership(id, user.ID)
		default:
			m.Status, m.Updated = access.MembershipActive, s.after(m.Updated)
		}
		if err := put(w, store.Memberships, string(m.ID), &m); err != nil {
			return err
		}
		root, err := rootOf(w, &org)
		if err != nil {
			return err
		}
		return s.keepRole(w, c.Realm, &m, &root)
	})
}
