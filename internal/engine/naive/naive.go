// Package naive decides what package engine decides, by looping over
// everything and without any idea of the engine's. Tests compare the two.
package naive

import (
	"fmt"
	"slices"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
)

// State is every current document of a realm.
type State struct {
	AllRoles       []*access.Role
	AllGroups      []*access.Group
	AllMembers     []*access.GroupMember
	AllMemberships []*access.Membership
	AllResources   []*access.Resource
	AllRecords     []*access.Record
	AllAssignments []*access.Assignment
	Public         []access.ResourceURI // what is public
	Everyone       []access.Permission  // what that gives, beside the permission "public"
}

// Check reports whether the subject may do what the query asks.
func (s *State) Check(q access.Query) bool { return s.Holds(q, access.Allow) }

// Holds reports whether the subject has the permission with any flag in need.
func (s *State) Holds(q access.Query, need access.Flags) (held bool) {
	for _, p := range s.all(q.Subject, q.Resource) {
		held = held || p.Flags()&need != 0 && contains(p, q)
	}
	return held
}

// HoldsDirectly reports the same of statements that name exactly the resource.
func (s *State) HoldsDirectly(q access.Query, need access.Flags) (held bool) {
	s.each(q.Subject, func(st *access.Statement) {
		for _, p := range s.permissions(st) {
			held = held || names(st, q.Resource) && p.Flags()&need != 0 && contains(p, q)
		}
	})
	return held
}

func names(st *access.Statement, uri access.ResourceURI) bool {
	return slices.ContainsFunc(st.Resources, func(r string) bool { return strings.Trim(r, "/") == string(uri) })
}

// Permissions merges the permissions of all statements that cover the resource,
// except those of which only literal questions are.
func (s *State) Permissions(sub access.Subject, uri access.ResourceURI) (merged []access.RolePermission) {
	for _, p := range s.all(sub, uri) {
		i := slices.IndexFunc(merged, func(m access.RolePermission) bool { return m.Action == p.Action && m.Exact == p.Exact })
		if i < 0 && p.Flags() != 0 && (!p.Exact || !strings.Contains(p.Action, "*")) {
			merged = append(merged, p)
		} else if i >= 0 {
			m := &merged[i]
			m.Allow, m.Grant, m.Delegate = m.Allow || p.Allow, m.Grant || p.Grant, m.Delegate || p.Delegate
		}
	}
	order := func(p access.RolePermission) string { return fmt.Sprint(p.Action, " ", p.Exact) }
	slices.SortFunc(merged, func(a, b access.RolePermission) int { return strings.Compare(order(a), order(b)) })
	return merged
}

// Roles lists the roles of statements that name exactly this resource.
func (s *State) Roles(sub access.Subject, uri access.ResourceURI) (roles []access.RoleID) {
	s.each(sub, func(st *access.Statement) {
		if names(st, uri) {
			once := slices.Sorted(slices.Values(st.Roles))
			roles = append(roles, slices.Compact(once)...)
		}
	})
	slices.Sort(roles)
	return roles
}

// HasGrants reports whether any statement applies to the subject.
func (s *State) HasGrants(sub access.Subject) (has bool) {
	s.each(sub, func(*access.Statement) { has = true })
	return has
}

// each calls f for every statement that applies to the subject. An assignment
// is one.
func (s *State) each(sub access.Subject, f func(*access.Statement)) {
	who := s.subjects(sub)
	named := func(sub access.Subject) bool { return slices.Contains(who, sub) }
	for _, r := range s.AllRecords {
		for i := range r.Statements {
			st := &r.Statements[i]
			if r.Status == access.RecordActive && (slices.ContainsFunc(r.Subjects, named) || slices.ContainsFunc(st.Subjects, named)) {
				f(st)
			}
		}
	}
	for _, a := range s.AllAssignments {
		if named(a.Subject) {
			f(&access.Statement{Roles: []access.RoleID{a.Role}, Resources: []string{string(a.Resource)}})
		}
	}
}

