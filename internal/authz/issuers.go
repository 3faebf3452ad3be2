package authz

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/authn"
	"github.com/reeve-authz/reeve/internal/store"
)

// Issuers returns the issuers that the realm trusts: all of them, as there are
// at most access.MaxIssuers.
func (s *Service) Issuers(ctx context.Context, c access.Caller) ([]access.Issuer, error) {
	snap, err := s.feed.Snapshot(c.Realm)
	if err != nil {
		return nil, err
	}
	if !mayAll(snap, c, read, configurationArea) {
		return nil, deny(snap, c)
	}
	all, _, err := list(ctx, s, c, store.Issuers, store.ListQuery{}, Page{Limit: access.MaxIssuers}, func(*access.Issuer) bool { return true })
	return all, err
}

// Registration names an issuer to trust: by itself, or by one of its tokens.
type Registration struct {
	Token    string // a sample; only its issuer and audience are read
	Issuer   string // if there is no Token
	Audience string // empty: the Token's, or any
	UserID   string // empty: access.DefaultUserExpression
}

// issuer is what is registered, still without an id.
func (reg Registration) issuer() (access.Issuer, error) {
	if (reg.Token == "") == (reg.Issuer == "") {
		return access.Issuer{}, access.Errorf(access.Invalid, "set either jwt or issuer")
	}
	i := access.Issuer{URL: reg.Issuer, Audience: reg.Audience, UserID: reg.UserID}
	if reg.Token != "" {
		url, audiences, err := authn.ReadSample(reg.Token)
		if err != nil {
			return access.Issuer{}, access.Errorf(access.Invalid, "jwt: %v", err)
		}
		i.URL = url
		switch {
		case i.Audience == "" && len(audiences) == 1:
			i.Audience = audiences[0]
		case i.Audience == "":
			return access.Issuer{}, access.Errorf(access.Invalid, "preferredAudience: the token has %d audiences; say which one counts", len(audiences))
		case i.Audience != access.AnyAudience && !slices.Contains(audiences, i.Audience):
			return access.Issuer{}, access.Errorf(access.Invalid, "preferredAudience: the token is not for %q", i.Audience)
		}
	}
	if i.Audience == "" {
		i.Audience = access.AnyAudience
	}
	if i.UserID == "" {
		i.UserID = access.DefaultUserExpression
	}
	if err := i.Validate(); err != nil {
		return access.Issuer{}, err
	}
	return i, nil
}

// RegisterIssuer makes the realm accept the tokens of an issuer for an
// audience. Registering the two again replaces how users are named. Nothing is
// fetched from the issuer until it is needed.
//
// Whoever may do this can act as any user, so it is as much trust as owning the
// account. It is a Conflict error if another realm trusts the issuer for the
// audience already: a token that two realms accept is refused by both, so one
// realm could lock the users of another out.
func (s *Service) RegisterIssuer(ctx context.Context, c access.Caller, reg Registration) error {
	issuer, invalid := reg.issuer()
	issuer.ID, issuer.Created = issuerID(issuer), s.now()
	s.acrossRealms.Lock()
	defer s.acrossRealms.Unlock()
	return s.update(ctx, c, action{"register", store.Issuers.Kind, string(issuer.ID)}, func(w *write) error {
		// The right comes first: what is refused of an issuer tells which hosts
		// the operator lets the server reach.
		if !mayAll(w.snap, c, change, configurationArea) {
			return deny(w.snap, c)
		}
		if invalid != nil {
			return invalid
		}
		if err := s.out.Check(issuer.URL); err != nil {
			return access.Errorf(access.Invalid, "issuer: %v", err)
		}
		old, exists, err := find(w, store.Issuers, string(issuer.ID))
		if err != nil {
			return err
		}
		if s.dir.TrustedElsewhere(c.Realm, issuer) {
			return access.Errorf(access.Conflict, "another account of this server trusts the issuer for this audience; register it with an audience of its own")
		}
		if exists {
			issuer.Created = old.Created
		} else if err := roomForIssuer(w); err != nil {
			return err
		}
		return put(w, store.Issuers, string(issuer.ID), &issuer)
	})
}

// issuerID is the same for the same issuer and audience, whatever they hold.
func issuerID(i access.Issuer) access.IssuerID {
	hash := sha256.Sum256(fmt.Appendf(nil, "%d:%s%s", len(i.URL), i.URL, i.Audience))
	return access.IssuerID("iss_" + hex.EncodeToString(hash[:16]))
}

func roomForIssuer(w *write) error {
	all, err := store.Issuers.List(w, store.ListQuery{Limit: access.MaxIssuers})
	if err != nil {
		return fmt.Errorf("listing issuers: %w", err)
	}
	if len(all) >= access.MaxIssuers {
		return access.Errorf(access.Conflict, "the account has %d identities already", access.MaxIssuers)
	}
	return nil
}
