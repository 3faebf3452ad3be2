package authz

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// itself is who acts when the server writes what it has seen, for nobody.
var itself = access.Subject{Kind: "operator", ID: "server"}

// errNoNews ends a write that another one has made needless, without a commit.
var errNoNews = errors.New("nothing new")

// SawUser keeps what a verified token says of its user, where that is new. A
// failure is the operator's: the user is proved all the same. It is told when a
// token is verified, not at every request, and writes only what changed.
func (s *Service) SawUser(ctx context.Context, realm access.RealmID, seen access.User) {
	// The write is not the caller's: it is made whether it still waits or not.
	ctx = context.WithoutCancel(ctx)
	c := access.Caller{Realm: realm, Subject: itself}
	known, err := get(ctx, s, c, store.Users, seen.ID)
	fresh := errors.Is(err, access.NotFound)
	if err == nil && !known.Learn(seen) {
		return
	}
	if err == nil || fresh {
		err = s.update(ctx, c, action{"see", store.Users.Kind, seen.ID}, func(w *write) error {
			user, exists, err := find(w, store.Users, seen.ID)
			if err != nil {
				return err
			}
			if !exists {
				user = access.User{ID: seen.ID, Created: s.now()}
			}
			if news := user.Learn(seen); exists && !news {
				return errNoNews
			}
			user.Updated = s.after(user.Updated)
			return put(w, store.Users, user.ID, &user)
		})
	}
	if err != nil && !errors.Is(err, errNoNews) {
		s.log.Error("a user that a token names could not be kept", "realm", realm, "user", seen.ID, "err", err)
	}
}

// UserFilter selects users. Its zero value selects all.
type UserFilter struct {
	Text         string                // contained in the id, the name or the email
	Organization access.OrganizationID // of which they are members
}

func (f UserFilter) matches(u *access.User) bool { return matches(f.Text, u.ID, u.Name, u.Email) }

// Users returns a page of the users that are known and that the caller may
// read; of those of an organization, only to who may read every user. It is a
// Forbidden or NotFound error if the caller may read none at all.
func (s *Service) Users(ctx context.Context, c access.Caller, f UserFilter, p Page) ([]access.User, string, error) {
	if f.Organization == "" {
		return listReadable(ctx, s, c, store.Users, peopleArea, p, mayReadUser, f.matches)
	}
	snap, err := s.feed.Snapshot(c.Realm)
	if err != nil {
		return nil, "", err
	}
	if !mayAll(snap, c, read, peopleArea) {
		return nil, "", deny(snap, c)
	}
	var users []access.User
	next := ""
	err = s.store.View(ctx, c.Realm, 0, func(r store.Reader) error {
		users, next, err = members(r, f, p)
		return err
	})
	return users, next, err
}

func mayReadUser(snap *engine.Snapshot, c access.Caller, u *access.User) bool {
	return u.Subject() == c.Subject || may(snap, c, read, peopleArea, u.ID)
}

// members returns a page of an organization's users, in the order in which they
// became its members, those included of whom nothing else is known. Its cursor
// is the id of a membership.
func members(r store.Reader, f UserFilter, p Page) ([]access.User, string, error) {
	users, after := make([]access.User, 0, p.Limit), p.After
	for looked := 0; looked < listReach; looked += listChunk {
		rows, err := store.Memberships.List(r, store.ListQuery{
			Index: store.ByOrganization, Value: string(f.Organization), Limit: listChunk,
			After: after,
		})
		if err != nil {
			return nil, "", fmt.Errorf("listing members of %q: %w", f.Organization, err)
		}
		for i := range rows {
			user, err := knownUser(r, &rows[i].Doc)
			if err != nil {
				return nil, "", err
			}
			if !f.matches(&user) {
				continue
			}
			if len(users) == p.Limit {
				return users, after, nil
			}
			users, after = append(users, user), rows[i].ID
		}
		if len(rows) < listChunk {
			return users, "", nil
		}
		after = rows[len(rows)-1].ID
	}
	return users, after, nil
}

// User returns what is known of a user, to the user and who may read it.
func (s *Service) User(ctx context.Context, c access.Caller, subject access.Subject) (access.User, error) {
	if subject != c.Subject {
		snap, err := s.feed.Snapshot(c.Realm)
		if err != nil {
			return access.User{}, err
		}
		if !may(snap, c, read, peopleArea, subject.ID) {
			return access.User{}, deny(snap, c)
		}
	}
	if subject.Kind != access.UserKind {
		return access.User{}, errNoUser(subject)
	}
	u, err := get(ctx, s, c, store.Users, subject.ID)
	if errors.Is(err, access.NotFound) {
		return access.User{}, errNoUser(subject)
	}
	return u, err
}