// subjects is the subject, the active memberships of a user, and all groups
// that these are in; nothing, not even itself, for a group that does not exist
// and a membership that is not active.
func (s *State) subjects(sub access.Subject) (all []access.Subject) {
	switch sub.Kind {
	case access.GroupKind:
		for _, g := range s.AllGroups {
			if string(g.ID) == sub.ID {
				all = []access.Subject{sub}
			}
		}
	case access.MembershipKind, access.UserKind:
		for _, m := range s.AllMemberships {
			mine := sub.Kind == access.MembershipKind && string(m.ID) == sub.ID || sub.Kind == access.UserKind && m.User == sub.ID
			if mine && m.Status == access.MembershipActive {
				all = append(all, access.Subject{Kind: access.MembershipKind, ID: string(m.ID)})
			}
		}
	}
	if sub.Kind != access.GroupKind && sub.Kind != access.MembershipKind {
		all = append(all, sub)
	}
	known := func(sub access.Subject) bool { return slices.Contains(all, sub) }
	for range s.AllGroups { // each time finds a group, until nothing is found any more
		for _, g := range s.AllGroups {
			self := access.Subject{Kind: access.GroupKind, ID: string(g.ID)}
			if !known(self) && slices.ContainsFunc(s.members(g), known) {
				all = append(all, self)
			}
		}
	}
	return all
}

// members are those that the group lists and those with a document.
func (s *State) members(g *access.Group) []access.Subject {
	all := slices.Clone(g.Members)
	for _, m := range s.AllMembers {
		if m.Group == g.ID {
			all = append(all, access.Subject{Kind: access.MembershipKind, ID: string(m.Membership)})
		}
	}
	return all
}

// permissions are the entries of all roles of the statement that exist, with
// actions in lower case.
func (s *State) permissions(st *access.Statement) (perms []access.RolePermission) {
	for _, id := range st.Roles {
		if id == "Authress:Owner" {
			perms = append(perms, access.RolePermission{Action: "*", Allow: true, Grant: true, Delegate: true})
		}
		for _, r := range s.AllRoles {
			if r.ID == id && !strings.HasPrefix(string(id), "Authress:") {
				for _, p := range r.Permissions {
					p.Action = strings.ToLower(p.Action)
					if p.Exact {
						p.Grant, p.Delegate = false, false
					}
					perms = append(perms, p)
				}
			}
		}
	}
	return perms
}

// covers reports whether any grant covers what is asked. A final "*" covers the
// segment that stands in its place, and so everything below that.
func covers(grants []string, asked access.ResourceURI) bool {
	r := strings.Split(string(asked), "/")
	return asked != "" && slices.ContainsFunc(grants, func(grant string) bool {
		q := strings.Split(strings.Trim(grant, "/"), "/")
		if strings.HasPrefix(r[0], "Authress:") && q[0][0] == '*' && strings.Trim(grant, "/") != "*" {
			return false
		}
		return len(q) <= len(r) && slices.EqualFunc(q, r[:len(q)], coversSegment)
	})
}

func coversSegment(grant, asked string) bool {
	q, r := strings.Split(grant, ":"), strings.Split(asked, ":")
	if last := len(q) - 1; q[last] == "*" && len(r) > len(q) && !slices.Contains(r[last:], "") {
		r = r[:len(q)]
	}
	return grant == "*" || slices.EqualFunc(q, r, func(q, r string) bool { return q == r || q == "*" && r != "" })
}

func contains(p access.RolePermission, q access.Query) bool {
	asked := string(q.Permission)
	if p.Exact {
		return p.Action == asked && (q.Literal || !strings.Contains(asked, "*"))
	}
	return coversAction(p.Action, asked)
}

func coversAction(held, asked string) bool {
	for strings.HasSuffix(held, ":*") {
		held = strings.TrimSuffix(held, ":*")
	}
	q, r := strings.Split(held, ":"), strings.Split(asked, ":")
	r = r[:min(len(q), len(r))]
	return asked != "" && (held == "*" || slices.EqualFunc(q, r, func(q, r string) bool { return q == r || q == "*" }))
}
