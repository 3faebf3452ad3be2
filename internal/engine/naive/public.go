package naive

import (
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
)

// all are the entries of all roles that the subject has on the resource, and
// what is public there.
func (s *State) all(sub access.Subject, uri access.ResourceURI) (perms []access.RolePermission) {
	s.each(sub, func(st *access.Statement) {
		if covers(st.Resources, uri) {
			perms = append(perms, s.permissions(st)...)
		}
	})
	for _, open := range s.Public {
		if covers([]string{string(open)}, uri) && sub.Kind != access.GroupKind {
			perms = append(perms, access.RolePermission{Action: "public", Allow: true})
			for _, p := range s.Everyone {
				perms = append(perms, access.RolePermission{Action: string(p), Allow: true})
			}
		}
	}
	return perms
}

// granted is every resource that a statement names for the subject, or that is
// public.
func (s *State) granted(sub access.Subject) (all []string) {
	s.each(sub, func(st *access.Statement) {
		for _, r := range st.Resources {
			all = append(all, strings.Trim(r, "/"))
		}
	})
	for _, open := range s.Public {
		if sub.Kind != access.GroupKind {
			all = append(all, string(open))
		}
	}
	return all
}