func errNoUser(subject access.Subject) error {
	return errNo("User", subject.ID)
}

// SetUserClaims keeps the claims that callers want in tokens for the user, two
// JSON objects. This server issues no tokens.
func (s *Service) SetUserClaims(ctx context.Context, c access.Caller, subject access.Subject, accessToken, identity []byte) (access.User, error) {
	var user access.User
	err := s.update(ctx, c, action{"set claims", store.Users.Kind, subject.ID}, func(w *write) error {
		if !may(w.snap, c, change, peopleArea, subject.ID) {
			return deny(w.snap, c)
		}
		var exists bool
		var err error
		if user, exists, err = find(w, store.Users, subject.ID); err != nil {
			return err
		}
		if !exists {
			return errNoUser(subject)
		}
		user.AccessTokenClaims, user.IdentityClaims = accessToken, identity
		user.Updated = s.after(user.Updated)
		if err := user.Validate(); err != nil {
			return err
		}
		return put(w, store.Users, user.ID, &user)
	})
	return user, err
}

// DeleteUser removes a user from every record, group and organization, and
// what is known of the user, in one commit, with the invites that the user made
// and what the user asks for. What others hold does not change: a record or
// statement that has no subject left gives nobody anything.
//
// The user can be seen again: a token of a trusted issuer that is still good
// proves the same user, who then holds nothing and has left no invite to accept.
func (s *Service) DeleteUser(ctx context.Context, c access.Caller, subject access.Subject) error {
	return s.update(ctx, c, action{"delete", store.Users.Kind, subject.ID}, func(w *write) error {
		if !may(w.snap, c, change, peopleArea, subject.ID) {
			return deny(w.snap, c)
		}
		if subject.Kind != access.UserKind {
			return access.Errorf(access.NotFound, "%q is a service client; delete it as one", subject.ID)
		}
		if err := s.expel(w, subject); err != nil {
			return err
		}
		_, exists, err := find(w, store.Users, subject.ID)
		if err == nil && exists {
			err = remove(w, store.Users, subject.ID)
		}
		if err == nil && len(w.made) == 0 {
			err = errNoUser(subject)
		}
		if err != nil {
			return err
		}
		return keepOwner(w)
	})
}

// expel takes a user out of everything that names it, deleted records included:
// they keep their content, and can be revived.
func (s *Service) expel(w *write, user access.Subject) error {
	err := eachOf(w, store.Records, store.BySubject, user.String(), func(id string, rec *access.Record) error {
		rec.Subjects, rec.Admins = without(rec.Subjects, user), without(rec.Admins, user)
		for i := range rec.Statements {
			rec.Statements[i].Subjects = without(rec.Statements[i].Subjects, user)
		}
		rec.Updated = s.after(rec.Updated)
		return put(w, store.Records, id, rec)
	})
	if err != nil {
		return err
	}
	err = eachOf(w, store.Groups, store.BySubject, user.String(), func(id string, g *access.Group) error {
		g.Members, g.Admins = without(g.Members, user), without(g.Admins, user)
		g.Updated = s.after(g.Updated)
		return put(w, store.Groups, id, g)
	})
	if err != nil {
		return err
	}
	err = eachOf(w, store.Memberships, store.ByUser, user.ID, func(_ string, m *access.Membership) error {
		return removeMembership(w, m)
	})
	if err != nil {
		return err
	}
	return s.withdraw(w, user)
}

// withdraw ends what rests on a subject that goes: its invites, which would give
// by the authority that it had, to itself too, and its open access requests.
func (s *Service) withdraw(w *write, gone access.Subject) error {
	err := eachOf(w, store.Invites, store.BySubject, gone.String(), func(hash string, _ *access.Invite) error {
		return remove(w, store.Invites, hash)
	})
	if err != nil {
		return err
	}
	return eachOf(w, store.Requests, store.ByOpen, gone.String(), func(id string, req *access.AccessRequest) error {
		req.Status, req.Updated = access.RequestDeleted, s.after(req.Updated)
		return put(w, store.Requests, id, req)
	})
}

// without keeps the order of the others.
func without(list []access.Subject, gone access.Subject) []access.Subject {
	return slices.DeleteFunc(list, func(s access.Subject) bool { return s == gone })
}
