package authz

import (
	"context"
	"maps"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// Reasons of errors about users, as the WorkOS API names them.
const (
	UserCreationError access.Reason = "user_creation_error"
	EmailUnavailable  access.Reason = "email_not_available"
	InvalidEmail      access.Reason = "invalid_email"
)

// UserQuery selects users. Its zero value selects all.
type UserQuery struct {
	Email        string                // without regard to case
	Organization access.OrganizationID // of which they are members, be it inactive ones
}

// FindUsers returns a part of the users that are known and that the caller may
// read: those of an organization, which the caller must be able to read, too, in
// the order in which they became members. It is a Forbidden or NotFound error if
// the caller may read none at all.
func (s *Service) FindUsers(ctx context.Context, c access.Caller, q UserQuery, win Window) (found Slice[access.User], err error) {
	err = s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		mayRead, err := readerOf(snap, c, peopleArea)
		if err == nil && q.Organization != "" {
			_, err = organizationFor(r, snap, c, read, q.Organization)
		}
		switch {
		case err != nil:
			return err
		case q.Email != "":
			found, err = usersByEmail(r, q, mayRead, win)
		case q.Organization != "":
			found, err = usersOf(r, q.Organization, mayRead, win)
		default:
			found, err = window(r, store.Users, selection[access.User]{keepID: mayRead}, win)
		}
		return err
	})
	return found, err
}

// usersByEmail returns the users who have an email address: one, or some that
// tokens named.
func usersByEmail(r store.Reader, q UserQuery, mayRead func(string) bool, win Window) (Slice[access.User], error) {
	all, err := every(r, store.Users, store.ByEmail, strings.ToLower(q.Email))
	if err != nil {
		return Slice[access.User]{}, err
	}
	var kept []access.User
	for _, u := range all {
		member := q.Organization == ""
		if !member {
			if _, member, err = membershipOf(r, q.Organization, u.ID); err != nil {
				return Slice[access.User]{}, err
			}
		}
		if member && mayRead(u.ID) {
			kept = append(kept, u)
		}
	}
	return windowOf(kept, func(u *access.User) string { return u.ID }, win), nil
}

// usersOf returns the users of an organization. The window names users, and the
// list is one of memberships.
func usersOf(r store.Reader, org access.OrganizationID, mayRead func(string) bool, win Window) (found Slice[access.User], err error) {
	for _, cursor := range []*string{&win.After, &win.Before} {
		m, _, err := membershipOf(r, org, *cursor)
		if err != nil {
			return found, err
		}
		*cursor = string(m.ID) // none if that is no member
	}
	sel := selection[access.Membership]{index: store.ByOrganization, value: string(org), keep: func(m *access.Membership) bool { return mayRead(m.User) }}
	places, err := window(r, store.Memberships, sel, win)
	if err != nil {
		return found, err
	}
	found.Items = make([]access.User, len(places.Items))
	for i, m := range places.Items {
		if found.Items[i], err = knownUser(r, &m); err != nil {
			return found, err
		}
	}
	for _, cursor := range []struct {
		membership string
		user       *string
	}{{places.Previous, &found.Previous}, {places.Next, &found.Next}} {
		if cursor.membership == "" {
			continue
		}
		m, err := membershipByID(r, access.MembershipID(cursor.membership))
		if err != nil {
			return found, err
		}
		*cursor.user = m.User
	}
	return found, nil
}

// knownUser is what is known of the user of a membership.
func knownUser(r store.Reader, m *access.Membership) (access.User, error) {
	user, exists, err := find(r, store.Users, m.User)
	if err == nil && !exists {
		user = access.User{ID: m.User, Created: m.Created}
	}
	return user, err
}

// userFor reads a user who is known, for who may do the action to the user.
// Whoever may not is refused in the same way whether the user is known or not.
func userFor(r store.Reader, snap *engine.Snapshot, c access.Caller, do access.Permission, id string) (access.User, error) {
	if err := need(snap, c, do, peopleArea, id); err != nil {
		return access.User{}, err
	}
	return existing(r, store.Users, "User", id)
}

