package naive

import (
	"strings"

	"github.com/reeve-authz/reeve/internal/access"
)

// all are the entries of all roles that the subject has on the resource, and
// what is public there.
func (s *State) all(sub access.Subject, uri access.ResourceURI) (perms []access.RolePermission) {
	s.each(sub, func(st *access.Statement) {
		if s.reaches(st.Resources, uri) {
			perms = append(perms, s.permissions(st)...)
		}
	})
	for _, open := range s.Public {
		if s.reaches([]string{string(open)}, uri) && isEveryone(sub) {
			perms = append(perms, access.RolePermission{Action: "public", Allow: true})
			for _, p := range s.Everyone {
				perms = append(perms, access.RolePermission{Action: string(p), Allow: true})
			}
		}
	}
	return perms
}

func isEveryone(sub access.Subject) bool {
	return sub.Kind != access.GroupKind && sub.Kind != access.MembershipKind
}

// reaches reports whether any grant covers the resource, or a parent that is
// stored for what its path begins with, or a parent of that.
func (s *State) reaches(grants []string, uri access.ResourceURI) bool {
	at := strings.Split(string(uri), "/")[0]
	reached := covers(grants, uri)
	for range access.MaxResourceDepth + 1 {
		if at = s.parent(at); at == "" {
			break
		}
		reached = reached || uri != "" && covers(grants, access.ResourceURI(at))
	}
	return reached
}

// parent is what is stored, if both are single names of an application.
func (s *State) parent(of string) (parent string) {
	for _, r := range s.AllResources {
		if string(r.ID) == of && !strings.ContainsAny(of+string(r.Parent), "*/") && !strings.HasPrefix(of, "Authress:") && !strings.HasPrefix(string(r.Parent), "Authress:") {
			parent = string(r.Parent)
		}
	}
	return parent
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
		if isEveryone(sub) {
			all = append(all, string(open))
		}
	}
	return all
}
