package authz

import (
	"fmt"
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// everything is the resource whose owners own the realm.
const everything access.ResourceURI = "*"

// keepOwner refuses a realm that nobody owns. Every change that can take the
// last owner away calls it in its transaction, after the change: of records,
// groups, clients and their keys, and users. It is a Conflict error with the
// reason LastOwner.
//
// An owner has the role Authress:Owner on "*" by an active record, directly or
// through groups. A client counts while it has an access key, or an API key
// without an end; a user counts always, as others than this server prove users.
// Another role that gives as much does not count, as one change of the role
// would take it from everybody.
//
// An operator gets around it with Recover.
func keepOwner(w *write) error {
	seen := map[access.Subject]bool{}
	q := store.ListQuery{Index: store.ByResource, Value: string(everything), Limit: listChunk}
	for {
		rows, err := store.Records.List(w, q)
		if err != nil {
			return fmt.Errorf("listing owners: %w", err)
		}
		for i := range rows {
			if can, err := anyCanAct(w, owners(&rows[i].Doc), seen); err != nil || can {
				return err
			}
		}
		if len(rows) < listChunk {
			return access.Errorf(access.Conflict,
				"this would leave the account without an owner: nobody else who can still act has the role %s on %s; give it to somebody first", access.OwnerRole, everything).Because(access.LastOwner)
		}
		q.After = rows[len(rows)-1].ID
	}
}

// owners are the subjects to whom the record gives ownership of the realm.
func owners(rec *access.Record) []access.Subject {
	var all []access.Subject
	givenOn(rec, everything, func(roles []access.RoleID, subjects []access.Subject) {
		if slices.Contains(roles, access.OwnerRole) {
			all = append(all, subjects...)
		}
	})
	return all
}

// anyCanAct reports whether one of the subjects, or a member of those that are
// groups, can still make requests. Groups in seen are not looked at again.
func anyCanAct(r store.Reader, todo []access.Subject, seen map[access.Subject]bool) (bool, error) {
	todo = slices.Clone(todo)
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[at] {
			continue
		}
		seen[at] = true
		switch at.Kind {
		case access.UserKind:
			return true, nil
		case access.ClientKind:
			if proved, err := canProve(r, access.ClientID(at.ID)); err != nil || proved {
				return err == nil, err
			}
		case access.GroupKind:
			group, exists, err := find(r, store.Groups, at.ID)
			if err != nil {
				return false, err
			}
			if exists {
				todo = append(todo, group.Members...)
			}
		}
	}
	return false, nil
}

// canProve reports whether a client has a key that does not end by itself.
func canProve(r store.Reader, id access.ClientID) (bool, error) {
	client, exists, err := find(r, store.Clients, string(id))
	if err != nil || !exists || len(client.Keys) > 0 {
		return exists && err == nil, err
	}
	keys, err := every(r, store.APIKeys, store.ByClient, string(id))
	return slices.ContainsFunc(keys, func(k access.APIKey) bool { return k.Expires.IsZero() }), err
}
