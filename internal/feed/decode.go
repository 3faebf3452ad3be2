package feed

import (
	"fmt"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/store"
)

// What snapshots or listeners are made of, by how it is loaded. The other kinds
// (the audit trail) pass by.
var (
	// small are the kinds that listeners are told of when a realm is loaded, and
	// of which a saved snapshot has nothing.
	small = []store.Kind{
		store.Realms.Kind, store.Roles.Kind, store.Settings.Kind,
		store.Clients.Kind, store.APIKeys.Kind, store.Issuers.Kind, store.Webhooks.Kind,
	}
	// packable are the kinds that there can be millions of.
	packable = []store.Kind{
		store.Groups.Kind, store.GroupMembers.Kind, store.Memberships.Kind,
		store.Resources.Kind, store.Records.Kind, store.Assignments.Kind,
	}
)

func appendChanges(changes []access.Change, docs []store.Document) ([]access.Change, error) {
	for _, d := range docs {
		c, err := decode(d)
		if err != nil {
			return nil, err
		}
		if c.ID != nil {
			changes = append(changes, c)
		}
	}
	return changes, nil
}

// Changes are the documents in the core's words, those that snapshots are made
// of.
func Changes(docs []store.Document) ([]access.Change, error) {
	return appendChanges(nil, docs)
}

// decode turns a version of a document into a Change; its ID is nil if the
// kind is not followed.
func decode(d store.Document) (access.Change, error) {
	switch d.Kind {
	case store.Realms.Kind:
		return change(store.Realms, access.RealmID(d.ID), d)
	case store.Roles.Kind:
		return change(store.Roles, access.RoleID(d.ID), d)
	case store.Groups.Kind:
		return change(store.Groups, access.GroupID(d.ID), d)
	case store.GroupMembers.Kind:
		return change(store.GroupMembers, access.GroupMemberID(d.ID), d)
	case store.Memberships.Kind:
		return change(store.Memberships, access.MembershipID(d.ID), d)
	case store.Resources.Kind:
		return change(store.Resources, access.ResourceID(d.ID), d)
	case store.Assignments.Kind:
		return change(store.Assignments, access.AssignmentID(d.ID), d)
	case store.Records.Kind:
		return change(store.Records, access.RecordID(d.ID), d)
	case store.Settings.Kind:
		return change(store.Settings, access.ResourceURI(d.ID), d)
	case store.Issuers.Kind:
		return change(store.Issuers, access.IssuerID(d.ID), d)
	case store.Clients.Kind:
		return change(store.Clients, access.ClientID(d.ID), d)
	case store.APIKeys.Kind:
		return change(store.APIKeys, access.APIKeyID(d.ID), d)
	case store.Webhooks.Kind:
		return change(store.Webhooks, access.WebhookID(d.ID), d)
	}
	return access.Change{}, nil
}

func change[T any](t store.Table[T], id any, d store.Document) (access.Change, error) {
	doc, err := t.Decode(d)
	if err != nil || doc == nil {
		return access.Change{ID: id}, err // not a typed nil: Document must compare equal to nil
	}
	return access.Change{ID: id, Document: doc}, nil
}

// place is where the store keeps a document of a packable kind.
func place(id any) (kind store.Kind, key string, err error) {
	switch id := id.(type) {
	case access.GroupID:
		return store.Groups.Kind, string(id), nil
	case access.GroupMemberID:
		return store.GroupMembers.Kind, string(id), nil
	case access.MembershipID:
		return store.Memberships.Kind, string(id), nil
	case access.ResourceID:
		return store.Resources.Kind, string(id), nil
	case access.RecordID:
		return store.Records.Kind, string(id), nil
	case access.AssignmentID:
		return store.Assignments.Kind, string(id), nil
	}
	return "", "", fmt.Errorf("no snapshot is packed of %T", id)
}
