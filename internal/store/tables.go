package store

import (
	"slices"

	"github.com/reeve-authz/reeve/internal/access"
	"github.com/reeve-authz/reeve/internal/audit"
)

// Every kind of document that there is, and what finds it besides its id.
var (
	Realms        = Table[access.Realm]{Kind: "realm"} // one a realm, under the realm's id
	Roles         = Table[access.Role]{Kind: "role"}
	Groups        = Table[access.Group]{Kind: "group", Indexes: []Index[access.Group]{{BySubject, groupSubjects}}}
	Records       = Table[access.Record]{Kind: "record", Indexes: []Index[access.Record]{{BySubject, recordSubjects}, {ByResource, recordResources}, {ByRole, recordRoles}}}
	Settings      = Table[access.ResourceSettings]{Kind: "resource_settings"} // under the resource
	Requests      = Table[access.AccessRequest]{Kind: "access_request", Indexes: []Index[access.AccessRequest]{{BySubject, requester}, {ByOpen, openRequester}}}
	Invites       = Table[access.Invite]{Kind: "invite", Indexes: []Index[access.Invite]{{BySubject, inviteCreator}}} // under the hash of the id
	Clients       = Table[access.ServiceClient]{Kind: "client"}
	APIKeys       = Table[access.APIKey]{Kind: "api_key"}
	Users         = Table[access.User]{Kind: "user", Indexes: []Index[access.User]{{BySubject, userSubject}}}
	Issuers       = Table[access.Issuer]{Kind: "issuer"}
	Organizations = Table[access.Organization]{Kind: "organization"}
	Memberships   = Table[access.Membership]{Kind: "membership", Indexes: []Index[access.Membership]{{ByOrganization, membershipOrganization}, {ByUser, membershipUser}}}
	Audit         = Table[audit.Entry]{Kind: "audit"} // under the revision of the commit, in 16 hexadecimal digits
)

// The names of indexes.
const (
	BySubject      = "subject"      // what names a subject, as its String
	ByResource     = "resource"     // active records that name a resource, in normal form
	ByRole         = "role"         // active records that name a role
	ByOpen         = "open"         // open access requests of a subject
	ByOrganization = "organization" // memberships of an organization
	ByUser         = "user"         // memberships of a user
)

func groupSubjects(_ string, g *access.Group) []string {
	return texts(g.Members, g.Admins)
}

func recordSubjects(_ string, r *access.Record) []string {
	lists := [][]access.Subject{r.Subjects, r.Admins}
	for _, st := range r.Statements {
		lists = append(lists, st.Subjects)
	}
	return texts(lists...)
}

// texts are the subjects, each once.
func texts(lists ...[]access.Subject) []string {
	var all []string
	for _, list := range lists {
		for _, s := range list {
			all = append(all, s.String())
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func recordResources(_ string, r *access.Record) []string {
	if r.Status != access.RecordActive {
		return nil
	}
	var all []string
	for _, st := range r.Statements {
		for _, written := range st.Resources {
			if uri, err := access.ParseResourceURI(written); err == nil {
				all = append(all, string(uri))
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func recordRoles(_ string, r *access.Record) []string {
	if r.Status != access.RecordActive {
		return nil
	}
	var all []string
	for _, st := range r.Statements {
		for _, id := range st.Roles {
			all = append(all, string(id))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func userSubject(_ string, u *access.User) []string { return []string{u.Subject().String()} }

func requester(_ string, r *access.AccessRequest) []string { return []string{r.Requester.String()} }

func openRequester(id string, r *access.AccessRequest) []string {
	if r.Status != access.RequestOpen {
		return nil
	}
	return requester(id, r)
}

func inviteCreator(_ string, i *access.Invite) []string { return []string{i.Creator.String()} }

func membershipOrganization(_ string, m *access.Membership) []string {
	return []string{string(m.Organization)}
}

func membershipUser(_ string, m *access.Membership) []string { return []string{m.User} }
