package engine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
)

// Users returns the users and clients to whom statements naming exactly this
// resource give roles, directly or through groups and memberships, each with
// what Roles says:
// those that come after the given one, at most limit, which must be positive.
// They are sorted by id, a client before a user of the same id.
//
// Who holds something through a parent, or because it is public, is not among
// them.
func (s *Snapshot) Users(uri access.ResourceURI, after access.Subject, limit int) []access.Holder {
	found := userSet{snap: s, after: after, seen: map[access.Subject]bool{}}
	by, _ := s.named.Get(uri)
	for _, src := range by {
		if st := s.statementOf(src); !st.roles.empty() {
			found.add(st.subjects)
		}
	}
	slices.SortFunc(found.users, compareSubjects)
	var users []access.Holder
	for _, sub := range found.users[:min(limit, len(found.users))] {
		users = append(users, access.Holder{Subject: sub, Roles: s.Roles(sub, uri)})
	}
	return users
}

// statementOf returns what a source stands for.
func (s *Snapshot) statementOf(src *source) statement {
	if src.statement == ofAssignment {
		a, _ := s.assignments.Get(access.AssignmentID(src.id))
		return a.statement()
	}
	statements, _ := s.records.Get(access.RecordID(src.id))
	return statements[src.statement]
}

// userSet collects users and clients, each once.
type userSet struct {
	snap  *Snapshot
	after access.Subject
	seen  map[access.Subject]bool // groups and memberships too
	users []access.Subject        // those after after
}

// add puts in the subjects: groups as their members and the members of those,
// memberships as their users.
func (u *userSet) add(subs []access.Subject) {
	for todo := subs; len(todo) > 0; {
		var deeper []access.Subject
		for _, sub := range todo {
			if u.seen[sub] {
				continue
			}
			u.seen[sub] = true
			switch sub.Kind {
			case access.GroupKind:
				deeper = append(deeper, u.snap.members(access.GroupID(sub.ID))...)
			case access.MembershipKind:
				if m, _ := u.snap.memberships.Get(access.MembershipID(sub.ID)); m.active {
					deeper = append(deeper, m.user)
				}
			default:
				if compareSubjects(sub, u.after) > 0 {
					u.users = append(u.users, sub)
				}
			}
		}
		todo = deeper
	}
}

func compareSubjects(a, b access.Subject) int {
	return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(string(a.Kind), string(b.Kind)))
}
