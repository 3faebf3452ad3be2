package authz

import (
	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/engine"
)

// What a caller may do to this server is decided by the same engine as
// everything else, on the resources that begin with "Authress:".
const (
	recordsArea  = "Authress:AccessRecords"
	requestsArea = "Authress:AccessRequests"
	invitesArea  = "Authress:Invites"
	rolesArea    = "Authress:Roles"
	groupsArea   = "Authress:Groups"
	settingsArea = "Authress:ResourcePermissions" // of resources
	clientsArea  = "Authress:ServiceClients"
	usersArea    = "Authress:UserPermissions"

	peopleArea        = "Authress:Users" // what is known of users
	organizationsArea = "Authress:Connections"
	configurationArea = "Authress:Configuration"
	eventsArea        = "Authress:Events"   // what has happened to everything
	webhooksArea      = "Authress:Webhooks" // whom it is told
	realmsArea        = "Authress:Realms"   // of the server; counts in the default realm alone
)

// The actions on those resources. Deleting is covered by update.
const (
	read   access.Permission = "read"
	create access.Permission = "create"
	change access.Permission = "update"
)

// may reports whether the caller may do the action to one object of an area.
// The object's id stands in the resource as it is: a slash in it makes further
// segments, so a grant on its beginning covers it, as everywhere.
func may(snap *engine.Snapshot, c access.Caller, do access.Permission, area, id string) bool {
	return snap.Check(access.Query{
		Subject: c.Subject, Permission: do, Resource: access.ResourceURI(area + "/" + id),
	})
}

// mayAll reports whether the caller may do the action to the whole area. A
// grant on the area or on everything in it ("Authress:Roles/*") is enough:
// both are in use for the right to list and create.
func mayAll(snap *engine.Snapshot, c access.Caller, do access.Permission, area string) bool {
	return may(snap, c, do, area, "*")
}

// need returns the error for a caller who may not do the action to an object of
// the area, or, with an empty id, to the area as a whole; nil if it may.
func need(snap *engine.Snapshot, c access.Caller, do access.Permission, area, id string) error {
	if id == "" {
		id = "*"
	}
	if !may(snap, c, do, area, id) {
		return deny(snap, c)
	}
	return nil
}

// deny is the error for a caller who may not. Who holds nothing at all in the
// realm is not told whether the object exists.
func deny(snap *engine.Snapshot, c access.Caller) error {
	if c.Subject.Kind == access.ClientKind || snap.HasGrants(c.Subject) {
		return access.Errorf(access.Forbidden, "the caller does not have sufficient access for this")
	}
	return access.Errorf(access.NotFound, "not found")
}

// mayAsk reports whether the caller may ask what the subject may do.
func mayAsk(snap *engine.Snapshot, c access.Caller, about access.Subject) bool {
	return about == c.Subject || c.ChecksUsers || may(snap, c, read, usersArea, about.ID)
}

// isAdmin reports whether the caller is among an object's administrators.
func isAdmin(c access.Caller, admins []access.Subject) bool {
	for _, a := range admins {
		if a == c.Subject {
			return true
		}
	}
	return false
}
