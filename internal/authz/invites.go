package authz

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"time"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
	"github.com/reeve-authz/reeve/internal/store"
)

// InviteExpiry says when an invite ends: after a time, or at one. Its zero
// value is after access.DefaultInviteLife.
type InviteExpiry struct {
	After time.Duration
	At    time.Time
}

// createInvites is the right to make invites that end at another time than by
// default, and such that give nothing. Source: the Authress documentation, for
// the former.
const createInvites access.Permission = "invites:create"

// CreateInvite makes an invite and returns its id, which is kept nowhere: who
// shows it first gets what the statements give. The caller needs the authority
// to grant all of it, now; nobody looks again when the invite is accepted. An
// expiry other than the default takes a right of its own, and so does an invite
// that gives nothing, as anybody could make those. It is a Conflict error if the
// caller has access.MaxLiveInvites already. Those that have expired are removed.
func (s *Service) CreateInvite(ctx context.Context, c access.Caller, inv access.Invite, expiry InviteExpiry) (_ access.Invite, id string, err error) {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	id = "inv_" + base64.RawURLEncoding.EncodeToString(secret)
	inv.Hash, inv.Creator, inv.Created = inviteKey(id), c.Subject, s.now()
	switch {
	case !expiry.At.IsZero():
		inv.Expires = expiry.At.UTC().Truncate(time.Millisecond)
	case expiry.After != 0:
		inv.Expires = inv.Created.Add(expiry.After)
	default:
		inv.Expires = inv.Created.Add(access.DefaultInviteLife)
	}
	if err := inv.Validate(); err != nil {
		return access.Invite{}, "", err
	}
	err = s.update(ctx, c, action{"create", store.Invites.Kind, inv.Hash}, func(w *write) error {
		gives := access.Record{Status: access.RecordActive, Statements: inv.Statements}
		if err := mayGrant(w, c, &access.Record{}, &gives); err != nil {
			return err
		}
		byDefault := inv.Expires.Equal(inv.Created.Add(access.DefaultInviteLife))
		if !byDefault && !mayAll(w.snap, c, createInvites, invitesArea) {
			return access.Errorf(access.Forbidden, "expiryTime: another one than the default takes Invites:Create on %s", invitesArea)
		}
		if len(inv.Statements) == 0 && !mayAll(w.snap, c, createInvites, invitesArea) {
			return access.Errorf(access.Forbidden, "statements: an invite without any takes Invites:Create on %s", invitesArea)
		}
		if err := s.makeRoom(w, c.Subject); err != nil {
			return err
		}
		return put(w, store.Invites, inv.Hash, &inv)
	})
	if err != nil {
		return access.Invite{}, "", err
	}
	return inv, id, nil
}

// makeRoom removes the creator's invites that have expired, and refuses if there
// are too many others.
func (s *Service) makeRoom(w *write, creator access.Subject) error {
	live := 0
	err := eachOf(w, store.Invites, store.BySubject, creator.String(), func(hash string, inv *access.Invite) error {
		if s.expired(inv) {
			return remove(w, store.Invites, hash)
		}
		live++
		return nil
	})
	if err == nil && live >= access.MaxLiveInvites {
		err = access.Errorf(access.Conflict, "the caller has %d invites already that were not accepted; delete one, or wait until one expires", live)
	}
	return err
}

// inviteKey is what is kept of an invite's id, in the store and in the audit
// trail. Ids are random, so that a plain hash does not help to guess one.
func inviteKey(id string) string {
	hash := sha256.Sum256([]byte(id))
	return hex.EncodeToString(hash[:])
}

func errNoInvite() error {
	return access.Errorf(access.NotFound, "no such invite: it does not exist, has expired, or was accepted")
}

// Invite returns an invite that can still be accepted to who made it or may
// read invites. Who merely holds the id may accept it, not read it.
func (s *Service) Invite(ctx context.Context, c access.Caller, id string) (access.Invite, error) {
	inv, err := readable(ctx, s, c, store.Invites, invitesArea, inviteKey(id), mayReadInvite)
	if errors.Is(err, access.NotFound) || err == nil && s.expired(&inv) {
		err = errNoInvite()
	}
	if err != nil {
		return access.Invite{}, err
	}
	return inv, nil
}

func mayReadInvite(snap *engine.Snapshot, c access.Caller, inv *access.Invite) bool {
	return inv.Creator == c.Subject || may(snap, c, read, invitesArea, inv.Hash)
}

func (s *Service) expired(inv *access.Invite) bool { return !s.now().Before(inv.Expires) }

// DeleteInvite removes an invite, expired or not, for who made it or may update
// invites.
func (s *Service) DeleteInvite(ctx context.Context, c access.Caller, id string) error {
	key := inviteKey(id)
	return s.update(ctx, c, action{"delete", store.Invites.Kind, key}, func(w *write) error {
		inv, exists, err := find(w, store.Invites, key)
		if err != nil {
			return err
		}
		if inv.Creator != c.Subject && !may(w.snap, c, change, invitesArea, key) {
			return deny(w.snap, c)
		}
		if !exists {
			return errNoInvite()
		}
		return remove(w, store.Invites, key)
	})
}

// AcceptInvite gives the caller, whoever that is, what the invite with the id
// gives, and ends the invite. The write rests on the authority of the invite's
// creator, as the audit trail says. It is a NotFound error if there is no such
// invite any more.
func (s *Service) AcceptInvite(ctx context.Context, c access.Caller, id string) error {
	key := inviteKey(id)
	return s.update(ctx, c, action{"accept", store.Invites.Kind, key}, func(w *write) error {
		inv, exists, err := find(w, store.Invites, key)
		if err != nil {
			return err
		}
		if !exists || s.expired(&inv) {
			return errNoInvite()
		}
		w.authority = inv.Creator
		if err := s.giveInvited(w, c, &inv); err != nil {
			return err
		}
		return remove(w, store.Invites, key)
	})
}
