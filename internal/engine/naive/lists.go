package naive

import (
	"slices"
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
)

// Resources lists where the subject holds what the query asks for.
func (s *State) Resources(q access.ResourceQuery, after access.ResourceURI, limit int) (found []access.ResourceURI) {
	in := strings.Split(string(q.Within), "/")
	if q.Within == "" {
		in = []string{"*"}
	} else if in[len(in)-1] != "*" {
		in = append(in, "*")
	}
	for _, grant := range s.granted(q.Subject) {
		g := strings.Split(grant, "/")
		uri, ok := common(g, in)
		if !q.Nested && (g[len(g)-1] == "*" || len(g) < len(in) || len(g) > len(in) && len(in) > 1) {
			continue // not directly below
		}
		do := access.Query{Subject: q.Subject, Permission: q.Permission, Resource: uri}
		if ok && (q.Permission == "" && len(s.Permissions(q.Subject, uri)) > 0 || s.Check(do)) && uri > after {
			found = append(found, uri)
		}
	}
	slices.Sort(found)
	found = slices.Compact(found)
	return found[:min(limit, len(found))]
}

// common is the widest pattern that both patterns cover. What a shorter one
// does not say, the longer one does.
func common(a, b []string) (access.ResourceURI, bool) {
	var both []string
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(a):
			both = append(both, b[i])
		case i >= len(b):
			both = append(both, a[i])
		default:
			seg, ok := widest(a[i], b[i])
			if !ok {
				return "", false
			}
			both = append(both, seg)
		}
	}
	return access.ResourceURI(strings.Join(both, "/")), true
}

// widest tries every segment that can be put together from the parts of both
// and keeps those that both cover: one of them covers all others.
func widest(a, b string) (string, bool) {
	p, q := strings.Split(a, ":"), strings.Split(b, ":")
	var tries []string
	for _, n := range []int{len(p), len(q)} {
		of := [][]string{{}}
		for i := range n {
			var longer [][]string
			for _, t := range of {
				longer = append(longer, append(slices.Clip(t), p[min(i, len(p)-1)]), append(slices.Clip(t), q[min(i, len(q)-1)]))
			}
			of = longer
		}
		for _, t := range of {
			tries = append(tries, strings.Join(t, ":"))
		}
	}
	tries = slices.DeleteFunc(tries, func(t string) bool { return !coversSegment(a, t) || !coversSegment(b, t) })
	for _, t := range tries {
		if !slices.ContainsFunc(tries, func(u string) bool { return !coversSegment(t, u) }) {
			return t, true
		}
	}
	return "", false
}

// Registered lists the resources of a type and organization that pass Check.
// Those of the server, and what is no single name, cannot be registered.
func (s *State) Registered(q access.RegisteredQuery, after access.ResourceID, limit int) (found []access.ResourceID) {
	for _, r := range s.AllResources {
		do := access.Query{Subject: q.Subject, Permission: q.Permission, Resource: r.URI(), Literal: q.Literal}
		name := !strings.ContainsAny(string(r.ID), "*/") && !strings.HasPrefix(string(r.ID), "Authress:")
		if name && (q.Type == "" || q.Type == r.Type) && (q.Organization == "" || q.Organization == r.Organization) && r.ID > after && s.Check(do) {
			found = append(found, r.ID)
		}
	}
	slices.Sort(found)
	return found[:min(limit, len(found))]
}

// Users lists who has roles on exactly this resource.
func (s *State) Users(uri access.ResourceURI, after access.Subject, limit int) (users []access.Holder) {
	for _, sub := range s.everybody(after) {
		if roles := s.Roles(sub, uri); len(roles) > 0 && len(users) < limit {
			users = append(users, access.Holder{Subject: sub, Roles: roles})
		}
	}
	return users
}

// Holders lists who would pass Check if nothing was public.
func (s *State) Holders(q access.HolderQuery, after access.Subject, limit int) (found []access.Subject) {
	private := *s
	private.Public = nil
	for _, sub := range s.everybody(after) {
		do := access.Query{Subject: sub, Permission: q.Permission, Resource: q.Resource, Literal: q.Literal}
		if private.Check(do) && len(found) < limit {
			found = append(found, sub)
		}
	}
	return found
}

// everybody is every user and client that a document names, in order.
func (s *State) everybody(after access.Subject) []access.Subject {
	var all []access.Subject
	for _, g := range s.AllGroups {
		all = append(all, g.Members...)
	}
	for _, r := range s.AllRecords {
		all = append(all, r.Subjects...)
		for _, st := range r.Statements {
			all = append(all, st.Subjects...)
		}
	}
	for _, m := range s.AllMemberships {
		all = append(all, access.Subject{Kind: access.UserKind, ID: m.User})
	}
	for _, a := range s.AllAssignments {
		all = append(all, a.Subject)
	}
	order := func(a, b access.Subject) int {
		return strings.Compare(a.ID+" "+string(a.Kind), b.ID+" "+string(b.Kind))
	}
	slices.SortFunc(all, order)
	all = slices.DeleteFunc(all, func(sub access.Subject) bool { return !isEveryone(sub) || order(sub, after) <= 0 })
	return slices.Compact(all)
}
