package engine

import (
	"cmp"
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
	if uri == "" {
		return nil
	}
	found := newUserSet(s, after, limit)
	_, below := pathTo(uri)
	node := s.base.Node(withoutBelow(uri))
	for _, number := range s.base.Holders(node) {
		for row := range s.rows(s.base.On(s.base.Rows(number), node)) {
			if s.base.Below(row) == below && s.base.Roles(row) != "" {
				found.add(s.base.SubjectAt(number))
				break
			}
		}
	}
	by, _ := s.named.Get(uri)
	for _, src := range by {
		if st := s.statementOf(src); st.roles != "" {
			found.add(st.subjects...)
		}
	}
	var users []access.Holder
	for _, sub := range found.users.first() {
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
	users page[access.Subject]    // those after after
}

func newUserSet(s *Snapshot, after access.Subject, limit int) *userSet {
	return &userSet{
		snap: s, after: after, seen: map[access.Subject]bool{},
		users: page[access.Subject]{limit: limit, compare: compareSubjects},
	}
}

// add puts in the subjects: groups as their members and the members of those,
// memberships as their users.
func (u *userSet) add(subs ...access.Subject) {
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
				if user, active := u.snap.userOf(access.MembershipID(sub.ID), true); active {
					deeper = append(deeper, user)
				}
			default:
				if compareSubjects(sub, u.after) > 0 {
					u.users.add(sub)
				}
			}
		}
		todo = deeper
	}
}

func compareSubjects(a, b access.Subject) int {
	return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(string(a.Kind), string(b.Kind)))
}