// UserByExternalID returns the user that an application knows by an id of its
// own.
func (s *Service) UserByExternalID(ctx context.Context, c access.Caller, externalID string) (user access.User, err error) {
	err = s.view(ctx, c, func(r store.Reader, snap *engine.Snapshot) error {
		var exists bool
		if user, exists, err = one(r, store.Users, store.ByExternalID, externalID); err != nil {
			return err
		}
		if err := need(snap, c, read, peopleArea, user.ID); err != nil {
			return err
		}
		if !exists {
			return errNo("User", externalID)
		}
		return nil
	})
	return user, err
}

// CreateUser makes a user that is known by an email address. It is an Invalid
// error with the reason UserCreationError, and with what is the matter among its
// causes, if another user has the address or the external id.
func (s *Service) CreateUser(ctx context.Context, c access.Caller, u access.User) (access.User, error) {
	u.ID, u.Created = s.newID("user_"), s.now()
	u.Updated = u.Created
	if !access.IsEmail(u.Email) {
		return access.User{}, access.FieldErrorf("email", InvalidEmail, "email must be an email address")
	}
	if err := u.Validate(); err != nil {
		return access.User{}, err
	}
	err := s.update(ctx, c, action{"create", store.Users.Kind, u.ID}, func(w *write) error {
		if err := need(w.snap, c, create, peopleArea, u.ID); err != nil {
			return err
		}
		if taken, err := taken(w, &u, &access.User{}); err != nil {
			return err
		} else if taken != nil {
			refusal := access.Errorf(access.Invalid, "Could not create user. %s", taken.Message).Because(UserCreationError)
			refusal.Causes = []*access.Error{taken}
			return refusal
		}
		return put(w, store.Users, u.ID, &u)
	})
	return u, err
}

// EditUser changes what edit changes of what is known of a user: not the id, the
// time it was made, or its claims. An email address that changes is not verified
// unless edit says so. It is an Invalid error with a reason of its own if the
// email address is none, or if another user has it or the external id. edit may
// be called more than once.
func (s *Service) EditUser(ctx context.Context, c access.Caller, id string, edit func(*access.User)) (access.User, error) {
	var user access.User
	err := s.update(ctx, c, action{"update", store.Users.Kind, id}, func(w *write) error {
		old, err := userFor(w, w.snap, c, change, id)
		if err != nil {
			return err
		}
		user = old
		user.Metadata = maps.Clone(old.Metadata)
		edit(&user)
		user.ID, user.Created, user.Updated = old.ID, old.Created, s.after(old.Updated)
		user.AccessTokenClaims, user.IdentityClaims = old.AccessTokenClaims, old.IdentityClaims
		if user.Email != old.Email && !access.IsEmail(user.Email) {
			return access.Errorf(access.Invalid, "email must be an email address").Because(InvalidEmail)
		}
		if err := user.Validate(); err != nil {
			return err
		}
		if taken, err := taken(w, &user, &old); err != nil {
			return err
		} else if taken != nil {
			return taken
		}
		return put(w, store.Users, id, &user)
	})
	return user, err
}

// taken is the error that says what another user has of that which only one may
// have, and which the user did not have before; nil if there is none. Users whom
// tokens name may share an email address already.
func taken(r store.Reader, u, before *access.User) (*access.Error, error) {
	for _, unique := range []struct {
		index, value, had, what string
		reason                  access.Reason
	}{
		{store.ByEmail, strings.ToLower(u.Email), strings.ToLower(before.Email), "email address", EmailUnavailable},
		{store.ByExternalID, u.ExternalID, before.ExternalID, "external id", ExternalIDUsed},
	} {
		if unique.value == "" || unique.value == unique.had {
			continue
		}
		others, err := every(r, store.Users, unique.index, unique.value)
		if err != nil {
			return nil, err
		}
		for _, other := range others {
			if other.ID != u.ID {
				return access.Errorf(access.Invalid, "Another user has the %s %q.", unique.what, unique.value).Because(unique.reason), nil
			}
		}
	}
	return nil, nil
}
